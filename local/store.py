"""A durable store of JSON documents on SQLite, one file per engine.

A write is on disk (in the page cache at least) when the call returns, so it survives ``kill -9`` of the process.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datastreamer.errors import ConfigurationError

Document = dict[str, Any]


class Store:
    """Tables of ``key -> document``; every call is its own transaction unless inside ``transaction()``.

    Opening it raises ConfigurationError when the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            [[found]] = self._connection.execute("PRAGMA quick_check(1)").fetchall()
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))"
            )
        except sqlite3.DatabaseError as error:
            found = str(error)
        if found != "ok":
            self._connection.close()
            raise ConfigurationError(
                f"{path} is damaged ({found}). The local stage does not start over damaged state. Restore the file "
                "from a copy, or move it away to start without what it held."
            )

    def get(self, kind: str, key: str) -> Document | None:
        """The document, or None when there is none."""
        with self._lock:
            row = self._connection.execute(
                "SELECT body FROM documents WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, kind: str, key: str, document: Document) -> None:
        """Create or replace a document."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                (kind, key, json.dumps(document)),
            )

    def delete(self, kind: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        with self._lock:
            cursor = self._connection.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))
        return cursor.rowcount > 0

    def items(self, kind: str) -> list[tuple[str, Document]]:
        """Every ``(key, document)`` of a kind, ordered by key."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT key, body FROM documents WHERE kind = ? ORDER BY key", (kind,)
            ).fetchall()
        return [(key, json.loads(body)) for key, body in rows]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen, or none; other threads wait."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; the store must not be used afterwards."""
        with self._lock:
            self._connection.close()
