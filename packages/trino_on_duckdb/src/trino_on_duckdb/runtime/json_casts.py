"""JSON values on their way to other types: the structure checked, each leaf a text that the type's own cast reads.

Arrays come as JSON arrays, maps as arrays of ``{"key", "value"}``, rows as objects of ``f0``, ``f1``, …; leaves as JSON
strings or null. A scalar comes as the text alone.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

from trino_on_duckdb import types
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.runtime import json_text
from trino_on_duckdb.runtime.json_text import Members, Number
from trino_on_duckdb.runtime.numbers import sql_double
from trino_on_duckdb.types import Type


def shape(text: str, type_text: str) -> str | None:
    """See the module; None for JSON's null."""
    target = types.parse_type(type_text)
    value = json_text.read(text)
    if value is None:
        return None
    found = _shaped(value, target)
    return json.dumps(found) if target.items else str(found)


def _bad(value: Any, target: Type, expected: str) -> QueryError:
    kind = "{" if isinstance(value, Members) else "[" if isinstance(value, list) else str(value)
    return QueryError("INVALID_CAST_ARGUMENT", f"Cannot cast to {target}. Expected {expected}, but got {kind}")


def _shaped(value: Any, target: Type) -> Any:
    if value is None and target.kind != "json":
        return None
    if target.kind == "array":
        if not isinstance(value, list) or isinstance(value, Members):
            raise _bad(value, target, "a json array")
        return [_shaped(item, target.items[0]) for item in value]
    if target.kind == "map":
        return _entries(value, target)
    if target.kind == "row":
        return _row(value, target)
    return _leaf(value, target)


def _entries(value: Any, target: Type) -> list[dict[str, Any]]:
    if not isinstance(value, Members):
        raise _bad(value, target, "a json object")
    if len(dict(value)) < len(value):
        raise QueryError("INVALID_CAST_ARGUMENT", f"Cannot cast to {target}. Duplicate keys are not allowed")
    return [{"key": _leaf(key, target.items[0]), "value": _shaped(item, target.items[1])} for key, item in value]


def _row(value: Any, target: Type) -> dict[str, Any]:
    names = [str(name).lower() for name in target.fields]
    found: dict[str, Any] = {}
    if isinstance(value, Members):
        for key, item in value:
            name = key.lower()
            if name in found and name in names:
                raise QueryError("INVALID_CAST_ARGUMENT", f"Cannot cast to {target}. Duplicate field: {name}")
            found[name] = item
    elif isinstance(value, list):
        if len(value) != len(names):
            raise _bad(value, target, f"an array of {len(names)}")
        found = dict(zip(names, value, strict=True))
    else:
        raise _bad(value, target, "a json array or object")
    return {f"f{i}": _shaped(found.get(n), t) for i, (n, t) in enumerate(zip(names, target.items, strict=True))}


def _leaf(value: Any, target: Type) -> str:
    if target.kind == "json":
        return json_text.write(value)
    if isinstance(value, list):
        raise _bad(value, target, "a scalar")
    if isinstance(value, Number):
        return _number(value, target)
    if isinstance(value, bool):
        return _truth(value, target)
    return str(value)


def _truth(value: bool, target: Type) -> str:
    if target.kind in ("boolean", "varchar"):
        return "true" if value else "false"
    if target.kind not in types.NUMBERS:
        raise _bad(value, target, "a string")
    return "1" if value else "0"


def _number(value: Number, target: Type) -> str:
    if target.kind == "boolean":
        return "true" if float(value) != 0 else "false"
    if target.kind in types.INTEGERS:
        return str(value) if value.is_integer else str(_rounded(float(value)))
    if target.kind == "varchar":
        return str(value) if value.is_integer else sql_double(float(value))
    if target.kind == "decimal":
        return f"{Decimal(value):f}"
    if target.kind not in types.NUMBERS:
        raise _bad(value, target, "a string")
    return str(value)


def _rounded(value: float) -> int:
    return int(math.copysign(math.floor(abs(value) + 0.5), value))
