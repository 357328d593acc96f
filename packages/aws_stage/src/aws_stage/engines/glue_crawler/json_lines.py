"""The schema of JSON text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aws_stage.engines.glue_crawler.hive_types import DEEPEST, Array, Columns, HiveType, Struct, merged, widened

_INT = range(-(2**31), 2**31)
_BIGINT = range(-(2**63), 2**63)


class ArrayError(ValueError):
    """The text is one JSON array, of which no reader of Athena's takes rows."""


def check_no_array(lines: Sequence[str]) -> None:
    """Raise ArrayError for a text that begins as a JSON array of objects."""
    first = lines[0].lstrip()
    second = first[1:].lstrip() or (lines[1].lstrip() if len(lines) > 1 else "")
    if first.startswith("[") and second.startswith("{"):
        raise ArrayError("it is one JSON array; Athena reads one object a line: write it as JSON lines")


def read(lines: Sequence[str]) -> Columns | None:
    """The columns of lines that are JSON objects; None when fewer than half of them are.

    A broken line among good ones is not what the file is, and is left out.
    """
    objects = []
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            objects.append(value)
    if not objects or len(objects) * 2 < len(lines):
        return None
    return merged(tuple((name, _hive_type(value)) for name, value in item.items()) for item in objects)


def _hive_type(value: Any, depth: int = 1) -> HiveType:
    """The type of a value; what is nested deeper than a table can have stays text."""
    if depth > DEEPEST:
        return "string"
    match value:
        case None:
            return None
        case bool():
            return "boolean"
        case int():
            return "int" if value in _INT else "bigint" if value in _BIGINT else "string"
        case float():
            return "double"
        case list():
            return Array(_element_type(value, depth + 1))
        case dict():
            return Struct(merged([tuple((name, _hive_type(item, depth + 1)) for name, item in value.items())]))
    return "string"


def _element_type(items: list[Any], depth: int) -> HiveType:
    element: HiveType = None
    for item in items:
        try:
            element = widened(element, _hive_type(item, depth))
        except TypeError:
            return "string"
    return element
