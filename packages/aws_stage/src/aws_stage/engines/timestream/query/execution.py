"""One query while it runs and after: its rows stay for the pages that a client asks for."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from typing import Any

import duckdb
import trino_on_duckdb as dialect

from aws_stage.engines.timestream.query import problems
from aws_stage.engines.timestream.query.data import column_info
from aws_stage.engines.timestream.query.relations import Source
from aws_stage.engines.timestream.store.records import Records
from aws_stage.kernel.engine import AwsError
from aws_stage.storage.duckdb_file import QueryTooLargeError

MOST_ROWS = 1_000_000
"""Of a result, which is held in memory until its pages have been read."""
_AT_ONCE = 10_000
_AGAIN = 0.05
"""Seconds between two interrupts."""

_LEAST_METERED = 10_000_000
_METERED_BY = 1_000_000
"""Bytes: a query is metered by the megabyte, and ten at least (Timestream pricing)."""


class Execution:
    """``text`` is the query as it was sent, ``columns`` those of its result."""

    def __init__(self, text: str, columns: Sequence[dialect.Column]) -> None:
        self.id = uuid.uuid4().hex.upper()
        self.text = text
        self.column_info = [column_info(column) for column in columns]
        self.types = [dialect.type_of(column.type) for column in columns]
        self.rows: list[tuple[Any, ...]] = []
        self.scanned = 0
        self.cancelled = False
        self._error: AwsError | None = None
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._connection: Any = None

    def run(self, records: Records, sql: str, sources: Sequence[Source]) -> None:
        """Fill ``rows``; what goes wrong is raised by ``check``."""
        try:
            with records.reading() as connection:
                if not self._attach(connection):
                    return
                self.scanned = sum(
                    connection.execute(source.bytes_sql).fetchone()[0] or 0 for source in sources if source.bytes_sql
                )
                connection.execute(sql)
                while more := connection.fetchmany(_AT_ONCE):
                    self.rows += more
                    if len(self.rows) > MOST_ROWS:
                        self._error = problems.execution_failed(f"The result has more than {MOST_ROWS:,} rows.")
                        break
        except (TimeoutError, QueryTooLargeError) as error:
            self._error = problems.execution_failed(f"The query was ended: {error}.")
        except duckdb.Error as error:
            self._error = problems.failed(dialect.query_error(error))
        finally:
            with self._lock:
                self._connection = None
            self._done.set()

    def finish(self, rows: list[tuple[Any, ...]]) -> None:
        """Be done with these rows."""
        self.rows = rows
        self._done.set()

    def wait(self, seconds: float) -> bool:
        """Whether it is done, after ``seconds`` at most."""
        return self._done.wait(seconds)

    def cancel(self) -> bool:
        """End it, and return when it is; False when it was cancelled before.

        An interrupt that comes between two statements is lost, so it is repeated.
        """
        with self._lock:
            before, self.cancelled = self.cancelled, True
        while self._interrupt() and not self._done.wait(_AGAIN):
            pass
        return not before

    def check(self) -> None:
        """Raise why there will be no result."""
        if self.cancelled:
            raise AwsError("ConflictException", "Unable to poll results for a cancelled query.", 409)
        if self._error is not None:
            raise self._error

    def status(self) -> dict[str, Any]:
        """The ``QueryStatus``."""
        done = self._done.is_set()
        metered = max(_LEAST_METERED, -(-self.scanned // _METERED_BY) * _METERED_BY)
        return {
            "ProgressPercentage": 100.0 if done else 0.0,
            "CumulativeBytesScanned": self.scanned,
            "CumulativeBytesMetered": metered if done else 0,
        }

    def _interrupt(self) -> bool:
        """Whether it is running, interrupted where it is."""
        with self._lock:
            if self._connection is not None:
                self._connection.interrupt()
            return self._connection is not None

    def _attach(self, connection: Any) -> bool:
        """Whether it may run."""
        with self._lock:
            if not self.cancelled:
                self._connection = connection
            return not self.cancelled
