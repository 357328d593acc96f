"""A durable store of JSON documents in one SQLite file: whatever has a key, and lists that grow.

A write is on disk (in the page cache at least) when the call returns, so it survives ``kill -9`` of the process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from aws_stage.storage.manifest.database import Database
from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest

Document = dict[str, Any]

_COLUMNS = ("kind", "key", "body")
_SCHEMA = "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))"
_NUMBER = "020d"
"""Keys of a list sort as its numbers do."""


class Store:
    """Tables of ``key -> document``; every call is its own transaction unless inside ``transaction()``.

    Opening it raises ConfigurationError when the file is damaged or in use; a write raises OSError when the disk does
    not take it.
    """

    def __init__(
        self,
        path: Path,
        manifest: StoreManifest = UNLISTED,
        *,
        default: Callable[[Any], Any] | None = None,
        object_hook: Callable[[Document], Any] | None = None,
    ) -> None:
        """``default`` and ``object_hook`` are those of ``json``, for values that JSON does not have."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        self.path = path
        self._encode = json.JSONEncoder(default=default).encode
        self._decode = json.JSONDecoder(object_hook=object_hook).decode
        self._database = Database(path, _SCHEMA, {"documents": _COLUMNS}, manifest.length(path))

    def get(self, kind: str, key: str) -> Document | None:
        """The document, or None when there is none."""
        rows = self._database.read("SELECT body FROM documents WHERE kind = ? AND key = ?", (kind, key))
        return self._decode(rows[0][0]) if rows else None

    def put(self, kind: str, key: str, document: Document) -> None:
        """Create or replace a document."""
        self._database.write(
            "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            (kind, key, self._encode(document)),
        )

    def append(self, kind: str, documents: Iterable[Document]) -> list[str]:
        """Add documents after all that the kind has, under keys that are given here; returns those. All or none.

        A kind that is appended to has no other keys.
        """
        bodies = [self._encode(document) for document in documents]
        with self.transaction():
            [[last]] = self._database.read("SELECT MAX(key) FROM documents WHERE kind = ?", (kind,))
            first = int(last or 0) + 1
            keys = [format(number, _NUMBER) for number in range(first, first + len(bodies))]
            for key, body in zip(keys, bodies, strict=True):
                self._database.write("INSERT INTO documents VALUES (?, ?, ?)", (kind, key, body))
        return keys

    def delete(self, kind: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        return self._database.write("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key)) > 0

    def clear(self, kind: str) -> None:
        """Remove every document of a kind."""
        self._database.write("DELETE FROM documents WHERE kind = ?", (kind,))

    def kinds(self) -> list[str]:
        """The kinds that have documents."""
        return [kind for (kind,) in self._database.read("SELECT DISTINCT kind FROM documents")]

    def items(self, kind: str) -> list[tuple[str, Document]]:
        """Every ``(key, document)`` of a kind, ordered by key."""
        rows = self._database.read("SELECT key, body FROM documents WHERE kind = ? ORDER BY key", (kind,))
        return [(key, self._decode(body)) for key, body in rows]

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside happen, or none; other threads wait."""
        return self._database.transaction()

    def close(self) -> None:
        """Close the file; the store must not be used afterwards."""
        self._database.close()
