"""The contract of trips (``datastreamer.events.trip``) as Spark's expressions; its plain Python is the oracle.

No expression raises on a bad value, whatever ``spark.sql.ansi.enabled`` says: Spark 4 switches it on.
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses
from pyspark.sql.types import (
    DataType,
    DoubleType,
    FloatType,
    NullType,
    NumericType,
    StringType,
    TimestampNTZType,
    TimestampType,
)

from datastreamer.events import trip
from datastreamer.events.trip import AMOUNTS, DETAILS, FIELDS, Kind
from datastreamer.taxi.month import Month
from datastreamer.taxi.schema import TRIP_COLUMNS
from datastreamer.taxi.silver.rows import UNREADABLE

REASON: Final = "reason"
ROW: Final = "row"

_NULL_OF: Final = {Kind.TIME: "timestamp_ntz", Kind.WHOLE: "int", Kind.NUMBER: "double", Kind.TEXT: "string"}
_SENT: Final = "sent_"


def judged(rows: DataFrame, month: Month, source_object: str) -> DataFrame:
    """``rows`` of one object of ``month`` as TRIP_COLUMNS, with ``REASON`` and ``ROW``, which are null of a trip.

    A rejected row's other columns mean nothing.
    """
    there = {column.name.lower(): column for column in rows.schema.fields}
    sent = {
        field.column: _sent(_column(found.name), found.dataType)
        for field in FIELDS
        if (found := there.get(field.tlc.lower())) is not None
    }
    taken = []
    for field in FIELDS:
        found = there.get(field.tlc.lower())
        value = F.lit(None) if found is None else _taken(field.kind, sent[field.column], found.dataType)
        taken.append(value.cast(_NULL_OF[field.kind]).alias(field.column))
    known = {field.tlc.lower() for field in FIELDS} | {UNREADABLE}
    unknown = [_column(column.name) for column in rows.schema.fields if column.name.lower() not in known]
    read = rows.select(
        *taken,
        *(F.isnotnull(value).alias(_SENT + column) for column, value in sent.items()),
        F.col(UNREADABLE),
        (F.nullif(F.to_json(F.struct(*unknown)), F.lit("{}")) if unknown else F.lit(None))
        .cast("string")
        .alias("other"),
        F.struct(*(_column(column.name) for column in rows.schema.fields)).alias("whole"),
        F.lit(source_object).alias("source_object"),
    )
    reason = _reason(month, set(sent))
    return (
        read.withColumn(REASON, reason)
        .withColumn(ROW, F.when(F.col(REASON).isNotNull(), F.to_json("whole")))
        .withColumn("trip_id", F.when(F.col(REASON).isNull(), trip_id()))
        .select(*(column.name for column in TRIP_COLUMNS), REASON, ROW)
    )


def trip_id() -> Column:
    """As ``Trip.trip_id``, of a row with the contract's columns."""
    parts = []
    for field in FIELDS:
        column = F.col(field.column)
        if field.kind is Kind.TIME:
            part = F.unix_micros(column.cast("timestamp")).cast("string")
        elif field.kind is Kind.NUMBER:
            part = F.floor(column * 100.0 + 0.5).cast("string")
        else:
            part = column.cast("string")
        parts.append(F.coalesce(part, F.lit("")))
    return F.substring(F.sha2(F.concat_ws("|", *parts), 256), 1, 32)


