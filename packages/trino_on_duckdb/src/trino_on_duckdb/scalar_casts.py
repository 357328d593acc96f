"""The cast of one scalar, as Trino does it: a bad cast fails, nothing is read leniently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trino_on_duckdb import types
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import cast_to, failure, once, quoted
from trino_on_duckdb.wall_clocks import by_clock, from_local, wall_clock

BAD = "INVALID_CAST_ARGUMENT"

INTEGER_TEXT = "[+-]?[0-9]+"
DOUBLE_TEXT = r"\s*[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[fFdD]?)\s*"
DECIMAL_TEXT = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
DATE_TEXT = r"\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\s*"
TIMESTAMP_TEXT = r"\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,12})?)?)?\s*"
ZONED_TEXT = r"\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} ([0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,12})?)?)?\s*[A-Za-z+-].*"
TIME_TEXT = r"[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?"


@dataclass(frozen=True)
class _Cast:
    """One scalar cast to write: ``sql`` is simple, so that it may be written twice."""

    sql: str
    source: Type
    target: Type

    def plain(self) -> str:
        return cast_to(self.sql, self.target)

    def bad(self) -> str:
        """A failure that names the value, in Trino's words: ``Cannot cast 'x' to BIGINT``."""
        text = f"CAST({self.sql} AS VARCHAR)"
        if self.target.kind in ("date", "timestamp", "time"):
            return failure(BAD, f"'Value cannot be cast to {self.target.kind}: ' || {text}", self.target)
        name = "INT" if self.target.kind == "integer" else str(self.target).upper()
        before, after = quoted("Cannot cast '"), quoted(f"' to {name}")
        return failure(BAD, f"{before} || {text} || {after}", self.target)

    def matching(self, pattern: str, then: str) -> str:
        """``then`` where the text is of the pattern, else a failure."""
        matches = f"regexp_full_match({self.sql}, {quoted(pattern)})"
        return f"CASE WHEN {self.sql} IS NULL THEN NULL WHEN {matches} THEN {then} ELSE {self.bad()} END"


def scalar(sql: str, source: Type, target: Type) -> str:
    """The text of one scalar cast."""
    if source.kind == "unknown":
        return cast_to("NULL", target)
    writer = _WRITERS.get((_group(source), _group(target)))
    if writer is None:
        raise no_cast(source, target)
    return once(sql, lambda name: writer(_Cast(name, source, target)))


def text_of(sql: str, source: Type) -> str:
    """The value as ``CAST(… AS varchar)`` writes it."""
    return sql if source.kind == "varchar" else scalar(sql, source, types.VARCHAR)


def no_cast(source: Type, target: Type) -> QueryError:
    """The refusal of a cast that Trino does not have, or of one to or from a type that is not held here."""
    if "char" in (source.kind, target.kind):
        return QueryError("NOT_SUPPORTED", f"A cast of {source} to {target} is not supported by the local Athena")
    return QueryError("TYPE_MISMATCH", f"Cannot cast {source} to {target}")


def _group(type_: Type) -> str:
    return "integer" if type_.kind in types.INTEGERS else "float" if type_.kind in ("real", "double") else type_.kind


# --- to varchar -------------------------------------------------------------------------------------------------------


def _to_varchar(write: Callable[[_Cast], str]) -> Callable[[_Cast], str]:
    """A writer of unbounded text, made to respect ``varchar(n)``: too long a value fails, a text is cut."""

    def writer(cast: _Cast) -> str:
        text = write(cast)
        if cast.target.size is None:
            return text
        if cast.source.kind == "varchar":
            return f"substr({text}, 1, {cast.target.size})"
        fits = f"length({text}) <= {cast.target.size}"
        problem = f"'Value ' || {text} || {quoted(f' cannot be represented as {cast.target}')}"
        return f"CASE WHEN {cast.sql} IS NULL OR {fits} THEN {text} ELSE {failure(BAD, problem, cast.target)} END"

    return writer


def _timestamp_text(cast: _Cast) -> str:
    text = f"strftime({wall_clock(cast.sql, cast.source)}, '%Y-%m-%d %H:%M:%S.%f')"
    digits = cast.source.size or 0
    cut = f"left({text}, {20 + digits if digits else 19})"
    if cast.source.zone == types.FROM_VALUE:
        return f"{cut} || ' ' || struct_extract({cast.sql}, 'z')"
    return f"{cut} || {quoted(' ' + cast.source.zone)}" if cast.source.zone else cut


