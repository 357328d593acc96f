"""The columns of the lake's two telemetry tables: what the job writes and what the Data Catalog must say."""

from __future__ import annotations

from typing import Final, NamedTuple


class Column(NamedTuple):
    """``type`` is the Athena (Hive) type; Spark reads the same word."""

    name: str
    type: str


CURATED_TABLE: Final = "device_telemetry"
QUARANTINE_TABLE: Final = "device_telemetry_quarantine"

CURATED_COLUMNS: Final = (
    Column("event_id", "string"),
    Column("device_id", "string"),
    Column("event_time", "timestamp"),
    Column("temperature", "double"),
    Column("humidity", "double"),
    Column("battery", "double"),
    Column("site", "string"),
    Column("firmware", "string"),
    Column("extra", "string"),
    Column("ingest_time", "timestamp"),
    Column("source_object", "string"),
)
"""``extra``: JSON object of unknown fields, or null. ``ingest_time``: when the raw object reached the lake."""

QUARANTINE_COLUMNS: Final = (
    Column("reason", "string"),
    Column("line", "string"),
    Column("line_base64", "string"),
    Column("source_object", "string"),
    Column("line_number", "bigint"),
    Column("ingest_time", "timestamp"),
    Column("run_id", "string"),
)
"""``line``: the whole line when it is UTF-8, else ``line_base64`` has it. ``line_number`` counts from 1."""

PARTITION_COLUMNS: Final = (Column("year", "string"), Column("month", "string"), Column("day", "string"))
"""Zero-padded: event date (UTC) of the curated table, ingest date (UTC) of the quarantine."""


def partition_path(date: str) -> str:
    """``2025-10-05`` -> ``year=2025/month=10/day=05/``."""
    year, month, day = date.split("-")
    return f"year={year}/month={month}/day={day}/"
