"""A durable store of JSON documents on SQLite, one file per engine.

A write is on disk (in the page cache at least) when the call returns, so it survives ``kill -9`` of the process.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from aws_stage.storage.manifest.database import Database
from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest

Document = dict[str, Any]

_COLUMNS = ("kind", "key", "body")
_SCHEMA = "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))"


class Store:
    """Tables of ``key -> document``; every call is its own transaction unless inside ``transaction()``.

    Opening it raises ConfigurationError when the file is damaged or in use; a write raises OSError when the disk does
    not take it.
    """

    def __init__(self, path: Path, manifest: StoreManifest = UNLISTED) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        self._database = Database(path, _SCHEMA, {"documents": _COLUMNS}, manifest.length(path))

    def get(self, kind: str, key: str) -> Document | None:
        """The document, or None when there is none."""
        rows = self._database.read("SELECT body FROM documents WHERE kind = ? AND key = ?", (kind, key))
        return json.loads(rows[0][0]) if rows else None

    def put(self, kind: str, key: str, document: Document) -> None:
        """Create or replace a document."""
        self._database.write(
            "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            (kind, key, json.dumps(document)),
        )

    def delete(self, kind: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        return self._database.write("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key)) > 0

    def items(self, kind: str) -> list[tuple[str, Document]]:
        """Every ``(key, document)`` of a kind, ordered by key."""
        rows = self._database.read("SELECT key, body FROM documents WHERE kind = ? ORDER BY key", (kind,))
        return [(key, json.loads(body)) for key, body in rows]

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside happen, or none; other threads wait."""
        return self._database.transaction()

    def close(self) -> None:
        """Close the file; the store must not be used afterwards."""
        self._database.close()