def _time_text(cast: _Cast) -> str:
    digits = cast.source.size or 0
    return f"left(strftime(DATE '2000-01-01' + {cast.sql}, '%H:%M:%S.%f'), {9 + digits if digits else 8})"


# --- from varchar -----------------------------------------------------------------------------------------------------


def _text_to_integer(cast: _Cast) -> str:
    return cast.matching(INTEGER_TEXT, cast.plain())


def _text_to_float(cast: _Cast) -> str:
    bare = f"regexp_replace(trim({cast.sql}, E' \\t\\n\\r\\f\\x0b'), '([0-9.])[fFdD]$', '\\1')"
    return cast.matching(DOUBLE_TEXT, cast_to(bare, cast.target))


def _text_to_decimal(cast: _Cast) -> str:
    return cast.matching(DECIMAL_TEXT, cast.plain())


def _text_to_boolean(cast: _Cast) -> str:
    return (
        f"CASE WHEN {cast.sql} IS NULL THEN NULL WHEN lower({cast.sql}) IN ('t', 'true', '1') THEN true "
        f"WHEN lower({cast.sql}) IN ('f', 'false', '0') THEN false ELSE {cast.bad()} END"
    )


def _text_to_date(cast: _Cast) -> str:
    return cast.matching(DATE_TEXT, cast.plain())


def _text_to_timestamp(cast: _Cast) -> str:
    if cast.target.zone:
        raise QueryError("NOT_SUPPORTED", f"A cast of a text to {cast.target} is not supported by the local Athena")
    parsed = rounded(f"CAST(trim({cast.sql}) AS TIMESTAMP)", 6, cast.target.size or 0)
    zone = quoted("A cast to timestamp of a text with a time zone is not supported by the local Athena: ")
    refused = failure("NOT_SUPPORTED", f"{zone} || {cast.sql}", cast.target)
    zoned = f"regexp_full_match({cast.sql}, {quoted(ZONED_TEXT)})"
    return cast.matching(TIMESTAMP_TEXT, f"{parsed} WHEN {zoned} THEN {refused}")


def _text_to_time(cast: _Cast) -> str:
    if (cast.target.size or 0) < types.MAX_FRACTION:
        short = TIME_TEXT.replace("{1,6}", "{1," + str(max(cast.target.size or 0, 1)) + "}")
        return cast.matching(short, cast.plain())
    return cast.matching(TIME_TEXT, cast.plain())


# --- numbers ----------------------------------------------------------------------------------------------------------


def _float_to_integer(cast: _Cast) -> str:
    whole = f"CASE WHEN {cast.sql} < 0 THEN -floor(-{cast.sql} + 0.5) ELSE floor({cast.sql} + 0.5) END"
    exact = f"CASE WHEN abs({cast.sql}) < 4503599627370496 THEN {whole} ELSE {cast.sql} END"
    bad = f"isnan({cast.sql}) OR isinf({cast.sql})"
    return f"CASE WHEN {bad} THEN {cast.bad()} ELSE {cast_to(exact, cast.target)} END"


def _float_to_decimal(cast: _Cast) -> str:
    bad = f"isnan({cast.sql}) OR isinf({cast.sql})"
    # by the shortest text, as BigDecimal.valueOf does: 1.005 becomes 1.01, not 1.00
    return f"CASE WHEN {bad} THEN {cast.bad()} ELSE {cast_to(f'CAST({cast.sql} AS VARCHAR)', cast.target)} END"


def _plain(cast: _Cast) -> str:
    return cast.plain()


# --- times ------------------------------------------------------------------------------------------------------------


def rounded(sql: str, digits: int, wanted: int) -> str:
    """A timestamp rounded half up to fewer digits of a second."""
    if wanted >= digits:
        return sql
    unit = 10 ** (types.MAX_FRACTION - wanted)
    return f"make_timestamp(CAST(floor((epoch_us({sql}) + {unit // 2}) / {unit}) AS BIGINT) * {unit})"


