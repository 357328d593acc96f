"""The columns of the lake's two telemetry tables: what the job writes and what the Data Catalog must say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from datastreamer.events.reading import FIELDS, Kind


class Column(NamedTuple):
    """``type`` is the Athena (Hive) type; ``comment`` is what analysts read in the catalogue."""

    name: str
    type: str
    comment: str = ""


CURATED_TABLE: Final = "device_telemetry"
QUARANTINE_TABLE: Final = "device_telemetry_quarantine"

_TYPES: Final = {Kind.IDENTIFIER: "string", Kind.TIMESTAMP: "timestamp", Kind.NUMBER: "double", Kind.TEXT: "string"}

READING_COLUMNS: Final = (
    *(Column(field.column, _TYPES[field.kind], field.meaning) for field in FIELDS),
    Column("extra", "string", "Fields that the contract does not know, as a JSON object"),
)
"""What a reading says. ``extra`` is null when it has no unknown fields."""

CURATED_COLUMNS: Final = (
    *READING_COLUMNS,
    Column("ingest_time", "timestamp", "When its raw object reached the lake, UTC"),
    Column("source_object", "string", "Raw object that the reading came in"),
)

QUARANTINE_COLUMNS: Final = (
    Column("reason", "string", "Why the line is not a valid reading"),
    Column("line", "string", "The whole line; null when it is not UTF-8"),
    Column("line_base64", "string", "The whole line in Base64 when it is not UTF-8, else null"),
    Column("source_object", "string", "Raw object that the line came in"),
    Column("line_number", "bigint", "Number of the line in its object, from 1"),
    Column("ingest_time", "timestamp", "When its raw object reached the lake, UTC"),
    Column("run_id", "string", "Job run that read the line"),
)

PARTITION_COLUMNS: Final = (Column("year", "string"), Column("month", "string"), Column("day", "string"))
"""Zero-padded: event date (UTC) of the curated table, ingest date (UTC) of the quarantine."""


def spark_schema(columns: Sequence[Column]) -> str:
    """``columns`` as Spark reads and writes them. Timestamps have no zone, as Athena's have none: they are UTC."""
    return ", ".join(
        f"{column.name} {'timestamp_ntz' if column.type == 'timestamp' else column.type}" for column in columns
    )


def partition_path(date: str) -> str:
    """``2025-10-05`` -> ``year=2025/month=10/day=05/``."""
    year, month, day = date.split("-")
    return f"year={year}/month={month}/day={day}/"
