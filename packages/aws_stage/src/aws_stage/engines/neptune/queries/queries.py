"""The queries that were accepted: one runs, the others wait for their turn, and any of them can be cancelled.

ArcadeDB lets one process at a time have a database, and one query at a time in it can be ended with the process
without harm to another. A query's time runs from when it is accepted, as on AWS it does.
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_stage.engines.neptune.errors import failed
from aws_stage.engines.neptune.queries.process import GraphProcess
from aws_stage.workers.process import WorkerDiedError

_LONGEST_WAIT = 3600.0
_AGAIN = 0.1


@dataclass(eq=False)
class Query:
    """One query; times are those of ``time.monotonic``."""

    graph: str
    text: str
    deadline: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    accepted: float = field(default_factory=time.monotonic)
    began: float | None = None
    cancelled: bool = False

    def status(self) -> dict[str, Any]:
        """What ListOpenCypherQueries says of it; times in milliseconds."""
        now = time.monotonic()
        waited = (self.began or now) - self.accepted
        elapsed = 0.0 if self.began is None else now - self.began
        evaluation = {"waited": int(1000 * waited), "elapsed": int(1000 * elapsed), "cancelled": self.cancelled}
        return {"queryId": self.id, "queryString": self.text, "queryEvalStats": evaluation}


class Queries:
    """Runs queries in the process."""

    def __init__(self, process: GraphProcess) -> None:
        self._process = process
        self._changed = threading.Condition()
        self._accepted: list[Query] = []
        self._closed = False

    def run(
        self, graph: str, folder: Path, text: str, parameters: dict[str, Any], seconds: float, *, writes: bool
    ) -> list[dict[str, Any]]:
        """The rows of a query, which may change the graph where it ``writes``; raises AwsError."""
        query = Query(graph, text, time.monotonic() + seconds)
        with self._turn(query):
            timer = threading.Timer(max(0.0, query.deadline - time.monotonic()), self._end, [query])
            timer.daemon = True
            timer.start()
            try:
                request: dict[str, Any] = {"do": "query", "folder": str(folder), "query": text}
                request |= {"parameters": parameters, "writes": writes}
                answer = self._process.ask(request)
            except WorkerDiedError as error:
                self._check(query)
                raise failed("InternalFailureException", f"The process of the graph ended: {error}") from error
            finally:
                timer.cancel()
        if "code" in answer:
            raise failed(answer["code"], answer["message"])
        rows: list[dict[str, Any]] = answer["results"]
        return rows

    def of(self, graph: str) -> list[Query]:
        """The queries of a graph that are not done, in the order in which they were accepted."""
        with self._changed:
            return [query for query in self._accepted if query.graph == graph]

    def cancel(self, query: Query) -> None:
        """Cancel a query, unless it is done."""
        with self._changed:
            query.cancelled = True
            self._changed.notify_all()
        self._end(query)

    def drop(self, folder: Path) -> None:
        """Close the graph of a folder, so that its files can be removed."""
        with self._turn(Query("", "", math.inf)), suppress(WorkerDiedError):
            if self._process.pid is not None:
                self._process.ask({"do": "drop", "folder": str(folder)})

    def close(self) -> None:
        """End what runs, and the process. Nothing may be asked any more."""
        with self._changed:
            self._closed = True
            accepted = [*self._accepted]
            self._changed.notify_all()
        for query in accepted:
            self._end(query)
        with self._turn(Query("", "", math.inf)):
            self._process.stop()

    def _end(self, query: Query) -> None:
        """End the process for as long as it runs this query: it may only just be starting."""
        with self._changed:
            while self._accepted and self._accepted[0] is query and query.began is not None:
                self._process.kill()
                self._changed.wait(_AGAIN)

    @contextmanager
    def _turn(self, query: Query) -> Iterator[None]:
        """Wait for the turn of a query, and have it."""
        with self._changed:
            self._accepted.append(query)
        try:
            with self._changed:
                while self._accepted[0] is not query:
                    self._check(query)
                    self._changed.wait(min(_LONGEST_WAIT, max(0.0, query.deadline - time.monotonic())))
                self._check(query)
                query.began = time.monotonic()
            yield
        finally:
            with self._changed:
                self._accepted.remove(query)
                self._changed.notify_all()

    def _check(self, query: Query) -> None:
        if self._closed and query.graph:
            raise failed("ServerShutdownException", "The server is shutting down")
        if query.cancelled:
            raise failed("CancelledByUserException", "Operation terminated (cancelled by user)")
        if time.monotonic() >= query.deadline:
            raise failed("TimeLimitExceededException", "Operation terminated (deadline exceeded)")
