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


def _prepare(connection: Any) -> None:
    """The dialect's functions, macros and settings for all connections; the macros lie beside the file, which keeps
    records alone."""
    import trino_on_duckdb
    from trino_on_duckdb import runtime

    connection.execute("ATTACH ':memory:' AS dialect; USE dialect")
    trino_on_duckdb.prepare(connection)
    connection.execute("USE records")
    runtime.configure(connection, everywhere=True)


class Records:
    """Opening raises ConfigurationError when the file is damaged. Tables are known by their uid, and made by their
    first record; ``known`` are the uids that there may be: what else is found belongs to tables that were deleted."""

    def __init__(self, path: Path, manifest: StoreManifest, known: Sequence[str]) -> None:
        self._file = DuckDbFile(path, manifest, _SCHEMA)
        self.close = self._file.close
        self._prepared = False
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

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A connection that translated queries can run on, and that sees one moment of the data; raises TimeoutError
        and QueryTooLargeError."""
        with self._lock:
            if not self._prepared:
                self._file.setup(_prepare)
                self._prepared = True
        with self._file.reading() as connection:
            connection.execute("SET search_path = 'records.main,dialect.main'")
            yield connection

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
