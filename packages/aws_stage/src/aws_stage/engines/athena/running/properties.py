"""``WITH (…)`` of CTAS and UNLOAD, and how a table's own properties say that its files are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trino_on_duckdb import QueryError

from aws_stage.engines.athena.lake.catalogue import Table
from aws_stage.engines.athena.lake.target import FileFormat
from aws_stage.engines.athena.statements.formats import HIVE_JSON, HIVE_JSON_2, LAZY_SIMPLE, OPENX_JSON, PARQUET

_BUCKETING = ("bucketed_by", "bucket_count")
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
        _check(given, known, "table property")
        if _text(given, "table_type", "HIVE").upper() != "HIVE":
            raise QueryError("NOT_SUPPORTED", "table_type ICEBERG is not supported by the local stage")
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
    compression = table.parameters.get("write.compression") or table.parameters.get("parquet.compression") or "GZIP"
    serde = table.storage.serde
    if serde == PARQUET:
        return FileFormat("PARQUET", compression.upper())
    if serde in (OPENX_JSON, HIVE_JSON, HIVE_JSON_2):
        return FileFormat("JSON", compression.upper())
    if serde == LAZY_SIMPLE:
        properties = table.storage.parameters
        if "escape.delim" in properties:
            raise QueryError("NOT_SUPPORTED", "INSERT INTO a table with ESCAPED BY is not supported by the local stage")
        delimiter = properties.get("field.delim") or properties.get("serialization.format") or "\x01"
        null = properties.get("serialization.null.format", "\\N")
        return FileFormat("TEXTFILE", compression.upper(), "\x01" if delimiter == "1" else delimiter, null)
    raise QueryError("NOT_SUPPORTED", f"INSERT INTO a table with SerDe {serde} is not supported by the local stage")


def _format(given: Mapping[str, object]) -> FileFormat:
    name = _text(given, "format", "PARQUET").upper()
    compression = next((_text(given, key, "") for key in _COMPRESSIONS if key in given), "GZIP").upper()
    return FileFormat(name, compression, _text(given, "field_delimiter", "\x01"))


def _check(given: Mapping[str, object], known: set[str], what: str) -> None:
    for name in given:
        if name in _BUCKETING:
            raise QueryError("NOT_SUPPORTED", f"{what} {name}: bucketing is not supported by the local stage")
        if name not in known:
            raise QueryError(
                "INVALID_TABLE_PROPERTY", f"line 1:1: {what} '{name}' does not exist or is not supported here"
            )


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
