"""Tables of items in one SQLite file: those of DynamoDB, and what else has an order, or goes by its age.

A row is an item as JSON under its table's number and its key; rows are ordered by their keys as SQLite compares them. A
write is on disk (in the page cache at least) when its transaction ends, so it survives ``kill -9``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aws_stage.storage.manifest.database import Database
from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest

Key = str | bytes
"""Of one type within a table, so that SQLite compares like with like."""

LOWEST: str = ""
HIGHEST: bytes = b"\xff" * 2050
"""Beyond every key: those have 2,048 bytes at most, and SQLite has text before blobs."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tables (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, deleted INTEGER);
CREATE TABLE IF NOT EXISTS items
    (number INTEGER, pk, sk, size INTEGER, expires REAL, item BLOB, PRIMARY KEY (number, pk, sk)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS expiring ON items (number, expires) WHERE expires IS NOT NULL;
"""
_TABLES = {
    "tables": ("number", "id", "deleted"),
    "items": ("number", "pk", "sk", "size", "expires", "item"),
}


class ItemStore:
    """Safe to use from any thread; a transaction of one thread makes the others wait.

    Opening it raises ConfigurationError when the file is damaged or in use; a write raises OSError when the disk does
    not take it.
    """

    def __init__(self, path: Path, manifest: StoreManifest = UNLISTED) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        self.path = path
        self._database = Database(path, _SCHEMA, _TABLES, manifest.length(path))
        self.read = self._database.read
        self.cursor = self._database.cursor
        self.transaction = self._database.transaction

    def tables(self) -> dict[str, bool]:
        """The id of each table that was opened here, and whether it was deleted."""
        return {id_: bool(deleted) for id_, deleted in self.read("SELECT id, deleted FROM tables")}

    def open(self, id_: str) -> ItemTable:
        """The rows of a table; none yet when the id is new."""
        with self.transaction():
            self.write("INSERT INTO tables (id, deleted) VALUES (?, 0) ON CONFLICT DO NOTHING", (id_,))
            [[number]] = self.read("SELECT number FROM tables WHERE id = ?", (id_,))
        return ItemTable(self, number)

    def delete(self, id_: str) -> None:
        """Mark a table as deleted; its rows go with ``reclaim``."""
        self.write("UPDATE tables SET deleted = 1 WHERE id = ?", (id_,))

    def forget(self, id_: str) -> None:
        """Remove a table with its rows at once."""
        with self.transaction():
            self.open(id_).clear()
            self.write("DELETE FROM tables WHERE id = ?", (id_,))

    def reclaim(self, rows: int) -> bool:
        """Remove up to ``rows`` rows of deleted tables; returns whether there may be more."""
        deleted = "SELECT number, pk, sk FROM items WHERE number IN (SELECT number FROM tables WHERE deleted) LIMIT ?"
        with self.transaction():
            found = self.read(deleted, (rows,))
            for key in found:
                self.write("DELETE FROM items WHERE number = ? AND pk = ? AND sk = ?", key)
        return len(found) == rows

    def write(self, sql: str, values: Sequence[object]) -> None:
        """Change rows, in the transaction around it if there is one."""
        self._database.write(sql, values)


class ItemTable:
    """The rows of one table."""

    def __init__(self, store: ItemStore, number: int) -> None:
        self.store = store
        self._number = number

    def get(self, pk: Key, sk: Key) -> tuple[bytes, int] | None:
        """``(item, size)`` under a key."""
        sql = "SELECT item, size FROM items WHERE number = ? AND pk = ? AND sk = ?"
        rows = self.store.read(sql, (self._number, pk, sk))
        return (rows[0][0], rows[0][1]) if rows else None

    def size(self, pk: Key, sk: Key) -> int | None:
        """The size of the row under a key."""
        sql = "SELECT size FROM items WHERE number = ? AND pk = ? AND sk = ?"
        rows = self.store.read(sql, (self._number, pk, sk))
        return rows[0][0] if rows else None

    def put(self, pk: Key, sk: Key, item: bytes, size: int, expires: float | None) -> None:
        """Create or replace the row under a key; ``expires`` are epoch seconds."""
        sql = (
            "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET size = excluded.size, expires = excluded.expires, item = excluded.item"
        )
        self.store.write(sql, (self._number, pk, sk, size, expires, item))

    def delete(self, pk: Key, sk: Key) -> None:
        """Remove the row under a key, if there is one."""
        self.store.write("DELETE FROM items WHERE number = ? AND pk = ? AND sk = ?", (self._number, pk, sk))

    def clear(self) -> None:
        """Remove every row."""
        self.store.write("DELETE FROM items WHERE number = ?", (self._number,))

    def totals(self) -> tuple[int, int]:
        """How many rows there are, and their size in bytes as DynamoDB counts it."""
        [[count, size]] = self.store.read("SELECT COUNT(*), TOTAL(size) FROM items WHERE number = ?", (self._number,))
        return count, int(size)

    @contextmanager
    def partition(
        self, pk: Key, low: Key = LOWEST, high: Key = HIGHEST, *, backward: bool = False
    ) -> Iterator[Iterator[tuple[Key, bytes, int]]]:
        """``(sk, item, size)`` of the rows under ``pk`` with a sort key from ``low`` to ``high``, both included."""
        sql = (
            "SELECT sk, item, size FROM items WHERE number = ? AND pk = ? AND sk >= ? AND sk <= ? ORDER BY sk DESC"
            if backward
            else "SELECT sk, item, size FROM items WHERE number = ? AND pk = ? AND sk >= ? AND sk <= ? ORDER BY sk"
        )
        with self.store.cursor(sql, (self._number, pk, low, high)) as rows:
            yield rows

    @contextmanager
    def after(self, pk: Key = LOWEST, sk: Key = LOWEST) -> Iterator[Iterator[tuple[bytes, int]]]:
        """``(item, size)`` of the rows past a key, in the order of keys."""
        sql = "SELECT item, size FROM items WHERE number = ? AND (pk, sk) > (?, ?) ORDER BY pk, sk"
        with self.store.cursor(sql, (self._number, pk, sk)) as rows:
            yield rows

    def expired(self, since: float, until: float, limit: int) -> list[bytes]:
        """Items that expire in a span of time."""
        sql = "SELECT item FROM items WHERE number = ? AND expires >= ? AND expires <= ? ORDER BY expires LIMIT ?"
        return [row[0] for row in self.store.read(sql, (self._number, since, until, limit))]

    def expire_by(self, attribute: str) -> None:
        """Let every item expire at the Number of seconds that is its ``attribute``."""
        sql = "UPDATE items SET expires = CAST(json_extract(CAST(item AS TEXT), ?) AS REAL) WHERE number = ?"
        self.store.write(sql, ('$."' + attribute + '".N', self._number))