def _date_to_timestamp(cast: _Cast) -> str:
    return from_local(cast.plain(), cast.target.zone) if cast.target.zone else cast.plain()


def _timestamp_to_date(cast: _Cast) -> str:
    return cast_to(wall_clock(cast.sql, cast.source), cast.target)


def _timestamp_to_timestamp(cast: _Cast) -> str:
    sizes = (cast.source.size or 0, cast.target.size or 0)
    sql = by_clock(cast.sql, cast.source, lambda instant: rounded(instant, *sizes))
    if cast.source.zone and not cast.target.zone:
        return wall_clock(sql, cast.source)
    if cast.target.zone and not cast.source.zone:
        return from_local(sql, cast.target.zone)
    return sql


def _timestamp_to_time(cast: _Cast) -> str:
    if (cast.source.size or 0) > (cast.target.size or 0):
        raise QueryError(
            "NOT_SUPPORTED", f"A cast of {cast.source} to {cast.target} is not supported by the local Athena"
        )
    return _timestamp_to_date(cast)


_TIMESTAMPS = ("timestamp", "timestamp with time zone")
_WRITERS: dict[tuple[str, str], Callable[[_Cast], str]] = {
    ("boolean", "varchar"): _to_varchar(lambda cast: f"CAST({cast.sql} AS VARCHAR)"),
    ("integer", "varchar"): _to_varchar(lambda cast: f"CAST({cast.sql} AS VARCHAR)"),
    ("decimal", "varchar"): _to_varchar(lambda cast: f"CAST({cast.sql} AS VARCHAR)"),
    ("date", "varchar"): _to_varchar(lambda cast: f"CAST({cast.sql} AS VARCHAR)"),
    ("uuid", "varchar"): _to_varchar(lambda cast: f"CAST({cast.sql} AS VARCHAR)"),
    ("float", "varchar"): _to_varchar(lambda cast: f"athena_{cast.source.kind}_text({cast.sql})"),
    ("varchar", "varchar"): _to_varchar(lambda cast: cast.sql),
    ("time", "varchar"): _to_varchar(_time_text),
    **dict.fromkeys(((kind, "varchar") for kind in _TIMESTAMPS), _to_varchar(_timestamp_text)),
    ("varchar", "varbinary"): lambda cast: f"encode({cast.sql})",
    ("varchar", "integer"): _text_to_integer,
    ("varchar", "float"): _text_to_float,
    ("varchar", "decimal"): _text_to_decimal,
    ("varchar", "boolean"): _text_to_boolean,
    ("varchar", "date"): _text_to_date,
    ("varchar", "time"): _text_to_time,
    **dict.fromkeys((("varchar", kind) for kind in _TIMESTAMPS), _text_to_timestamp),
    ("varchar", "uuid"): lambda cast: cast.matching("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", cast.plain()),
    ("float", "integer"): _float_to_integer,
    ("float", "decimal"): _float_to_decimal,
    ("float", "boolean"): lambda cast: f"({cast.sql} <> 0)",
    **dict.fromkeys(
        (
            (source, target)
            for source in ("integer", "decimal", "float")
            for target in ("integer", "decimal", "float")
            if source != "float" or target == "float"
        ),
        _plain,
    ),
    ("integer", "boolean"): lambda cast: f"({cast.sql} <> 0)",
    ("decimal", "boolean"): lambda cast: f"({cast.sql} <> 0)",
    ("boolean", "integer"): _plain,
    ("boolean", "float"): _plain,
    ("boolean", "decimal"): lambda cast: cast_to(f"CAST({cast.sql} AS INTEGER)", cast.target),
    ("boolean", "boolean"): lambda cast: cast.sql,
    **dict.fromkeys((("date", kind) for kind in _TIMESTAMPS), _date_to_timestamp),
    **dict.fromkeys(((kind, "date") for kind in _TIMESTAMPS), _timestamp_to_date),
    **dict.fromkeys(((one, other) for one in _TIMESTAMPS for other in _TIMESTAMPS), _timestamp_to_timestamp),
    **dict.fromkeys(((kind, "time") for kind in _TIMESTAMPS), _timestamp_to_time),
    **{
        (kind, kind): lambda cast: cast.sql
        for kind in ("date", "varbinary", "json", "uuid", "interval day to second", "interval year to month")
    },
}
