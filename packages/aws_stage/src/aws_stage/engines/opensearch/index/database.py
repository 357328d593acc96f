"""The DuckDB file of one domain: one writer at a time, any number of readers, each with a snapshot.

A transaction is on disk when ``writing`` returns: DuckDB writes it to its log before. Blocks and log have checksums. A
count of the transactions, in the same transaction as the rows, is held against what the manifest knows, so that a file
that is missing, older or cut off is noticed at start.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from aws_stage.engines.opensearch.errors import SearchError
from aws_stage.engines.opensearch.index.watch import Watch
from aws_stage.storage.manifest.unlisted import StoreManifest

MEMORY = "1GB"
THREADS = 2
LONGEST_SEARCH = 60.0
"""Seconds after which a search is interrupted, so that none keeps a thread for good."""

_SCHEMA = """
CREATE TABLE transactions (number BIGINT);
INSERT INTO transactions VALUES (0);
CREATE TABLE indices (name VARCHAR PRIMARY KEY, body VARCHAR);
CREATE TABLE templates (name VARCHAR PRIMARY KEY, body VARCHAR);
CREATE SEQUENCE tables;
"""
_LATER = """
CREATE TABLE IF NOT EXISTS policies (name VARCHAR PRIMARY KEY, body VARCHAR);
CREATE TABLE IF NOT EXISTS saved_objects (type VARCHAR, id VARCHAR, body VARCHAR, PRIMARY KEY (type, id));
"""
"""Tables that files of earlier versions do not have."""


class ClusterDatabase:
    """Opening it raises ConfigurationError when the file is damaged, or holds less than was acknowledged."""

    def __init__(self, path: Path, manifest: StoreManifest) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        self._watch = Watch(LONGEST_SEARCH)
        fresh = not path.exists()
        self._connection: Any = None
        try:
            self._connection = duckdb.connect(
                str(path), config={"memory_limit": MEMORY, "threads": THREADS, "preserve_insertion_order": False}
            )
            self._mark = manifest.length(path)
            if fresh:
                self._connection.execute("BEGIN; " + _SCHEMA + "COMMIT;")
            self._connection.execute("BEGIN; " + _LATER + "COMMIT;")
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

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A connection in a transaction that nobody else writes meanwhile; raises SearchError when the disk is full."""
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
                    raise self._refused(error) from error
                raise
            finally:
                connection.close()
            self._number += 1
            self._mark.note(self._number)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A connection that sees one moment of the data, for ``LONGEST_SEARCH`` at most."""
        connection = self._connection.cursor()
        self._watch.begin(connection)
        try:
            connection.execute("BEGIN TRANSACTION READ ONLY")
            yield connection
        except duckdb.InterruptException as error:
            raise SearchError(
                "timeout_exception", f"the search took longer than {LONGEST_SEARCH:.0f} s", 504, phase=True
            ) from error
        except duckdb.OutOfMemoryException as error:
            reason = f"[parent] Data too large: the search needs more than {MEMORY}"
            raise SearchError("circuit_breaking_exception", reason, 429, phase=True) from error
        finally:
            self._watch.end(connection)
            connection.close()

    def close(self) -> None:
        """Write what is in the log into the file, and close it."""
        self._watch.close()
        with self._lock:
            self._connection.close()

    def _refused(self, error: Exception) -> SearchError:
        self._mark.refused(OSError(errno.ENOSPC, str(error), str(self._path)))
        return SearchError(
            "cluster_block_exception",
            f"blocked by: [TOO_MANY_REQUESTS/12/the disk does not take a write: {error}];",
            429,
        )