def faults(pair_fault: Column) -> Column:
    """As ``faults_of``, of a row with the contract's columns, and ``pair_fault``: ``refund``, ``refunded`` or null."""
    fare, miles = F.col("fare_amount"), F.col("trip_distance")
    micros = _micros("dropoff_time") - _micros("pickup_time")
    seconds = micros / 1e6
    twice = _is_shown_twice("pickup_time") | _is_shown_twice("dropoff_time")
    negative = F.greatest(*(F.coalesce(F.col(name) < 0, F.lit(False)) for name in AMOUNTS if name != "fare_amount"))
    missing = F.coalesce(*(F.col(name).cast("string") for name in DETAILS)).isNull()
    found = {
        trip.NEGATIVE_FARE: fare < 0,
        trip.REFUND: pair_fault == trip.REFUND,
        trip.REFUNDED: pair_fault == trip.REFUNDED,
        trip.ZERO_FARE: fare == 0,
        trip.NEGATIVE_AMOUNT: (fare >= 0) & negative,
        trip.NEGATIVE_DISTANCE: miles < 0,
        trip.ZERO_DISTANCE: miles == 0,
        trip.DROPOFF_BEFORE_PICKUP: (seconds < 0) & ~twice,
        trip.ZERO_DURATION: seconds == 0,
        trip.LONG_TRIP: seconds > trip.LONGEST_TRIP.total_seconds(),
        trip.IMPOSSIBLE_SPEED: (seconds > 0) & (miles * 3600.0 > trip.FASTEST_MPH * seconds),
        trip.AMBIGUOUS_HOUR: twice,
        trip.DETAILS_MISSING: missing,
    }
    for field in FIELDS:
        if field.codes:
            found[f"unknown_{field.column}"] = ~F.col(field.column).isin(*sorted(field.codes))
    return F.array_compact(F.array(*(F.when(found[name], F.lit(name)) for name in trip.FAULTS)))


def _reason(month: Month, sent: set[str]) -> Column:
    first = F.lit(str(month.first)).cast("timestamp_ntz")
    next_first = F.lit(str(month.next.first)).cast("timestamp_ntz")
    pickup = F.col("pickup_time")
    return F.coalesce(
        F.when(F.col(UNREADABLE).isNotNull(), F.lit(trip.UNREADABLE_LINE)),
        *(F.when(~F.col(_SENT + column), F.lit(f"missing_{column}")) for column in trip.REQUIRED),
        *(
            F.when(F.col(_SENT + column) & F.col(column).isNull(), F.lit(f"invalid_{column}"))
            for column in (field.column for field in FIELDS)
            if column in sent
        ),
        F.when((pickup < first) | (pickup >= next_first), F.lit(trip.OUTSIDE_MONTH)),
    )


def _column(name: str) -> Column:
    """The column of a file, whose name may have any character: a dot would be read as a field of a struct."""
    return F.col("`" + name.replace("`", "``") + "`")


def _sent(value: Column, kind: DataType) -> Column:
    """``value``, null where nothing was sent: blank text, NaN."""
    if isinstance(kind, StringType):
        return F.nullif(F.trim(value), F.lit(""))
    if isinstance(kind, DoubleType | FloatType):
        return F.when(~F.isnan(value), value)
    return value


def _taken(kind: Kind, value: Column, sent_as: DataType) -> Column:
    if kind is Kind.TIME:
        return _time(value, sent_as)
    if kind is Kind.TEXT:
        fits = isinstance(sent_as, StringType)
        return F.when(F.length(value) <= trip.TEXT_MAX_CHARS, value) if fits else F.lit(None)
    number = _double(value, sent_as)
    if kind is Kind.NUMBER:
        return F.when(F.abs(number) < trip.NUMBER_LIMIT, number)
    low, high = trip.WHOLE_RANGE
    return F.when(number.between(float(low), float(high)) & (number == F.floor(number)), number.cast("int"))


def _double(value: Column, sent_as: DataType) -> Column:
    if isinstance(sent_as, StringType):
        return F.when(value.rlike(trip.NUMBER_PATTERN), value).cast("double")
    if isinstance(sent_as, NumericType):
        return value.cast("double")
    return F.lit(None).cast("double")


def _time(value: Column, sent_as: DataType) -> Column:
    if isinstance(sent_as, StringType):
        return F.try_to_timestamp(F.when(value.rlike(trip.TIME_PATTERN), value)).cast("timestamp_ntz")
    if isinstance(sent_as, TimestampNTZType | TimestampType):
        # A time with zone was written by a tool that took the wall clock for UTC, as the session does.
        return value.cast("timestamp_ntz")
    if isinstance(sent_as, NullType):
        return value
    return F.lit(None)


def _micros(column: str) -> Column:
    return F.unix_micros(F.col(column).cast("timestamp"))


def _is_shown_twice(column: str) -> Column:
    moment = F.col(column)
    return (F.month(moment) == 11) & (F.dayofmonth(moment) <= 7) & (F.dayofweek(moment) == 1) & (F.hour(moment) == 1)
