"""What takes two rows of a month to see: copies of a trip, and refunds with the trip that they take back."""

from __future__ import annotations

from typing import Final, NamedTuple

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.events.trip import REFUND, REFUNDED

_KEY: Final = ("vendor_id", "pickup_time", "dropoff_time", "pickup_zone", "dropoff_zone", "cents")
_BROADCAST_ROWS: Final = 2_000_000
"""So many rows of two hashes are sent to every worker; more are shuffled."""


class Copies(NamedTuple):
    """``trips`` holds each trip once, ``copies`` the rest of them."""

    trips: DataFrame
    copies: DataFrame


def without_copies(rows: DataFrame) -> Copies:
    """Of rows with one ``trip_id``, the one whose source object sorts first stays. Rows need one shuffle of 8 bytes."""
    hashed = rows.withColumn("id_hash", F.xxhash64("trip_id"))
    suspected = hashed.groupBy("id_hash").count().where("count > 1").select("id_hash").cache()
    number = suspected.count()
    if not number:
        return Copies(rows, rows.limit(0))
    small = F.broadcast(suspected) if number <= _BROADCAST_ROWS else suspected
    order = Window.partitionBy("trip_id").orderBy("source_object")
    numbered = hashed.join(small, "id_hash", "left_semi").withColumn("copy", F.row_number().over(order))
    alone = hashed.join(small, "id_hash", "left_anti").select(*rows.columns)
    return Copies(
        alone.union(numbered.where("copy = 1").select(*rows.columns)),
        numbered.where("copy > 1").select(*rows.columns),
    )


def refund_pairs(trips: DataFrame) -> DataFrame:
    """``trip_id``, ``pair_id`` and ``pair_fault`` of refunds and refunded trips, each paired once.

    A refund has the vendor, times and zones of its trip, and its fare with the other sign. Of several that are alike in
    this, each takes back one.
    """
    keyed = trips.select(
        "trip_id", *_KEY[:-1], "fare_amount", F.round(F.abs("fare_amount") * 100).cast("bigint").alias("cents")
    )
    hashed = keyed.withColumn("key_hash", F.xxhash64(*_KEY))
    negative = hashed.where("fare_amount < 0")
    alike = hashed.where("fare_amount > 0").join(F.broadcast(negative.select("key_hash")), "key_hash", "left_semi")
    order = Window.partitionBy(*_KEY).orderBy("trip_id")
    refunds, refunded = (
        side.select("trip_id", *_KEY).withColumn("nth", F.row_number().over(order)) for side in (negative, alike)
    )
    pairs = (
        refunds.alias("a")
        .join(refunded.alias("b"), [_same(name) for name in (*_KEY, "nth")])
        .select(F.col("a.trip_id").alias("refund"), F.col("b.trip_id").alias("refunded"))
        .cache()
    )
    return pairs.select(
        F.col("refund").alias("trip_id"), F.col("refunded").alias("pair_id"), F.lit(REFUND).alias("pair_fault")
    ).union(pairs.select("refunded", "refund", F.lit(REFUNDED)))


def _same(name: str) -> Column:
    return F.col(f"a.{name}").eqNullSafe(F.col(f"b.{name}"))
