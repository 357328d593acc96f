"""Literals: their types as Trino gives them, and their DuckDB texts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from trino_on_duckdb import types
from trino_on_duckdb.casts import cast
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.scalar_casts import TIME_TEXT, rounded
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, cast_to, quoted
from trino_on_duckdb.wall_clocks import from_local
from trino_on_duckdb.zones import zone_named

INTEGER_LIMIT = 2**31
BIGINT_LIMIT = 2**63


def null(node: tree.Null) -> Value:
    del node
    return Value("NULL", types.UNKNOWN, constant=True)


def boolean(node: tree.Boolean) -> Value:
    return Value("true" if node.value else "false", types.BOOLEAN, node.value, constant=True)


def string(node: tree.String) -> Value:
    return text(node.value)


def text(value: str) -> Value:
    """A text literal, of type ``varchar(length)``."""
    return Value(quoted(value), Type("varchar", len(value)), value, constant=True)


def binary(node: tree.Binary) -> Value:
    return Value(f"unhex('{node.value.hex()}')", types.VARBINARY, node.value, constant=True)


def integer(node: tree.Integer) -> Value:
    """An integer if it fits, else a bigint."""
    type_ = types.INTEGER if -INTEGER_LIMIT <= node.value < INTEGER_LIMIT else types.BIGINT
    if not -BIGINT_LIMIT <= node.value < BIGINT_LIMIT:
        raise QueryError("INVALID_LITERAL", f"{node.place}: Invalid numeric literal: {node.value}")
    return Value(f"CAST({node.value} AS {types.duckdb_type(type_)})", type_, node.value, constant=True)


def decimal(node: tree.Decimal) -> Value:
    """Precision counts the digits written, without the leading zeros of the whole part."""
    whole, _, fraction = node.text.partition(".")
    digits = len(whole.lstrip("0")) + len(fraction)
    if digits > types.MAX_DECIMAL:
        raise QueryError("INVALID_LITERAL", f"{node.place}: Invalid numeric literal: {node.text}")
    type_ = types.decimal_of(max(digits, 1), len(fraction))
    return Value(cast_to(quoted(node.text), type_), type_, Decimal(node.text), constant=True)


def double(node: tree.Double) -> Value:
    return Value(cast_to(quoted(node.text), types.DOUBLE), types.DOUBLE, float(node.text), constant=True)


# --- typed literals ---------------------------------------------------------------------------------------------------

_TIMESTAMP = re.compile(
    r"(?P<date>\d{4}-\d{1,2}-\d{1,2})"
    r"(?: (?P<time>\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.(?P<fraction>\d+))?)?)(?P<zone>\s*[A-Za-z+-].*)?)?"
)


def typed(node: tree.Typed) -> Value:
    """``TYPE 'text'``: a constant read when the query is analysed."""
    kind = types.from_name(node.type).kind
    if kind in ("timestamp", "timestamp with time zone"):
        return _timestamp(node)
    if kind == "time":
        return _time(node)
    if kind == "json":
        return Value(f"athena_json_parse({quoted(node.text)})", types.JSON, constant=True)
    if kind == "decimal":
        body = node.text.lstrip("+-")
        found = decimal(tree.Decimal(body, place=node.place))
        return found if not node.text.startswith("-") else Value(f"(-{found.sql})", found.type, constant=True)
    type_ = types.from_name(node.type)
    found = cast(text(node.text), type_)
    if kind == "date":
        date = _date(node.text.strip(), node)
        return Value(f"DATE '{date.date().isoformat()}'", type_, date.date(), constant=True)
    return Value(found.sql, type_, constant=True)


def zoned_text(node: tree.Cast, target: types.Type) -> Value:
    """``CAST('…' AS timestamp(p) with time zone)`` of a constant, rounded to the digits that are asked for."""
    assert isinstance(node.operand, tree.String)  # noqa: S101
    typed_as = tree.Typed(node.type, node.operand.value, place=node.place)
    try:
        found = _timestamp(typed_as)
    except QueryError as error:
        if error.code != "INVALID_LITERAL":
            raise
        if node.safe:
            return Value("CAST(NULL AS TIMESTAMP)", target, constant=True)
        problem = f"Value cannot be cast to {target.kind}: {node.operand.value}"
        raise QueryError("INVALID_CAST_ARGUMENT", problem) from error
    digits = target.size or 0
    sql = rounded(found.sql, found.type.size or 0, digits)
    return Value(sql, types.timestamp_of(digits, found.type.zone or "UTC"), constant=True)


def _date(written: str, node: tree.Typed) -> datetime:
    try:
        year, month, day = (int(part) for part in written.split("-"))
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError as error:
        raise _invalid(node) from error


def _invalid(node: tree.Typed) -> QueryError:
    return QueryError("INVALID_LITERAL", f"{node.place}: '{node.text}' is not a valid {node.type.name} literal")


def _timestamp(node: tree.Typed) -> Value:
    match = _TIMESTAMP.fullmatch(node.text.strip())
    if match is None:
        raise _invalid(node)
    digits = len(match["fraction"] or "")
    if digits > types.MAX_FRACTION:
        raise QueryError(
            "NOT_SUPPORTED", f"{node.place}: A literal with {digits} digits of a second is not supported here"
        )
    date = _date(match["date"], node)
    hour, minute, second, *_ = [*re.split("[:.]", match["time"] or "0:0"), "0"]
    try:
        moment = date.replace(hour=int(hour), minute=int(minute), second=int(second))
    except ValueError as error:
        raise _invalid(node) from error
    moment += timedelta(microseconds=int((match["fraction"] or "0").ljust(types.MAX_FRACTION, "0")))
    sql = f"TIMESTAMP '{_plain(moment)}'"
    if match["zone"] is None:
        return Value(sql, types.timestamp_of(digits), moment, constant=True)
    zone = zone_named(match["zone"].strip())
    return Value(from_local(sql, zone), types.timestamp_of(digits, zone), moment, constant=True)


def _time(node: tree.Typed) -> Value:
    if not re.fullmatch(TIME_TEXT, node.text):
        raise _invalid(node)
    digits = len(node.text.partition(".")[2])
    return Value(f"CAST({quoted(node.text)} AS TIME)", Type("time", digits), constant=True)


# --- intervals and the current time -----------------------------------------------------------------------------------

_MILLISECONDS = {"day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1000}
_MONTHS = {"year": 12, "month": 1}


def interval(node: tree.Interval) -> Value:
    """Milliseconds, or months for years and months."""
    units = [*_MONTHS] if node.start in _MONTHS else [*_MILLISECONDS]
    end = node.end or node.start
    if node.start not in units or end not in units or units.index(end) < units.index(node.start):
        raise QueryError("SYNTAX_ERROR", f"{node.place}: Invalid INTERVAL {node.start} TO {end}")
    used = units[units.index(node.start) : units.index(end) + 1]
    separators = {"month": "-", "hour": " ", "minute": ":", "second": ":"}
    pattern = r"(\d+)" + "".join(separators[unit] + r"(\d+)" for unit in used[1:])
    match = re.fullmatch(r"([+-]?)" + pattern + (r"(?:\.(\d{1,3}))?" if end == "second" else ""), node.text)
    if match is None:
        raise QueryError("INVALID_LITERAL", f"{node.place}: '{node.text}' is not a valid INTERVAL literal")
    sign = node.sign * (-1 if match[1] == "-" else 1)
    numbers = {unit: int(match[index + 2]) for index, unit in enumerate(used)}
    if node.start in _MONTHS:
        months = sign * sum(number * _MONTHS[unit] for unit, number in numbers.items())
        return Value(f"CAST({months} AS INTEGER)", types.INTERVAL_YEAR, constant=True)
    total = sum(number * _MILLISECONDS[unit] for unit, number in numbers.items())
    if end == "second" and match[len(used) + 2]:
        total += int(match[len(used) + 2].ljust(3, "0"))
    return Value(f"CAST({sign * total} AS BIGINT)", types.INTERVAL_DAY, constant=True)


def current_time(node: tree.CurrentTime, now: datetime) -> Value:
    """The session's one instant; ``now`` is in UTC."""
    precision = 3 if node.precision is None else node.precision
    if precision > types.MAX_FRACTION:
        raise QueryError(
            "NOT_SUPPORTED", f"{node.place}: {node.kind}({precision}) is not supported by the local Athena"
        )
    if node.kind == "current_date":
        return Value(f"DATE '{now.date().isoformat()}'", types.DATE, now.date(), constant=True)
    unit = 10 ** (types.MAX_FRACTION - precision)
    moment = now.replace(microsecond=now.microsecond // unit * unit, tzinfo=None)
    sql = f"TIMESTAMP '{_plain(moment)}'"
    match node.kind:
        case "current_timestamp":
            return Value(sql, types.timestamp_of(precision, "UTC"), moment, constant=True)
        case "localtimestamp":
            return Value(sql, types.timestamp_of(precision), moment, constant=True)
        case "localtime":
            return Value(f"CAST({sql} AS TIME)", Type("time", precision), constant=True)
        case _:
            raise QueryError("NOT_SUPPORTED", f"{node.place}: {node.kind} is not supported by the local Athena")


def _plain(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
