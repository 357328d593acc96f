"""The parts of dates, times and intervals."""

from __future__ import annotations

from trino_on_duckdb import types
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Overload, Table, one
from trino_on_duckdb.syntax.tree import Place
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, made_of
from trino_on_duckdb.wall_clocks import wall_clock

DATE_FIELDS = {
    "year": "year({0})",
    "quarter": "quarter({0})",
    "month": "month({0})",
    "week": "weekofyear({0})",
    "day": "day({0})",
    "day_of_month": "day({0})",
    "day_of_week": "isodow({0})",
    "dow": "isodow({0})",
    "day_of_year": "dayofyear({0})",
    "doy": "dayofyear({0})",
    "year_of_week": "isoyear({0})",
    "yow": "isoyear({0})",
}
"""Fields of dates and timestamps; weeks are ISO weeks, Monday is day 1."""

TIME_FIELDS = {
    "hour": "hour({0})",
    "minute": "minute({0})",
    "second": "second({0})",
    "millisecond": "(millisecond({0}) % 1000)",
}

_MONTHS = {"year": "({0} // 12)", "month": "({0} % 12)"}
_MILLISECONDS = {
    "day": "({0} // 86400000)",
    "hour": "({0} // 3600000 % 24)",
    "minute": "({0} // 60000 % 60)",
    "second": "({0} // 1000 % 60)",
    "millisecond": "({0} % 1000)",
}


def local_text(value: Value) -> str:
    """The wall clock of a date or timestamp, in its zone where it has one."""
    return wall_clock(value.sql, value.type)


def _template(name: str, type_: Type) -> str | None:
    if type_ == types.INTERVAL_YEAR:
        return _MONTHS.get(name)
    if type_ == types.INTERVAL_DAY:
        return _MILLISECONDS.get(name)
    if type_.kind == "date":
        return DATE_FIELDS.get(name)
    if type_.kind == "time":
        return TIME_FIELDS.get(name)
    return {**DATE_FIELDS, **TIME_FIELDS}.get(name) if type_.kind in types.TIMES else None


def extract(name: str, value: Value, place: Place) -> Value:
    """``EXTRACT(name FROM value)``."""
    template = _template(name, value.type)
    if template is None:
        if name in ("timezone_hour", "timezone_minute"):
            raise QueryError("NOT_SUPPORTED", f"{place}: Field {name} is not supported by the local Athena")
        raise QueryError("TYPE_MISMATCH", f"{place}: Cannot extract {name} from {value.type}")
    return _field(template, value)


def _field(template: str, value: Value) -> Value:
    sql = template.format(local_text(value))
    return made_of(f"CAST({sql} AS BIGINT)", types.BIGINT, [value])


def _function(name: str) -> list[Overload]:
    def write(found: Fit) -> Value:
        template = _template(name, found.values[0].type)
        assert template is not None, name  # noqa: S101  the signatures below are of types that have the field
        return _field(template, found.values[0])

    kinds = []
    if name in DATE_FIELDS:
        kinds += ["date", "timestamp", "timestamp with time zone"]
    elif name in TIME_FIELDS:
        kinds += ["timestamp", "timestamp with time zone", "time"]
    if name in _MONTHS:
        kinds.append(types.INTERVAL_YEAR.kind)
    if name in _MILLISECONDS:
        kinds.append(types.INTERVAL_DAY.kind)
    return [Overload(f"{kind} -> bigint", write) for kind in kinds]


FIELDS: Table = {
    **{name: _function(name) for name in (*DATE_FIELDS, *TIME_FIELDS)},
    "last_day_of_month": [
        *one("date -> date", "last_day({0})"),
        *one("timestamp -> date", "last_day({0})"),
        *one("timestamp with time zone -> date", lambda found: f"last_day({local_text(found.values[0])})"),
    ],
}

SYNONYMS = {"week_of_year": "week"}
