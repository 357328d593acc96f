"""The columns of the taxi pipeline's tables: what the job writes and what a catalogue must say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from datastreamer.events.trip import FIELDS, Kind
from datastreamer.taxi import prediction

CONTRACT: Final = 1
"""Counts up when the same bronze gives another silver: the job then makes every month again."""


class Column(NamedTuple):
    """``type`` is the Athena (Hive) type; ``comment`` is what analysts read in the catalogue."""

    name: str
    type: str
    comment: str = ""


RAW_TABLE: Final = "taxi_raw"
SILVER_TABLE: Final = "taxi_trips"
QUARANTINE_TABLE: Final = "taxi_trips_quarantine"

_TYPES: Final = {Kind.TIME: "timestamp", Kind.WHOLE: "int", Kind.NUMBER: "double", Kind.TEXT: "string"}

TRIP_COLUMNS: Final = (
    Column("trip_id", "string", "Hash of the trip's fields; no two rows share one"),
    *(Column(field.column, _TYPES[field.kind], field.meaning) for field in FIELDS),
    Column("other", "string", "Columns of the file that the contract does not know, as a JSON object"),
    Column("source_object", "string", "Bronze object that the trip came in"),
)
SILVER_COLUMNS: Final = (
    *TRIP_COLUMNS,
    Column("faults", "array<string>", "What is strange about the trip; empty when nothing is"),
    Column("pair_id", "string", "Of a refund: the trip that it takes back; of a refunded trip: the refund"),
)
QUARANTINE_COLUMNS: Final = (
    Column("reason", "string", "Why the row is not in the table of trips"),
    Column("row", "string", "The whole row by the file's column names, as a JSON object; nulls left out"),
    Column("source_object", "string", "Bronze object that the row came in"),
)

_CHANGING: Final = frozenset({"passenger_count", "rate_code", "airport_fee"})
"""Columns of TLC's files that no one type of Athena reads in all years: floats until January 2023 and whole numbers
since; and of no type at all until December 2020."""
_RAW_TYPES: Final = {**_TYPES, Kind.WHOLE: "bigint"}
"""Whole numbers are of 64 or of 32 bits; Athena reads both as the wider one (docs.aws.amazon.com/athena/latest/ug/
updates-changing-column-type.html)."""

RAW_COLUMNS: Final = tuple(
    Column(field.tlc.lower(), _RAW_TYPES[field.kind], field.meaning)
    for field in FIELDS
    if field.column not in _CHANGING
)
"""What one table over TLC's Parquet files of all years can read. Athena finds columns by name, in any case, and gives
NULL where a file lacks one."""
PREDICTION_COLUMNS: Final = tuple(Column(field.name, field.kind.hive, field.meaning) for field in prediction.FIELDS)
ARRIVAL_DATE: Final = Column("arrival_date", "string", "Day on which it was delivered, UTC, as yyyy/MM/dd")
"""Of gold: the only partition that Firehose makes for every destination."""

PARTITION_COLUMNS: Final = (Column("year", "string"), Column("month", "string"))
"""Zero-padded. Of trips: the month of the pick-up, New York time; of the quarantine: the month of the file."""


def spark_schema(columns: Sequence[Column]) -> str:
    """``columns`` as Spark reads and writes them; timestamps have no zone, as Athena's have none."""
    return ", ".join(
        f"{column.name} {'timestamp_ntz' if column.type == 'timestamp' else column.type}" for column in columns
    )
