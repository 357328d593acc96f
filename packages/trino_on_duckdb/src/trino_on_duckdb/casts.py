"""CAST and TRY_CAST of any value: scalars one by one, JSON with its structure."""

from __future__ import annotations

from dataclasses import replace

from trino_on_duckdb.coercions import convert
from trino_on_duckdb.json_casts import from_json, to_json
from trino_on_duckdb.scalar_casts import no_cast, scalar
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, cast_to, tried


def cast(value: Value, target: Type) -> Value:
    """The value cast; QueryError when Trino has no such cast (TYPE_MISMATCH) or it is not done here (NOT_SUPPORTED)."""
    if value.type.kind == "unknown":
        return Value(cast_to("NULL", target), target, constant=True)
    if value.type.kind == "json" and target.kind != "json":
        return value.retyped(from_json(value.sql, target), target)
    if target.kind == "json" and value.type.kind != "json":
        return value.retyped(to_json(value.sql, value.type), target)
    if value.type.kind == target.kind == "timestamp with time zone":
        target = replace(target, zone=value.type.zone)  # a cast changes the digits, never the zone
    if value.type.kind != target.kind and {"array", "map", "row", "timeseries"} & {value.type.kind, target.kind}:
        raise no_cast(value.type, target)
    return value.retyped(convert(value.sql, value.type, target, scalar), target)


def try_cast(value: Value, target: Type) -> Value:
    """NULL where ``cast`` would fail."""
    found = cast(value, target)
    return found.retyped(tried(found.sql), target)
