"""Whose turn it is: one query at a time, and none outlives its time or its cancellation."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.neptune.queries.queries import Queries
from aws_stage.kernel.engine import AwsError
from aws_stage.testing.waiting import eventually
from aws_stage.workers.process import WorkerDiedError


class _Process:
    """Answers when it is let, and dies when it is killed while it is asked."""

    pid = 1

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.free = threading.Event()
        self.killed = threading.Event()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request.get("query", request["do"]))
        self.killed.clear()
        while not self.free.wait(0.01):
            if self.killed.is_set():
                raise WorkerDiedError("signal SIGKILL")
        return {"results": [{"x": request.get("query")}]}

    def kill(self) -> None:
        self.killed.set()

    def stop(self) -> None:
        self.asked.append("stop")


def _run(queries: Queries, text: str, seconds: float = 3600.0) -> list[dict[str, Any]]:
    return queries.run("g", Path("g"), text, {}, seconds, writes=True)


def test_queries_run_in_the_order_in_which_they_came() -> None:
    process = _Process()
    queries = Queries(process)  # type: ignore[arg-type]
    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=_run, args=[queries, str(number)]))
        threads[-1].start()
        eventually(lambda number=number: len(queries.of("g")) == number + 1)
    assert [query.began is not None for query in queries.of("g")] == [True, False, False, False, False]
    process.free.set()
    for thread in threads:
        thread.join()
    assert process.asked == ["0", "1", "2", "3", "4"]
    assert queries.of("g") == []


def test_a_query_over_its_time_ends_running_or_waiting() -> None:
    process = _Process()
    queries = Queries(process)  # type: ignore[arg-type]
    with pytest.raises(AwsError, match="TimeLimitExceededException"):
        _run(queries, "running", seconds=0.05)
    holder = threading.Thread(target=_run, args=[queries, "holder"])
    holder.start()
    eventually(lambda: [query.began is not None for query in queries.of("g")], [True])
    with pytest.raises(AwsError, match="TimeLimitExceededException"):
        _run(queries, "waiting", seconds=0.05)
    assert not process.killed.is_set(), "who runs is not ended for one that waits"
    process.free.set()
    holder.join()
    assert process.asked == ["running", "holder"]


def test_a_process_that_dies_by_itself_is_an_internal_failure() -> None:
    process = _Process()
    queries = Queries(process)  # type: ignore[arg-type]
    failures: list[str] = []

    def run() -> None:
        try:
            _run(queries, "some")
        except AwsError as error:
            failures.append(error.code)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: process.asked, ["some"])
    process.kill()
    thread.join()
    assert failures == ["InternalFailureException"]


def test_closing_ends_what_runs_and_lets_nothing_in() -> None:
    process = _Process()
    queries = Queries(process)  # type: ignore[arg-type]
    failures: list[str] = []

    def run() -> None:
        try:
            _run(queries, "some")
        except AwsError as error:
            failures.append(error.code)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: process.asked, ["some"])
    queries.close()
    thread.join()
    assert failures == ["ServerShutdownException"]
    assert process.asked == ["some", "stop"]
