"""The records of all tables."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from aws_stage.engines.timestream.store.schema import DUCKDB_TYPES, Schema
from aws_stage.kernel.engine import AwsError
from aws_stage.storage.duckdb_file import DiskFullError, DuckDbFile
from aws_stage.storage.manifest.unlisted import StoreManifest

_SCHEMA = "CREATE TABLE IF NOT EXISTS schemas (uid VARCHAR PRIMARY KEY, body VARCHAR);"
_FIXED = 'series BIGINT, version BIGINT, size INTEGER, "time" TIMESTAMP, measure_name VARCHAR'


class Records:
    """Opening raises ConfigurationError when the file is damaged. Tables are known by their uid, and made by their
    first record; ``known`` are the uids that there may be: what else is found belongs to tables that were deleted."""

    def __init__(self, path: Path, manifest: StoreManifest, known: Sequence[str]) -> None:
        self._file = DuckDbFile(path, manifest, _SCHEMA)
        self.close = self._file.close
        self.reading = self._file.reading
        self._lock = threading.Lock()
        with self._file.reading() as connection:
            rows = connection.execute("SELECT body FROM schemas").fetchall()
        self._schemas = {schema.uid: schema for [body] in rows if (schema := Schema.decode(body))}
        for uid in set(self._schemas) - set(known):
            self.drop(uid)

    def schema(self, uid: str) -> Schema:
        """What the table's records have brought so far."""
        with self._lock:
            return self._schemas.get(uid) or Schema(uid)

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A connection in a transaction that nobody else writes meanwhile; raises InternalServerException when the
        disk is full."""
        try:
            with self._file.writing() as connection:
                yield connection
        except DiskFullError as error:
            raise AwsError("InternalServerException", str(error), 500) from error

    def grow(self, connection: Any, before: Schema, after: Schema) -> None:
        """Give the table the columns that ``after`` has more, in the caller's transaction."""
        new = [column for name, column in after.columns.items() if name not in before.columns]
        if not before.measures:
            connection.execute(f"CREATE TABLE {after.table} ({_FIXED})")
        for column in new:
            held_as = DUCKDB_TYPES[column.type]
            connection.execute(f"ALTER TABLE {after.table} ADD COLUMN {column.held_as} {held_as}")
        connection.execute("INSERT OR REPLACE INTO schemas VALUES (?, ?)", [after.uid, after.encode()])

    def publish(self, schema: Schema) -> None:
        """Let others see a schema whose transaction is through."""
        with self._lock:
            self._schemas[schema.uid] = schema

    def expire(self, uid: str, before: datetime) -> None:
        """Delete the records of a table that are older."""
        schema = self.schema(uid)
        if schema.measures:
            with self.writing() as connection:
                connection.execute(f'DELETE FROM {schema.table} WHERE "time" < ?', [before.replace(tzinfo=None)])

    def drop(self, uid: str) -> None:
        """Delete a table's records and what it has learnt."""
        schema = self.schema(uid)
        with self.writing() as connection:
            connection.execute(f"DROP TABLE IF EXISTS {schema.table}")
            connection.execute("DELETE FROM schemas WHERE uid = ?", [uid])
        with self._lock:
            self._schemas.pop(uid, None)


class LazyRecords:
    """The records, opened by the first use where there are none yet: DuckDB costs memory and a start its time."""

    def __init__(self, path: Path, manifest: StoreManifest, known: Sequence[str]) -> None:
        self._path = path
        self._manifest = manifest
        self._lock = threading.Lock()
        self._open: Records | None = None
        if path.exists():  # one that is missing has stopped the start
            self._open = Records(path, manifest, known)

    def __call__(self) -> Records:
        with self._lock:
            if self._open is None:
                self._open = Records(self._path, self._manifest, ())
            return self._open

    def if_any(self) -> Records | None:
        """The records where there ever was one."""
        return self._open

    def close(self) -> None:
        """Close the file."""
        if self._open is not None:
            self._open.close()
