"""The graphs in ArcadeDB: one folder each, one transaction a query.

A commit is in the write-ahead log, written to the operating system, before the query is answered; that survives any
end of the process. (ArcadeDB's default, ``txWalFlush=0``: it does not wait for the disk, as nothing in the stage does.)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from aws_stage.engines.neptune.graph.failures import QueryError, failure_of
from aws_stage.engines.neptune.graph.guard import Guard
from aws_stage.engines.neptune.graph.schema import BASE, make_types
from aws_stage.engines.neptune.graph.statement import Statement, read
from aws_stage.engines.neptune.graph.values import rendered

HEAP = "512m"
STATEMENTS = 512
"""Texts of queries that are kept as read: functions send few, with parameters."""

_LOGGING = Path(__file__).with_name("logging.properties")
_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss8m")
"""One query at a time needs no parallel collector; the first compiler alone makes the start cheaper."""


class Graphs:
    """The open graphs of the process. Starts the JVM."""

    def __init__(self) -> None:
        os.environ.setdefault("ARCADEDB_JVM_ERROR_FILE", os.devnull)
        from arcadedb_embedded.jvm import start_jvm

        start_jvm(heap_size=HEAP, jvm_args=[*_JVM, f"-Djava.util.logging.config.file={_LOGGING}"])
        self._graphs: dict[Path, Graph] = {}

    def open(self, folder: Path) -> Graph:
        """The graph in a folder; it is made when there is none."""
        if folder not in self._graphs:
            self._graphs[folder] = Graph(folder)
        return self._graphs[folder]

    def drop(self, folder: Path) -> None:
        """Close the graph in a folder, if it is open."""
        graph = self._graphs.pop(folder, None)
        if graph is not None:
            graph.close()

    def close(self) -> None:
        """Write everything into the graphs' files and close them."""
        for graph in self._graphs.values():
            graph.close()
        self._graphs.clear()


class Graph:
    """One graph."""

    def __init__(self, folder: Path) -> None:
        import arcadedb_embedded as arcadedb

        if (folder / "schema.json").exists():
            self._database: Any = arcadedb.open_database(str(folder))
        else:
            shutil.rmtree(folder, ignore_errors=True)  # what a making that was cut short has left, or a graph given up
            folder.parent.mkdir(parents=True, exist_ok=True)
            self._database = arcadedb.create_database(str(folder))
        for statement in BASE:
            self._database.command("sql", statement)
        self._guard = Guard()
        events = self._database.get_java_database().getEvents()
        events.registerListener(self._guard.creations)
        events.registerListener(self._guard.updates)
        self._read: Callable[[str], Statement] = lru_cache(STATEMENTS)(read)

    def run(self, query: str, parameters: dict[str, Any], *, writes: bool = True) -> list[dict[str, Any]]:
        """The rows of a query, which is done whole or not at all; raises QueryError, also where it may not write."""
        try:
            statement = self._read(query)
            _check_writes(statement, writes=writes)
            make_types(self._database, statement.labels, statement.relationships)
            return self._transaction(statement, parameters)
        except QueryError:
            raise
        except Exception as error:
            raise self._guard.refusal() or failure_of(error) from error

    def close(self) -> None:
        """Close its files."""
        self._database.close()

    def _transaction(self, statement: Statement, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        self._guard.begin()
        self._database.begin()
        try:
            found = self._database.command("opencypher", statement.text, parameters)
            rows = [self._row(row.getProperty, row.getPropertyNames()) for row in _java(found)]
            self._database.commit()
        except BaseException:
            if self._database.is_transaction_active():
                self._database.rollback()
            raise
        return rows if statement.returns else []

    @staticmethod
    def _row(value_of: Callable[[Any], Any], names: Any) -> dict[str, Any]:
        return {str(name): rendered(value_of(name)) for name in names}


def _java(found: Any) -> list[Any]:
    """The rows, as ArcadeDB's own objects; reading them runs the query."""
    rows = []
    result = found._java_result_set
    while result.hasNext():
        rows.append(result.next())
    result.close()
    return rows


def _check_writes(statement: Statement, *, writes: bool) -> None:
    if statement.writes and not writes:
        raise QueryError("ReadOnlyViolationException", "openCypher update attempted on a read-only replica")
