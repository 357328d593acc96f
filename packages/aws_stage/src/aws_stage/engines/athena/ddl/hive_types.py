"""Athena's types in Hive's words, for the catalogue."""

from __future__ import annotations

from trino_on_duckdb import QueryError
from trino_on_duckdb.types import Type, parse_type

_WORDS = {"integer": "int", "real": "float", "varbinary": "binary", "timestamp": "timestamp"}
_SAME = ("boolean", "tinyint", "smallint", "bigint", "double", "date")


def hive_type(type_text: str) -> str:
    """``array(row(a integer))`` as ``array<struct<a:int>>``; QueryError NOT_SUPPORTED for a type that Hive lacks."""
    return _written(parse_type(type_text))


def _written(kind: Type) -> str:
    items = [_written(item) for item in kind.items]
    match kind.kind:
        case "array":
            return f"array<{items[0]}>"
        case "map":
            return f"map<{items[0]},{items[1]}>"
        case "row":
            if not all(kind.fields):
                raise QueryError(
                    "NOT_SUPPORTED",
                    f"Anonymous row type is not supported in Hive. Please give each field a name: {kind}",
                )
            fields = zip(kind.fields, items, strict=True)
            return f"struct<{','.join(f'{name}:{item}' for name, item in fields)}>"
        case "decimal":
            return f"decimal({kind.size},{kind.scale})"
        case "varchar":
            return "string" if kind.size is None else f"varchar({kind.size})"
        case "char":
            return f"char({kind.size})"
    if kind.kind in _SAME:
        return kind.kind
    if kind.kind in _WORDS:
        return _WORDS[kind.kind]
    raise QueryError("NOT_SUPPORTED", f"Unsupported Hive type: {kind}")
