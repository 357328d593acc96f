"""A SQLite file that can tell whether it is whole: what every store of the stage lies in.

SQLite finds pages that are no pages. It does not find a byte of a row that has changed, a transaction of which the
rollback journal was taken away, or an older copy. So each database keeps a digest, in the same transaction as the rows:
how many they are, the sum of their checksums, and how many transactions there were. At start the rows are summed again
and the transactions are held against what the manifest knows.

The rollback journal is kept rather than a write-ahead log: all that was committed lies in one file. Nothing is fsynced,
as elsewhere in the stage.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from aws_stage.errors import ConfigurationError

_APPLICATION = 0x44535354
_PAGE_BYTES = 8192
_BUSY_SECONDS = 1.0
_REFUSED_BY_DISK = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
)


class Mark(Protocol):
    """What is known of a growing file beforehand, and where that is noted."""

    @property
    def acknowledged(self) -> int | None:
        """The last number noted, None when the file is not listed yet."""
        ...

    def note(self, number: int) -> None:
        """What the file has now is acknowledged."""
        ...

    def refused(self, error: OSError) -> None:
        """The disk did not take a write."""
        ...

    def damaged(self, why: str) -> ConfigurationError:
        """The error that says so."""
        ...


class Database:
    """One connection for all threads; a transaction of one thread makes the others wait."""

    def __init__(self, path: Path, schema: str, tables: Mapping[str, Sequence[str]], mark: Mark) -> None:
        """Open ``path``; ``tables`` names every table of ``schema`` with its columns.

        Raises ConfigurationError when the file is damaged, holds less than was acknowledged, or is in use elsewhere.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._mark = mark
        self._lock = threading.RLock()
        self._depth = 0
        self._tables = tables
        self._connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._open(schema)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise self._unusable(error) from error
        except BaseException:
            self._connection.close()
            raise
        mark.note(self._generation)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes of this thread inside happen, or none; the outermost of nested ones decides.

        Raises OSError when the disk does not take them.
        """
        with self._lock:
            self._depth += 1
            try:
                yield
                if self._depth == 1 and self._connection.in_transaction:
                    self._commit()
            except BaseException as error:
                if self._depth == 1 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self._refused(error) from error
                raise
            finally:
                self._depth -= 1

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

    def write(self, sql: str, values: Sequence[object] = ()) -> int:
        """Change rows, in the transaction around it if there is one; returns how many."""
        with self.transaction():
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            return self._connection.execute(sql, values).rowcount

    def close(self) -> None:
        """Close the file; the database must not be used afterwards."""
        with self._lock:
            self._connection.close()

    def _open(self, schema: str) -> None:
        run = self._connection.execute
        listed = self._mark.acknowledged is not None
        run(f"PRAGMA page_size={_PAGE_BYTES}")
        run("PRAGMA locking_mode=EXCLUSIVE")
        [[found]] = run("PRAGMA integrity_check(1)").fetchall()
        if found != "ok":
            raise self._mark.damaged(found)
        [[application]] = run("PRAGMA application_id").fetchall()
        if listed and application != _APPLICATION:
            raise self._mark.damaged("what it held is gone" if application == 0 else "it is another program's")
        run("PRAGMA journal_mode=PERSIST")
        run("PRAGMA synchronous=OFF")
        self._connection.create_function("row_checksum", -1, _row_checksum, deterministic=True)
        if application == _APPLICATION:
            self._generation = self._verified()
        else:
            self._generation = 0
            self._create(schema)
        with self.transaction():  # takes the file for this process alone, before anything else is done with it
            run("BEGIN IMMEDIATE")
            run("UPDATE digest SET generation = generation")

    def _create(self, schema: str) -> None:
        self._connection.executescript(f"BEGIN;{schema};{self._triggers()}")
        rows, total = self._summed()
        self._connection.execute("INSERT INTO digest VALUES (?, ?, 0)", (rows, total))
        self._connection.execute(f"PRAGMA application_id={_APPLICATION}")
        self._connection.execute("COMMIT")

    def _triggers(self) -> str:
        statements = ["CREATE TABLE digest (row_count INTEGER, total INTEGER, generation INTEGER)"]
        for table, columns in self._tables.items():
            old, new = (_checksum_of(table, columns, row) for row in ("OLD.", "NEW."))
            for event, change in (
                ("INSERT", f"row_count = row_count + 1, total = total + {new}"),
                ("UPDATE", f"total = total - {old} + {new}"),
                ("DELETE", f"row_count = row_count - 1, total = total - {old}"),
            ):
                when = f"CREATE TRIGGER {table}_{event} AFTER {event} ON {table}"
                statements.append(f"{when} BEGIN UPDATE digest SET {change}; END")  # noqa: S608  names of our own
        return ";".join(statements)

    def _verified(self) -> int:
        rows = self._connection.execute("SELECT row_count, total, generation FROM digest").fetchall()
        if len(rows) != 1 or rows[0][:2] != self._summed():
            raise self._mark.damaged("its rows are not those that were written")
        generation: int = rows[0][2]
        if generation < (self._mark.acknowledged or 0):
            raise self._mark.damaged(
                f"it is an older copy: it lacks the last {(self._mark.acknowledged or 0) - generation} changes"
            )
        return generation

    def _summed(self) -> tuple[int, int]:
        count = total = 0
        for table, columns in self._tables.items():
            sql = f"SELECT COUNT(*), COALESCE(SUM({_checksum_of(table, columns)}), 0) FROM {table}"  # noqa: S608
            [[rows, checksums]] = self._connection.execute(sql).fetchall()
            count, total = count + rows, total + checksums
        return count, total

    def _commit(self) -> None:
        generation = self._generation + 1
        self._connection.execute("UPDATE digest SET generation = ?", (generation,))
        self._connection.execute("COMMIT")
        self._generation = generation
        self._mark.note(generation)

    def _refused(self, error: sqlite3.Error) -> Exception:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code not in _REFUSED_BY_DISK:
            return error
        number = errno.ENOSPC if code == sqlite3.SQLITE_FULL else errno.EIO
        refusal = OSError(number, f"{os.strerror(number)} ({error})", str(self.path))
        self._mark.refused(refusal)
        return refusal

    def _unusable(self, error: sqlite3.DatabaseError) -> ConfigurationError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return ConfigurationError(
                f"{self.path} is in use by another process, probably another local stage on the same data directory. "
                "Nothing is wrong with the file. Stop that process and try again."
            )
        if code in _REFUSED_BY_DISK:
            return ConfigurationError(
                f"{self.path} cannot be written ({error}): free some disk space or make the file writable, and try "
                "again."
            )
        return self._mark.damaged(str(error))


def _checksum_of(table: str, columns: Sequence[str], row: str = "") -> str:
    return f"row_checksum('{table}', {', '.join(row + column for column in columns)})"


def _row_checksum(*values: object) -> int:
    checksum = 0
    for value in values:
        checksum = zlib.crc32(value if type(value) is bytes else repr(value).encode(), checksum)
    return checksum
