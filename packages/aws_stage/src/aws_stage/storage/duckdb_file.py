"""A DuckDB file of an engine's own: one writer at a time, any number of readers, each with a snapshot.

A transaction is on disk when ``writing`` returns: DuckDB writes it to its log before. Blocks and log have checksums. A
count of the transactions, in the same transaction as the rows, is held against what the manifest knows, so that a file
that is missing, older or cut off is noticed at start.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from aws_stage.storage.manifest.unlisted import StoreManifest
from aws_stage.storage.watch import Watch

MEMORY = "1GB"
THREADS = 2
LONGEST_QUERY = 60.0
"""Seconds after which a query is interrupted, so that none keeps a thread for good."""


class DiskFullError(Exception):
    """The disk does not take a write; nothing of the transaction is there."""


class QueryTooLargeError(Exception):
    """A query needs more memory than there is for the file."""


class DuckDbFile:
    """``schema`` makes what a file must have and does not have yet, as one of an earlier version.

    Opening raises ConfigurationError when the file is damaged, or holds less than was acknowledged.
    """

    def __init__(self, path: Path, manifest: StoreManifest, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        self._watch = Watch(LONGEST_QUERY)
        fresh = not path.exists()
        self._connection: Any = None
        try:
            self._connection = duckdb.connect(
                str(path), config={"memory_limit": MEMORY, "threads": THREADS, "preserve_insertion_order": False}
            )
            self._mark = manifest.length(path)
            counted = "CREATE TABLE transactions (number BIGINT); INSERT INTO transactions VALUES (0);" if fresh else ""
            self._connection.execute(f"BEGIN; {counted} {schema} COMMIT;")
            [self._number] = self._connection.execute("SELECT number FROM transactions").fetchone()
        except duckdb.Error as error:
            if self._connection is not None:
                self._connection.close()
            raise manifest.length(path).damaged(str(error).partition("\n")[0]) from error
        lacking = (self._mark.acknowledged or 0) - self._number
        if lacking > 0:
            self._connection.close()
            raise self._mark.damaged(f"it is an older copy: it lacks the last {lacking} changes")
        self._mark.note(self._number)

    def setup(self, statements: Callable[[Any], None]) -> None:
        """Give the instance of DuckDB what all its connections share (functions); nothing of the file changes."""
        statements(self._connection)

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A connection in a transaction that nobody else writes meanwhile; raises DiskFullError."""
        with self._lock:
            connection = self._connection.cursor()
            try:
                connection.execute("BEGIN")
                yield connection
                connection.execute("UPDATE transactions SET number = ?", [self._number + 1])
                connection.execute("COMMIT")
            except BaseException as error:
                with suppress(duckdb.Error):
                    connection.execute("ROLLBACK")
                if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
                    self._mark.refused(OSError(errno.ENOSPC, str(error), str(self._path)))
                    raise DiskFullError(f"the disk does not take a write: {error}") from error
                raise
            finally:
                connection.close()
            self._number += 1
            self._mark.note(self._number)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A connection that sees one moment of the data; raises TimeoutError after ``LONGEST_QUERY``, and
        QueryTooLargeError."""
        connection = self._connection.cursor()
        self._watch.begin(connection)
        try:
            connection.execute("BEGIN TRANSACTION READ ONLY")
            yield connection
        except duckdb.InterruptException as error:
            raise TimeoutError(f"it took longer than {LONGEST_QUERY:.0f} s") from error
        except duckdb.OutOfMemoryException as error:
            raise QueryTooLargeError(f"it needs more than {MEMORY}") from error
        finally:
            self._watch.end(connection)
            connection.close()

    def close(self) -> None:
        """Write what is in the log into the file, and close it."""
        self._watch.close()
        with self._lock:
            self._connection.close()
