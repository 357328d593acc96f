"""The functions that Timestream has and Trino does not.

Timestream developer guide, "Functions" (date / time, timeseries and the others). A time series is an array of rows of
time and value, in the order of time.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from trino_on_duckdb import types
from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Overload, Table, Writer, matching, one, overloads
from trino_on_duckdb.values import Value, cast_to, failure, fresh, made_of, once_each, quoted

_MICROSECONDS = 1000
"""Of the milliseconds that an interval is."""
_LARGEST = 9_223_372_036_854_775
"""Milliseconds since the epoch that Timestream's nanoseconds hold."""

_ISO_8601 = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}(:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
)
_WRONG_TIME = "from_iso8601_timestamp reads ISO 8601 of at most six digits of a second here, not "


_CONSTANT = re.compile(r"CAST\(([1-9]\d*) AS BIGINT\)")


def _bin(found: Fit) -> str:
    """The beginning of the interval since the epoch; times before that are not Timestream's."""

    def body(time: str, step: str) -> str:
        literal = _CONSTANT.fullmatch(step)
        if literal is not None:
            micro = str(int(literal[1]) * _MICROSECONDS)
        else:
            wrong = failure("INVALID_FUNCTION_ARGUMENT", quoted("The interval of bin must be positive"), types.BIGINT)
            micro = f"(CASE WHEN {step} > 0 THEN {step} * {_MICROSECONDS} ELSE {wrong} END)"
        return f"make_timestamp(epoch_us({time}) - epoch_us({time}) % {micro})"

    return once_each([value.sql for value in found.values], body)


def _bin_number(found: Fit) -> str:
    return once_each(
        [value.sql for value in found.values],
        lambda value, step: f"({value} - (({value} % {step}) + {step}) % {step})",
    )


def _from_milliseconds(found: Fit) -> str:
    beyond = failure("INVALID_FUNCTION_ARGUMENT", quoted("The time is out of range"), types.TIMESTAMP)
    return once_each(
        [found.values[0].sql],
        lambda value: (
            f"CASE WHEN {value} NOT BETWEEN 0 AND {_LARGEST} THEN {beyond} "
            f"ELSE make_timestamp({value} * {_MICROSECONDS}) END"
        ),
    )


def _precise(how: Writer) -> Callable[[Fit], Value]:
    """A function whose result is a timestamp with all its digits."""
    return lambda found: made_of(str(how(found)), types.timestamp_of(types.MAX_FRACTION), found.values)


def _series(found: Fit) -> Value:
    """create_time_series: points in order; a time that comes twice fails, a NULL is not a point."""
    time, value = found.values
    type_ = types.time_series_of(value.type)
    collected = (
        f'list_sort(list(struct_pack("time" := {cast_to(time.sql, types.TIMESTAMP)}, "value" := {value.sql})) '
        f"FILTER (WHERE {time.sql} IS NOT NULL AND {value.sql} IS NOT NULL{{and}}){{w}})"
    )
    name, point = fresh("s"), fresh("p")
    twice = failure("INVALID_FUNCTION_ARGUMENT", quoted("Duplicate timestamps are not allowed in a timeseries"), type_)
    times = f"list_transform({name}, lambda {point}: {point}.time)"
    checked = f"CASE WHEN list_unique({times}) < len({name}) THEN {twice} ELSE {name} END"
    return made_of(f"list_transform([{collected}], lambda {name}: {checked})[1]", type_, found.values)


def _bound(sqls: list[str], body: Callable[..., str]) -> str:
    """``body`` of expressions under names of its own, for its lambdas: within one, DuckDB does not find a column of the
    query around an UNNEST."""
    name = fresh("b")
    fields = ", ".join(f"a{number} := {sql}" for number, sql in enumerate(sqls))
    names = [f"{name}.a{number}" for number in range(len(sqls))]
    return f"list_transform([struct_pack({fields})], lambda {name}: {body(*names)})[1]"


def _times(series: str) -> str:
    point = fresh("p")
    return f"list_transform({series}, lambda {point}: epoch_us({point}.time))"


def _numbers(series: str) -> str:
    point = fresh("p")
    return f"list_transform({series}, lambda {point}: CAST({point}.value AS DOUBLE))"


def _interpolated(how: str) -> Callable[[Fit], str]:
    """Values at the times of an array, as a series."""

    def write(found: Fit) -> str:
        series, wanted, *more = (value.sql for value in found.values)

        def body(points: str, moments: str, *given: str) -> str:
            moment, pair = fresh("m"), fresh("z")
            asked = f"list_transform({moments}, lambda {moment}: epoch_us({moment}))"
            values = f"athena_interpolate_{how}({', '.join([_times(points), _numbers(points), asked, *given])})"
            made = f'struct_pack("time" := {pair}[1], "value" := {pair}[2])'
            zipped = f"list_transform(list_zip({moments}, {values}), lambda {pair}: {made})"
            return f"CASE WHEN {points} IS NOT NULL AND {moments} IS NOT NULL THEN {zipped} END"

        return _bound([series, wanted, *more], body)

    return write


