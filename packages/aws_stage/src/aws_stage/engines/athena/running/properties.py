"""``WITH (…)`` of CTAS and UNLOAD, and how a table's own properties say that its files are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trino_on_duckdb import QueryError

from aws_stage.engines.athena.lake.catalogue import Table, check_kind
from aws_stage.engines.athena.lake.relations import check_format
from aws_stage.engines.athena.lake.serdes.properties import (
    FOOTER_LINES,
    HEADER_LINES,
    NULL_FORMAT,
    field_delimiter,
    header_lines,
    lazy_properties,
)
from aws_stage.engines.athena.lake.target import FileFormat
from aws_stage.engines.athena.statements.formats import HIVE_JSON, HIVE_JSON_2, LAZY_SIMPLE, OPENX_JSON, PARQUET

_BUCKETING = ("bucketed_by", "bucket_count")
_NOT_DONE = (
    *("compression_level", "location", "orc_compression", "partitioning"),
    *("optimize_rewrite_data_file_threshold", "optimize_rewrite_delete_file_threshold"),
    *("optimize_rewrite_max_data_file_size_bytes", "optimize_rewrite_min_data_file_size_bytes"),
    *("vacuum_max_metadata_files_to_keep", "vacuum_max_snapshot_age_seconds", "vacuum_min_snapshots_to_keep"),
    "write_target_data_file_size_bytes",
)
"""Other properties of https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html and unload.html."""

_COMPRESSIONS = ("write_compression", "parquet_compression", "compression")


@dataclass(frozen=True)
class TableProperties:
    """The properties of CTAS."""

    format: FileFormat
    external_location: str | None
    partitioned_by: Sequence[str]

    @classmethod
    def read(cls, given: Mapping[str, object]) -> TableProperties:
        """Check the properties; QueryError INVALID_TABLE_PROPERTY or NOT_SUPPORTED."""
        known = {"table_type", "format", "external_location", "partitioned_by", "field_delimiter", "is_external"}
        known |= {*_COMPRESSIONS[:2]}
        if (kind := _text(given, "table_type", "HIVE").upper()) != "HIVE":
            raise QueryError("NOT_SUPPORTED", f"table_type {kind} is not supported by the local stage")
        _check(given, known, "table property")
        return cls(_format(given), _optional(given, "external_location"), _names(given, "partitioned_by"))

    @property
    def serde_properties(self) -> dict[str, str]:
        if self.format.name == "TEXTFILE":
            return {"field.delim": self.format.delimiter, "serialization.format": self.format.delimiter}
        return {"serialization.format": "1"}


@dataclass(frozen=True)
class UnloadProperties:
    """The properties of UNLOAD."""

    format: FileFormat
    partitioned_by: Sequence[str]

    @classmethod
    def read(cls, given: Mapping[str, object]) -> UnloadProperties:
        """Check the properties; QueryError INVALID_TABLE_PROPERTY or NOT_SUPPORTED."""
        _check(given, {"format", "partitioned_by", "field_delimiter", "compression"}, "UNLOAD property")
        if "format" not in given:
            raise QueryError("INVALID_TABLE_PROPERTY", "UNLOAD property format is missing")
        return cls(_format(given), _names(given, "partitioned_by"))


def format_of_table(table: Table) -> FileFormat:
    """How INSERT writes files of a table; QueryError NOT_SUPPORTED for a SerDe that it cannot write."""
    check_kind(table)
    compression = table.parameters.get("write.compression") or table.parameters.get("parquet.compression") or "GZIP"
    serde = table.storage.serde
    check_format(table, table.storage)
    skip = header_lines(table.parameters, table.storage.parameters)
    if serde != PARQUET:
        _check_lines(table, skip)
    if serde == PARQUET:
        return FileFormat("PARQUET", compression.upper())
    if serde in (OPENX_JSON, HIVE_JSON, HIVE_JSON_2):
        return FileFormat("JSON", compression.upper())
    if serde == LAZY_SIMPLE:
        properties = lazy_properties(table.parameters, table.storage.parameters)
        if "escape.delim" in properties:
            raise QueryError("NOT_SUPPORTED", "INSERT INTO a table with ESCAPED BY is not supported by the local stage")
        null = properties.get(NULL_FORMAT, "\\N")
        return FileFormat("TEXTFILE", compression.upper(), field_delimiter(properties), null, header=skip == 1)
    raise QueryError("NOT_SUPPORTED", f"INSERT INTO a table with SerDe {serde} is not supported by the local stage")


def _check_lines(table: Table, header: int) -> None:
    """Refuse what a reader of the new file would take for a header or a footer, in Trino's words."""
    if header > 1:
        raise QueryError(
            "NOT_SUPPORTED",
            f"Inserting into Hive table with value of {HEADER_LINES} property greater than 1 is not supported",
        )
    if table.parameters.get(FOOTER_LINES, "0") != "0":
        raise QueryError("NOT_SUPPORTED", f"Inserting into Hive table with {FOOTER_LINES} property not supported")
    if header and table.storage.serde != LAZY_SIMPLE:
        raise QueryError(
            "NOT_SUPPORTED", f"INSERT INTO a JSON table with {HEADER_LINES} is not supported by the local stage"
        )


def _format(given: Mapping[str, object]) -> FileFormat:
    name = _text(given, "format", "PARQUET").upper()
    compression = next((_text(given, key, "") for key in _COMPRESSIONS if key in given), "GZIP").upper()
    between = _text(given, "field_delimiter", "\x01")
    if len(between) != 1:
        # "Multi-character field delimiters are not supported for CTAS queries" (CREATE TABLE AS; UNLOAD likewise)
        raise QueryError("INVALID_TABLE_PROPERTY", f"line 1:1: field_delimiter must be one character, not {between!r}")
    return FileFormat(name, compression, between)


def _check(given: Mapping[str, object], known: set[str], what: str) -> None:
    for name in given:
        if name in _BUCKETING:
            raise QueryError("NOT_SUPPORTED", f"{what} {name}: bucketing is not supported by the local stage")
        if name in _NOT_DONE:
            raise QueryError("NOT_SUPPORTED", f"{what} {name} is not supported by the local stage")
        if name not in known:
            raise QueryError("INVALID_TABLE_PROPERTY", f"line 1:1: {what} '{name}' does not exist")


def _text(given: Mapping[str, object], name: str, default: str) -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise QueryError("INVALID_TABLE_PROPERTY", f"line 1:1: property '{name}' must be a text, not {value!r}")
    return value


def _optional(given: Mapping[str, object], name: str) -> str | None:
    return _text(given, name, "") or None


def _names(given: Mapping[str, object], name: str) -> list[str]:
    value = given.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise QueryError("INVALID_TABLE_PROPERTY", f"line 1:1: property '{name}' must be an ARRAY of texts")
    return value
