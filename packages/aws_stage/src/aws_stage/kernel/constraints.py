"""The constraints of AWS's own service models (those that botocore ships), checked and worded as AWS does."""

from __future__ import annotations

import base64
import binascii
import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from aws_stage.kernel.acceptance import Accepts, acceptance
from aws_stage.kernel.engine import AwsError


def check(service: str, operation: str, payload: dict[str, Any]) -> None:
    """Raise ValidationException when ``payload`` breaks the model of ``operation``.

    ``service`` is the name of botocore's model (``firehose``, ``sagemaker``). Blobs are base64, as on the wire.
    """
    shape, accepts = _compiled(service, operation)
    if accepts(payload):
        return
    problems = list(_problems(shape, payload, ""))
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        raise AwsError("ValidationException", f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def _compiled(service: str, operation: str) -> tuple[Shape | None, Accepts]:
    """The input of an operation, and whether a payload breaks nothing of it."""
    shape = _model(service).operation_model(operation).input_shape
    return shape, acceptance(shape, lambda shape, value: next(_problems(shape, value, ""), None) is None)


def _problems(shape: Shape | None, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, path)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield _problem(value, path, "Member must be a list")
            return
        yield from _length_problems(shape, value, path)
        for index, item in enumerate(value):
            yield from _problems(shape.member, item, f"{path}.{index + 1}.member")
    elif isinstance(shape, MapShape):
        yield from _map_problems(shape, value, path)
    elif shape is not None:
        yield from _scalar_problems(shape, value, path)


def _structure_problems(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _problem(value, path, "Member must be a structure")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, item in value.items():
        if item is not None:
            yield from _problems(shape.members.get(name), item, _join(path, name))


def _map_problems(shape: MapShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _problem(value, path, "Member must be a map")
        return
    yield from _length_problems(shape, value, path)
    for key, item in value.items():
        yield from _problems(shape.key, key, f"{path}.key")
        yield from _problems(shape.value, item, f"{path}.{key}.value")


def _scalar_problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "boolean":
        if not isinstance(value, bool):
            yield _problem(value, path, "Member must be a boolean")
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _number_problems(shape, value, path)
    elif shape.type_name in ("string", "blob"):
        if not isinstance(value, str):
            yield _problem(value, path, "Member must be a string")
        elif shape.type_name == "blob":
            yield from _blob_problems(shape, value, path)
        else:
            yield from _string_problems(shape, value, path)


def _number_problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield _problem(value, path, "Member must be a number")
    elif low is not None and value < low:
        yield _problem(value, path, f"Member must have value greater than or equal to {low}")
    elif high is not None and value > high:
        yield _problem(value, path, f"Member must have value less than or equal to {high}")


def _string_problems(shape: Shape, value: str, path: str) -> Iterator[str]:
    yield from _length_problems(shape, value, path)
    allowed, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    if allowed and value not in allowed:
        yield _problem(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    if pattern and not _java_pattern(pattern).fullmatch(value):
        yield _problem(value, path, f"Member must satisfy regular expression pattern: {pattern}")


@cache
def _java_pattern(pattern: str) -> re.Pattern[str]:
    """A Java pattern in Python's words: classes of characters, and the planes of Unicode beyond the first."""
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    pattern = _REPEATED_END.sub("$", pattern)
    return re.compile(_CLASS.sub(lambda name: _CLASSES.get(name[1]) or _category(name[1]), pattern))


_REPEATED_END = re.compile(r"\$\{\d+,\d+\}")
"""``${1,128}``, a slip in some models: Java takes the end of the text as often as one likes."""
_CLASS = re.compile(r"\\p\{(\w+)\}")
_CLASSES = {"L": r"\w", "N": r"\d", "Z": r"\s", "Print": r"[\x20-\x7E]", "Alnum": "a-zA-Z0-9"}
"""Java's names of classes, as parts of a class in Python."""


@cache
def _category(name: str) -> str:
    """The characters of a general category of Unicode (``P``: punctuation), as ranges of a class."""
    codes = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith(name)]
    starts = [code for code, before in zip(codes, [-2, *codes], strict=False) if code != before + 1]
    ends = [code for code, after in zip(codes, [*codes[1:], -2], strict=True) if code + 1 != after]
    return "".join(f"\\U{start:08X}-\\U{end:08X}" for start, end in zip(starts, ends, strict=True))


def _blob_problems(shape: Shape, value: str, path: str) -> Iterator[str]:
    try:
        data = base64.b64decode(value, validate=True)
    except binascii.Error:
        yield f"Value at '{path}' failed to satisfy constraint: Member must be base64"
        return
    if len(data) > shape.metadata.get("max", len(data)):
        yield (
            f"Value at '{path}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {shape.metadata['max']}"
        )


def _length_problems(shape: Shape, value: str | list[Any] | dict[str, Any], path: str) -> Iterator[str]:
    if len(value) < shape.metadata.get("min", 0):
        yield _problem(value, path, f"Member must have length greater than or equal to {shape.metadata['min']}")
    if len(value) > shape.metadata.get("max", len(value)):
        yield _problem(value, path, f"Member must have length less than or equal to {shape.metadata['max']}")


def _problem(value: Any, path: str, rule: str) -> str:
    shown = str(value)
    return f"Value '{shown[:200]}' at '{path}' failed to satisfy constraint: {rule}"


def _join(path: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member
