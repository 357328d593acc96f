"""Trino's JSON functions. A path is ``$`` with ``.key``, ``["key"]`` and ``[0]``; a broken document gives NULL."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.runtime import json_text
from trino_on_duckdb.runtime.json_text import Cursor, Members, Number

_STEP = re.compile(r'\.([\w:]+)|\[(\w+)\]|\["((?:[^"\\]|\\["\\])*)"\]')
_ABSENT = object()


@lru_cache(maxsize=512)
def steps(path: str) -> tuple[str, ...]:
    """The path's keys; QueryError (INVALID_FUNCTION_ARGUMENT) when it is none that Trino reads."""
    invalid = QueryError("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON path: '{path}'")
    if not path.startswith("$"):
        raise invalid
    position, found = 1, []
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise invalid
        quoted = match[3]
        found.append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match[1] or match[2])
        position = match.end()
    return tuple(found)


def _found(text: str, path: str) -> Any:
    """What the path leads to, or ``_ABSENT``."""
    keys = steps(path)
    try:
        value = json_text.read(text)
    except ValueError:
        return _found_before_the_break(text, keys)
    for step in keys:
        value = _down(value, step)
    return value


def _down(value: Any, step: str) -> Any:
    if isinstance(value, Members):
        return next((each for key, each in value if key == step), _ABSENT)
    if isinstance(value, list) and step.isdigit() and step.isascii():
        return value[int(step)] if int(step) < len(value) else _ABSENT
    return _ABSENT


def _found_before_the_break(text: str, keys: tuple[str, ...]) -> Any:
    """As Jackson reads, from the front: what comes before the fault can be found."""
    cursor = Cursor(text)
    try:
        for step in keys:
            if cursor.peek() == "{":
                there = cursor.find_member(step)
            elif cursor.peek() == "[" and step.isdigit():
                there = cursor.find_item(int(step))
            else:
                there = False
            if not there:
                return _ABSENT
        return cursor.value()
    except (ValueError, RecursionError):
        return _ABSENT


def extract(text: str, path: str) -> str | None:
    found = _found(text, path)
    return None if found is _ABSENT else json_text.write(found)


def extract_scalar(text: str, path: str) -> str | None:
    """A string without its quotes, a number as written; NULL for null, arrays and objects."""
    found = _found(text, path)
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str) else None


def size(text: str, path: str) -> int | None:
    found = _found(text, path)
    if found is _ABSENT:
        return None
    return len(found) if isinstance(found, list) else 0


def parse(text: str) -> str:
    """The canonical text; QueryError when it is not JSON."""
    try:
        return json_text.canonical(json_text.read(text))
    except ValueError as error:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Cannot convert value to JSON: '{text}'") from error


def is_scalar(text: str) -> bool:
    try:
        return not isinstance(json_text.read(text), list)
    except ValueError as error:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON value: {text}") from error


def _array(text: str) -> list[Any] | None:
    cursor = Cursor(text)
    try:
        return list(cursor.items()) if cursor.peek() == "[" else None
    except (ValueError, RecursionError):
        return None


def array_length(text: str) -> int | None:
    items = _array(text)
    return None if items is None else len(items)


def array_contains(text: str, wanted: str, kind: str) -> bool | None:
    """Whether an item of the kind equals a value, which comes as text."""
    items = _array(text)
    if items is None:
        return None
    return any(_equals(item, wanted, kind) for item in items)


def _equals(item: Any, wanted: str, kind: str) -> bool:
    match kind:
        case "boolean":
            return isinstance(item, bool) and item == (wanted == "true")
        case "bigint":
            return isinstance(item, Number) and item.is_integer and int(item) == int(wanted)
        case "double":
            return isinstance(item, Number) and not item.is_integer and float(item) == float(wanted)
        case _:
            return isinstance(item, str) and not isinstance(item, Number) and item == wanted