def _interpolated_once(how: str) -> Callable[[Fit], str]:
    """The value at one time."""

    def write(found: Fit) -> str:
        series, wanted, *more = (value.sql for value in found.values)

        def body(points: str, moment: str, *given: str) -> str:
            asked = ", ".join([_times(points), _numbers(points), f"[epoch_us({moment})]", *given])
            return f"CASE WHEN {moment} IS NOT NULL THEN athena_interpolate_{how}({asked})[1] END"

        return _bound([series, wanted, *more], body)

    return write


def _pairs(points: str, body: Callable[[str, str, str, str], str]) -> str:
    """A list made of each two neighbours: their values, the microseconds between them, and the later time."""
    index = fresh("i")
    before, after = f"({points})[{index} - 1]", f"({points})[{index}]"
    apart = f"(epoch_us({after}.time) - epoch_us({before}.time))"
    item = body(f"CAST({before}.value AS DOUBLE)", f"CAST({after}.value AS DOUBLE)", apart, f"{after}.time")
    return f"list_transform(range(2, len({points}) + 1), lambda {index}: {item})"


def _derivative(*, non_negative: bool) -> Callable[[Fit], str]:
    """The change per interval from each point to the next, at the time of the later one."""

    def write(found: Fit) -> str:
        def body(points: str, unit: str) -> str:
            def slope(before: str, after: str, apart: str, time: str) -> str:
                rate = f"(({after} - {before}) / ({apart} / ({unit} * {_MICROSECONDS})))"
                rate = f"greatest({rate}, 0e0)" if non_negative else rate
                return f'struct_pack("time" := {time}, "value" := {rate})'

            return f"CASE WHEN {points} IS NOT NULL THEN {_pairs(points, slope)} END"

        return _bound([value.sql for value in found.values], body)

    return write


def _integral(found: Fit) -> str:
    """The area under the lines between the points, in units of an interval, a second if none is given."""
    series, *units = (value.sql for value in found.values)

    def body(points: str, unit: str) -> str:
        def area(before: str, after: str, apart: str, _time: str) -> str:
            return f"(({before} + {after}) / 2 * {apart} / ({unit} * {_MICROSECONDS}))"

        return f"CASE WHEN {points} IS NOT NULL THEN coalesce(list_sum({_pairs(points, area)}), 0e0) END"

    return _bound([series, *(units or ["CAST(1000 AS BIGINT)"])], body)


def _of_numbers(parameters: str, result: str, how: Callable[[Fit], str]) -> list[Overload]:
    """Overloads for series of each kind of number that Timestream stores; ``{}`` is the series."""
    return [
        Overload(f"{parameters.format(f'timeseries({kind})')} -> {result}", how)
        for kind in ("double", "bigint", "integer")
    ]


def _interpolation(how: str, more: str = "") -> list[Overload]:
    return [
        *_of_numbers(f"{{}}, array(timestamp){more}", "timeseries(double)", _interpolated(how)),
        *_of_numbers(f"{{}}, timestamp{more}", "double", _interpolated_once(how)),
    ]


_RATE = "{}, interval day to second"

SCALARS: Table = {
    "bin": [
        Overload("timestamp, interval day to second -> timestamp", _precise(_bin)),
        Overload("bigint, bigint -> bigint", _bin_number),
    ],
    "from_iso8601_timestamp": one("varchar -> timestamp", _precise(
        matching(_ISO_8601, "timezone('UTC', CAST({0} AS TIMESTAMPTZ))", "INVALID_FUNCTION_ARGUMENT", _WRONG_TIME))),
    "from_milliseconds": one("bigint -> timestamp", _precise(_from_milliseconds)),
    "from_nanoseconds": one("bigint -> timestamp", _precise(
        lambda found: f"make_timestamp({found.values[0].sql} // 1000)")),
    "to_iso8601": overloads(("date -> varchar", "CAST({0} AS VARCHAR)"),
                            ("timestamp -> varchar", "strftime({0}, '%Y-%m-%dT%H:%M:%S.%f000Z')")),
    "to_milliseconds": overloads(("timestamp -> bigint", "epoch_ms({0})"),
                                 ("interval day to second -> bigint", "{0}")),
    "to_nanoseconds": overloads(("timestamp -> bigint", "(epoch_us({0}) * 1000)"),
                                ("interval day to second -> bigint", "({0} * 1000000)")),
    "interpolate_linear": _interpolation("linear"),
    "interpolate_locf": _interpolation("locf"),
    "interpolate_fill": _interpolation("fill", ", double"),
    "derivative_linear": _of_numbers(_RATE, "timeseries(double)", _derivative(non_negative=False)),
    "non_negative_derivative_linear": _of_numbers(_RATE, "timeseries(double)", _derivative(non_negative=True)),
    "integral_trapezoidal": [*_of_numbers("{}", "double", _integral), *_of_numbers(_RATE, "double", _integral)],
}  # fmt: skip

AGGREGATES: Table = {
    "create_time_series": [Overload(f"timestamp, {kind} -> timeseries({kind})", _series)
                           for kind in ("double", "bigint", "integer", "boolean", "varchar", "timestamp")],
}  # fmt: skip
