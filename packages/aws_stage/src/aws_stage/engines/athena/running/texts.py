"""Values as Athena writes them, in DuckDB's own SQL: for the types whose text DuckDB can make without Python."""

from __future__ import annotations

from trino_on_duckdb.types import INTEGERS, parse_type

_PLAIN = (*INTEGERS, "boolean", "date", "decimal", "varchar", "char", "uuid", "json")


def text_sql(value: str, type_text: str) -> str | None:
    """The SQL of the text of a value of an Athena type, or None where only ``dialect.render`` can write it."""
    kind = parse_type(type_text)
    if kind.kind in _PLAIN:
        return f"CAST({value} AS VARCHAR)"
    if kind.kind == "timestamp" and (kind.size or 0) <= 3:
        return f"strftime({value}, '%Y-%m-%d %H:%M:%S.%g')"
    if kind.kind == "double":
        return _double(value)
    return None


def _double(value: str) -> str:
    """Java's notation: plain from 1e-3 to 1e7, else one digit before the point and E. DuckDB's digits are the same."""
    text, size = f"CAST({value} AS VARCHAR)", f"CAST(abs({value}) AS VARCHAR)"
    digits = f"replace({size}, '.', '')"
    large, small = f"rtrim({digits}, '0')", f"ltrim({digits}, '0')"
    from_exponent = (
        f"regexp_replace(split_part({size}, 'e', 1), '^([0-9])$', '\\1.0') || 'E' || "
        f"CAST(split_part({size}, 'e', 2) AS INTEGER)"
    )
    return (
        f"CASE WHEN {value} = 0 OR (abs({value}) >= 1e-3 AND abs({value}) < 1e7) THEN {text} "
        f"WHEN isnan({value}) THEN 'NaN' "
        f"WHEN isinf({value}) THEN CASE WHEN {value} > 0 THEN 'Infinity' ELSE '-Infinity' END "
        f"ELSE CASE WHEN {value} < 0 THEN '-' ELSE '' END || CASE "
        f"WHEN contains({size}, 'e') THEN {from_exponent} "
        f"WHEN abs({value}) >= 1 THEN {_pointed(large)} || 'E' || (strpos({size}, '.') - 2) "
        f"ELSE {_pointed(small)} || 'E-4' END END"
    )


def _pointed(digits: str) -> str:
    """``123`` as ``1.23``, and ``1`` as ``1.0``."""
    rest = f"CASE WHEN length({digits}) = 1 THEN '0' ELSE '' END"
    return f"regexp_replace({digits}, '^([0-9])([0-9]*)$', '\\1.\\2') || {rest}"
