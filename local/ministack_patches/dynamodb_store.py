"""Where the items of DynamoDB tables lie: one SQLite file for all of them.

A row is an item as JSON under its table's number and its key, and the key is kept such that SQLite's order is
DynamoDB's. A write is on disk (in the page cache at least) when its transaction ends, so it survives ``kill -9``.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datastreamer.errors import ConfigurationError

Key = str | bytes
"""Of one type within a table, so that SQLite compares like with like."""

LOWEST: str = ""
HIGHEST: bytes = b"\xff" * 2050
"""Beyond every key: those have 2,048 bytes at most, and SQLite has text before blobs."""

_PAGE_BYTES = 8192

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tables (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, deleted INTEGER);
CREATE TABLE IF NOT EXISTS items
    (number INTEGER, pk, sk, size INTEGER, expires REAL, item BLOB, PRIMARY KEY (number, pk, sk)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS expiring ON items (number, expires) WHERE expires IS NOT NULL;
"""


class ItemStore:
    """Safe to use from any thread; a transaction of one thread makes the others wait.

    Opening it raises ConfigurationError when the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")
            [[found]] = self._connection.execute("PRAGMA quick_check(1)").fetchall()
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            # Not WAL: without fsync this is faster, no checkpoint makes a call wait, and all lies in one file.
            self._connection.execute("PRAGMA journal_mode=PERSIST")
            self._connection.execute("PRAGMA synchronous=OFF")  # as elsewhere in the stage, nothing is fsynced
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            found = str(error)
        if found != "ok":
            self._connection.close()
            raise ConfigurationError(
                f"{path} is damaged ({found}). The local stage does not start over damaged state. Restore the file "
                "from a copy, or remove the data directory to start from nothing."
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes of this thread inside happen, or none; the outermost of nested ones decides."""
        with self._lock:
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0 and self._connection.in_transaction:
                self._connection.execute("COMMIT")

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

    def read(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def cursor(self, sql: str, values: Sequence[object]) -> Iterator[Iterator[tuple[Any, ...]]]:
        """The rows of a query one by one; other threads wait until it is done."""
        with self._lock:
            cursor = self._connection.execute(sql, values)
            try:
                yield cursor
            finally:
                cursor.close()

    def write(self, sql: str, values: Sequence[object]) -> None:
        """Change rows, in the transaction around it if there is one."""
        with self._lock:
            if self._depth and not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(sql, values)


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
