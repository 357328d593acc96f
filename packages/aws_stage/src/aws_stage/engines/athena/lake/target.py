"""Where written rows go: the files of CTAS, INSERT and UNLOAD."""

from __future__ import annotations

import gzip
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from trino_on_duckdb import Column, QueryError

from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.lake.filesystem import QueryFiles
from aws_stage.engines.athena.lake.objects import ObjectStore
from aws_stage.engines.athena.lake.rows import RowWriter
from aws_stage.engines.athena.lake.text import identifier, literal

IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a file kept in memory before it is spooled to the stage's own folder."""
BATCH = 4096
"""Rows fetched from DuckDB at a time."""

_PARQUET = {"NONE": "uncompressed", "UNCOMPRESSED": "uncompressed", "SNAPPY": "snappy", "GZIP": "gzip", "ZSTD": "zstd"}
_TEXT = {"NONE": "", "UNCOMPRESSED": "", "GZIP": ".gz"}


@dataclass(frozen=True)
class FileFormat:
    """``name`` is PARQUET, JSON or TEXTFILE; ``delimiter``, ``null`` and the line of names are of TEXTFILE."""

    name: str
    compression: str = "GZIP"
    delimiter: str = "\x01"
    null: str = "\\N"
    header: bool = False

    def __post_init__(self) -> None:
        if self.name not in ("PARQUET", "JSON", "TEXTFILE"):
            raise QueryError("NOT_SUPPORTED", f"format {self.name}: the local stage writes PARQUET, JSON and TEXTFILE")
        known = _PARQUET if self.name == "PARQUET" else _TEXT
        if self.compression not in known:
            raise QueryError(
                "NOT_SUPPORTED",
                f"compression {self.compression}: the local stage writes {self.name} with {', '.join(known)}",
            )


@dataclass
class Written:
    """What was written: the objects, the rows and bytes in them."""

    objects: list[Location] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0


class Target:
    """Writes files below a folder."""

    def __init__(
        self, store: ObjectStore, files: QueryFiles, spill: str, prefix: str, options: Mapping[str, Any]
    ) -> None:
        self._store = store
        self._files = files
        self._spill = spill
        self._prefix = prefix
        self._options = options
        self.written = Written()

    def write(self, connection: Any, sql: str, columns: Sequence[Column], folder: Location, form: FileFormat) -> None:
        """Write the rows of a DuckDB query as one object of ``folder``; an empty result writes nothing."""
        suffix = _TEXT[form.compression] if form.name != "PARQUET" else ""
        location = folder.child(f"{self._prefix}_{uuid.uuid4()}{suffix}")
        with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=self._spill) as spool:
            if form.name == "PARQUET":
                rows = self._parquet(connection, sql, form, cast("BinaryIO", spool))
            else:
                rows = self._text(connection, sql, columns, form, cast("BinaryIO", spool))
            if rows == 0:
                return
            size = spool.seek(0, 2)
            spool.seek(0)
            self._store.write(location, spool, **self._options)
        self.written.objects.append(location)
        self.written.rows += rows
        self.written.bytes += size

    def _parquet(self, connection: Any, sql: str, form: FileFormat, spool: BinaryIO) -> int:
        with self._files.writing(spool) as name:
            compression = _PARQUET[form.compression]
            counted = connection.execute(
                f"COPY ({sql}) TO {literal(name)} (FORMAT parquet, COMPRESSION {compression}, USE_TMP_FILE false)"
            ).fetchone()
        return int(counted[0])

    def _text(self, connection: Any, sql: str, columns: Sequence[Column], form: FileFormat, spool: BinaryIO) -> int:
        writer = RowWriter(columns, form.name, form.delimiter, form.null)
        rows = 0
        with _compressed(spool, form.compression) as out:
            if form.header:
                out.write(form.delimiter.join(column.name for column in columns).encode() + b"\n")
            cursor = connection.execute(sql)
            while batch := cursor.fetchmany(BATCH):
                out.write(b"".join(writer.line(row) for row in batch))
                rows += len(batch)
        return rows


@contextmanager
def _compressed(spool: BinaryIO, compression: str) -> Iterator[BinaryIO]:
    if compression != "GZIP":
        yield spool
        return
    with gzip.GzipFile(fileobj=spool, mode="wb", mtime=0) as out:
        yield cast("BinaryIO", out)


def partitions_in(connection: Any, table: str, keys: Sequence[str]) -> list[tuple[str | None, ...]]:
    """The different values of the keys in a DuckDB table, as texts, in order."""
    texts = ", ".join(f"CAST({identifier(key)} AS VARCHAR)" for key in keys)
    rows: list[tuple[str | None, ...]] = connection.execute(
        f"SELECT DISTINCT {texts} FROM {table} ORDER BY ALL"
    ).fetchall()
    return rows


def where_partition(keys: Sequence[str], values: Sequence[str | None]) -> str:
    """The SQL condition of one partition's rows."""
    return " AND ".join(
        f"CAST({identifier(key)} AS VARCHAR) IS NOT DISTINCT FROM {'NULL' if value is None else literal(value)}"
        for key, value in zip(keys, values, strict=True)
    )
