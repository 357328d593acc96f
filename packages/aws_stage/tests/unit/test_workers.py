"""Workers: processes that can be ended whatever they do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_stage.engines.glue_crawler.objects import StoredObject
from aws_stage.engines.glue_crawler.readers import Readers, UnreadableError
from aws_stage.kernel.settings import Settings
from aws_stage.testing import REGION
from aws_stage.testing.waiting import eventually
from aws_stage.workers.pool import WorkerPool
from aws_stage.workers.process import WorkerDiedError, WorkerProcess
from processes import wait_until_busy, wait_until_gone

MODULE = "hostile_worker"


@pytest.fixture(autouse=True)
def workers_find_the_tests_own_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[1]))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(port=1, data_dir=tmp_path, region=REGION)


@pytest.fixture
def pool(settings: Settings) -> Iterator[WorkerPool]:
    pool = WorkerPool(MODULE, settings)
    yield pool
    pool.close()


def _soon(worker: WorkerProcess, *, again: bool) -> threading.Thread:
    """Interrupt a worker from another thread, once or until that is no longer needed."""

    def insist() -> None:
        wait_until_busy(worker.pid, 1)
        worker.interrupt()
        while again and worker.is_alive:
            time.sleep(0.05)
            worker.interrupt()

    thread = threading.Thread(target=insist, daemon=True)
    thread.start()
    return thread


def test_a_worker_answers_one_request_after_another(pool: WorkerPool) -> None:
    pids = set()
    for text in ("one", "zw\u00f6lf", "x" * 1_000_000):
        with pool.worker() as worker:
            answer = worker.ask({"do": "echo", "text": text})
        assert answer["echo"] == text
        pids.add(answer["pid"])
    assert len(pids) == 1


def test_a_worker_that_can_be_asked_to_stop_lives_on(pool: WorkerPool, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    with pool.worker() as worker:
        threading.Thread(target=lambda: (eventually(begun.exists), worker.interrupt()), daemon=True).start()
        assert worker.ask({"do": "wait", "begun": str(begun)}) == {"asked": True}
        assert worker.ask({"do": "echo", "text": "still here"})["pid"] == worker.pid


def test_a_worker_that_cannot_be_asked_is_ended_when_it_is_asked_again(pool: WorkerPool) -> None:
    with pool.worker() as worker:
        thread = _soon(worker, again=True)
        with pytest.raises(WorkerDiedError, match="SIGKILL"):
            worker.ask({"do": "backtrack"})
        thread.join()
        ended = worker.pid
    wait_until_gone(ended)
    with pool.worker() as worker:
        assert worker.ask({"do": "echo", "text": "another"})["pid"] != ended


@pytest.mark.parametrize(("what", "how"), [("abort", "SIGABRT"), ("exit", "exit status 3")])
def test_a_worker_that_ends_says_how_and_is_replaced(pool: WorkerPool, what: str, how: str) -> None:
    with pool.worker() as worker, pytest.raises(WorkerDiedError, match=how):
        worker.ask({"do": what})
    with pool.worker() as worker:
        assert worker.ask({"do": "echo", "text": "on"})["echo"] == "on"


def test_a_worker_has_no_more_memory_than_it_was_given(pool: WorkerPool) -> None:
    with pool.worker() as worker:
        assert worker.ask({"do": "hoard", "bytes": 2 * 1024**3}) == {"memory": "exhausted"}


def test_a_worker_without_work_is_ended(settings: Settings) -> None:
    pool = WorkerPool(MODULE, settings, idle_seconds=0.1)
    with pool.worker() as worker:
        pid = worker.ask({"do": "echo", "text": "x"})["pid"]
    wait_until_gone(pid)
    pool.close()


def test_a_pool_that_is_closed_ends_workers_that_are_lent(settings: Settings) -> None:
    pool = WorkerPool(MODULE, settings)
    with pool.worker() as worker:
        threading.Thread(target=lambda: (wait_until_busy(worker.pid, 1), pool.close()), daemon=True).start()
        with pytest.raises(WorkerDiedError):
            worker.ask({"do": "backtrack"})
    with pytest.raises(RuntimeError, match="stopping"), pool.worker():
        pass


def test_an_object_that_ends_its_reader_or_holds_it_for_ever_is_unreadable(settings: Settings) -> None:
    item = StoredObject("k", 1, '"e"')

    class Sent(WorkerProcess):
        def ask(self, request: dict[str, object]) -> dict[str, object]:
            return super().ask({"do": request["bucket"]})

    pool = WorkerPool(MODULE, settings, start=Sent)
    with pytest.raises(UnreadableError, match="SIGABRT"):
        Readers(pool).read("abort", item)
    with pytest.raises(UnreadableError, match="SIGKILL"):
        Readers(pool, seconds=1.0).read("backtrack", item)
    stopped = Readers(pool)
    threading.Timer(0.5, stopped.stop).start()
    with pytest.raises(UnreadableError):
        stopped.read("wait", item)
    pool.close()
