"""Terraform's text as HCL's own grammar has it: what the tests hold against the Python code.

Strings are without their quotes, any other expression is ``${…}``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
from hcl2.rules.containers import ObjectRule
from hcl2.rules.functions import FunctionCallRule
from hcl2.walk import find_all

_AS_PYTHON = hcl2.SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)
_LABELS = {"resource": 2, "data": 2, "locals": 0, "terraform": 0, "moved": 0}
"""Any other kind of block has one."""


def blocks(path: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """``(name, attributes)`` of each block of a kind in a file, or in the ``*.tf`` files of a folder.

    The name is the last label, empty for a kind without labels.
    """
    found = []
    for file in _files(path):
        for block in _document(file).get(kind, []):
            name, attributes = "", block
            for _ in range(_LABELS.get(kind, 1)):
                [(name, attributes)] = attributes.items()
            found.append((name, attributes))
    return found


def kinds(path: Path) -> set[str]:
    """The kinds of blocks in a file, or in the ``*.tf`` files of a folder."""
    return {kind for file in _files(path) for kind in _document(file)}


def objects(path: Path) -> Iterator[dict[str, Any]]:
    """Every object in an expression (``{ name = value }``), however deep; an inner one follows its outer one."""
    for file in _files(path):
        for found in find_all(hcl2.parses(file.read_text(), discard_comments=True), ObjectRule):
            yield found.serialize(_AS_PYTHON)


def arguments(path: Path, function: str) -> Iterator[list[Any]]:
    """The arguments of every call of a function."""
    for file in _files(path):
        for call in find_all(hcl2.parses(file.read_text(), discard_comments=True), FunctionCallRule):
            if call.identifiers[0].serialize() == function and call.arguments:
                yield [argument.serialize(_AS_PYTHON) for argument in call.arguments.arguments]


def attributes(value: Any, name: str) -> Iterator[Any]:
    """Every attribute called ``name`` in a block and the blocks inside it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield inner
            yield from attributes(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from attributes(inner, name)


@functools.cache
def _document(file: Path) -> dict[str, list[dict[str, Any]]]:
    return dict(hcl2.loads(file.read_text(), serialization_options=_AS_PYTHON))


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.tf")) if path.is_dir() else [path]
