"""Text to typed values, in DuckDB's SQL, as Hive's SerDes read them."""

from __future__ import annotations

from trino_on_duckdb.types import INTEGERS, Type, duckdb_type

from aws_stage.engines.athena.lake.text import literal

_WHOLE = r"[+-]?[0-9]+"
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_REAL = rf"{_NUMBER}|NaN|[+-]?Infinity"
_DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_TIMESTAMP = rf"{_DATE}( [0-9]{{1,2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,9}})?)?"
_ISO_TIMESTAMP = (
    rf"{_DATE}([ T][0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,9}})?)?(Z|[+-][0-9]{{2}}:?([0-9]{{2}})?)?)?"
)


def parsed(text: str, kind: Type, *, iso: bool = False) -> str:
    """The SQL of ``text`` (a VARCHAR expression) as a value of a scalar type; NULL where it is not one.

    ``iso`` also takes timestamps with ``T`` and a zone, which come out in UTC.
    """
    target = duckdb_type(kind)
    if kind.kind == "varchar":
        return text if kind.size is None else f"left({text}, {kind.size})"
    if kind.kind == "char":
        return f"left({text}, {kind.size})"
    if kind.kind in INTEGERS:
        return _guarded(text, _WHOLE, f"TRY_CAST({text} AS {target})")
    if kind.kind == "decimal":
        return _guarded(text, _NUMBER, f"TRY_CAST({text} AS {target})")
    if kind.kind in ("real", "double"):
        return _guarded(text, _REAL, f"TRY_CAST({text} AS {target})")
    if kind.kind == "boolean":
        return f"CASE lower({text}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    if kind.kind == "date":
        return _guarded(text, _DATE, f"TRY_CAST({text} AS DATE)")
    if kind.kind == "timestamp":
        if iso:
            cast = f"CAST(CAST(timezone('UTC', TRY_CAST({text} AS TIMESTAMPTZ)) AS TIMESTAMP_MS) AS TIMESTAMP)"
            return _guarded(text, _ISO_TIMESTAMP, cast)
        return _guarded(text, _TIMESTAMP, f"CAST(TRY_CAST({text} AS TIMESTAMP_MS) AS TIMESTAMP)")
    if kind.kind == "varbinary":
        return f"from_base64({text})"
    raise TypeError(f"{kind} is not a scalar type")


def strict(text: str, kind: Type, value: str, column: str) -> str:
    """``value`` (a conversion of ``text``), failing the query where the text is there and is not of the type."""
    message = f"HIVE_BAD_DATA: Error parsing field value '%s' for field {column}: it is not of type {kind}"
    prefix, suffix = message.split("%s")
    failure = f"error({literal(prefix)} || {text} || {literal(suffix)})"
    return f"CASE WHEN {text} IS NOT NULL THEN coalesce({value}, CAST({failure} AS {duckdb_type(kind)})) END"


def _guarded(text: str, pattern: str, value: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, {literal(pattern)}) THEN {value} END"
