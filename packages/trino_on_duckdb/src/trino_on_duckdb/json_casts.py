"""CAST to and from JSON, which keeps or finds the structure of arrays, maps and rows."""

from __future__ import annotations

import json

from trino_on_duckdb import types
from trino_on_duckdb.coercions import field_of
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.scalar_casts import scalar, text_of
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import cast_to, fresh, once, quoted

_BARE = (*types.INTEGERS, "decimal", "boolean")
"""Types whose text is JSON as it is."""
_AS_TEXT = ("date", "timestamp", "timestamp with time zone", "uuid")
_KEYS = (*types.INTEGERS, "real", "double", "decimal", "boolean", "varchar")
_SCALARS = (*_KEYS, "date", "timestamp", "json")


def to_json(sql: str, source: Type) -> str:
    """The JSON text of a value; NULL stays NULL."""
    if source.kind in _BARE:
        return text_of(sql, source)
    if source.kind in ("real", "double"):
        number = f"athena_{source.kind}_json({sql})"
        return once(
            sql, lambda x: f"CASE WHEN isnan({x}) OR isinf({x}) THEN '\"' || {number} || '\"' ELSE {number} END"
        )
    if source.kind == "varchar":
        return f"CAST(to_json({sql}) AS VARCHAR)"
    if source.kind in _AS_TEXT:
        return f"'\"' || {text_of(sql, source)} || '\"'"
    if source.kind == "json":
        return sql
    if source.kind == "array":
        return _array(sql, source)
    if source.kind == "map" and source.items[0].kind in _KEYS:
        return _map(sql, source)
    if source.kind == "row" and all(source.fields):
        return once(sql, lambda row: _row(row, source))
    if source.kind == "row":
        raise QueryError("NOT_SUPPORTED", "A cast to JSON of a row without field names is not supported here")
    raise QueryError("TYPE_MISMATCH", f"Cannot cast {source} to json")


def _item(sql: str, type_: Type) -> str:
    return f"coalesce({to_json(sql, type_)}, 'null')" if type_.kind != "unknown" else "'null'"


def _joined(items: str) -> str:
    return f"array_to_string({items}, ',')"


def _array(sql: str, source: Type) -> str:
    name = fresh("j")
    items = f"list_transform({sql}, lambda {name}: {_item(name, source.items[0])})"
    return f"('[' || {_joined(items)} || ']')"


def _map(sql: str, source: Type) -> str:
    name, pair = fresh("j"), fresh("j")
    key, item = text_of(f"{name}.key", source.items[0]), _item(f"{name}.value", source.items[1])
    pairs = f"list_sort(list_transform(map_entries({sql}), lambda {name}: struct_pack(k := {key}, v := {item})))"
    items = f"list_transform({pairs}, lambda {pair}: CAST(to_json({pair}.k) AS VARCHAR) || ':' || {pair}.v)"
    return f"('{{' || {_joined(items)} || '}}')"


def _row(row: str, source: Type) -> str:
    parts = [
        f"{quoted(json.dumps(name, ensure_ascii=False) + ':')} || {_item(field_of(row, index), type_)}"
        for index, (name, type_) in enumerate(zip(source.fields, source.items, strict=True))
    ]
    inside = " || ',' || ".join(parts)
    return f"CASE WHEN {row} IS NULL THEN NULL ELSE '{{' || {inside} || '}}' END"


def from_json(sql: str, target: Type) -> str:
    """A JSON value read as a type, as Trino does: numbers from texts and the like, but no guess at a structure.

    ``athena_json_cast`` checks the structure and makes every leaf a text; those texts are then cast one by one.
    """
    _check(target)
    shaped = f"athena_json_cast({sql}, {quoted(str(target))})"
    return _read(f"from_json({shaped}, {quoted(json.dumps(_structure(target)))})" if target.items else shaped, target)


def _read(sql: str, target: Type) -> str:
    """A value of the target type out of the texts that hold it; a map comes as a list of its entries."""
    name = fresh("j")
    if target.kind in ("varchar", "json"):
        return sql
    if target.kind == "array":
        return f"list_transform({sql}, lambda {name}: {_read(name, target.items[0])})"
    if target.kind == "map":
        key, item = _read(f"{name}.key", target.items[0]), _read(f"{name}.value", target.items[1])
        entries = f"list_transform({sql}, lambda {name}: struct_pack(key := {key}, value := {item}))"
        return cast_to(f"map_from_entries({entries})", target)
    if target.kind != "row":
        return scalar(sql, types.VARCHAR, target)

    def row(whole: str) -> str:
        parts = [
            f"{field} := {_read(field_of(whole, index), item)}"
            for index, (field, item) in enumerate(zip(types.row_field_names(target), target.items, strict=True))
        ]
        return f"CASE WHEN {whole} IS NULL THEN NULL ELSE struct_pack({', '.join(parts)}) END"

    return once(sql, row)


def _check(target: Type) -> None:
    if target.kind == "map" and target.items[0].kind not in _KEYS:
        raise QueryError("TYPE_MISMATCH", f"Cannot cast json to {target}")
    if target.kind == "row" and not all(target.fields):
        raise QueryError("NOT_SUPPORTED", "A cast of JSON to a row without field names is not supported here")
    if not target.items and target.kind not in _SCALARS:
        raise QueryError("TYPE_MISMATCH", f"Cannot cast json to {target}")
    for item in target.items:
        _check(item)


def _structure(target: Type) -> object:
    """The structure as DuckDB's from_json takes it."""
    if target.kind == "array":
        return [_structure(target.items[0])]
    if target.kind == "map":
        return [{"key": "VARCHAR", "value": _structure(target.items[1])}]
    if target.kind == "row":
        return {f"f{index}": _structure(item) for index, item in enumerate(target.items)}
    return "VARCHAR"
