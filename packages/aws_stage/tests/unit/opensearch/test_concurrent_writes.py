"""Requests of several clients at once: each sees what the one before has made."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aws_stage.engines.opensearch.index.cluster import Cluster
from aws_stage.engines.opensearch.index.operations import Operation
from aws_stage.engines.opensearch.index.writing import execute
from aws_stage.engines.opensearch.search import count
from aws_stage.kernel.clock import SystemClock
from aws_stage.storage.manifest.unlisted import UNLISTED

WRITERS, ROUNDS = 8, 25


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads that take turns far more often than usual."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("eager_threads")
def test_first_documents_of_an_index_that_come_at_once_are_all_kept(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "domain.duckdb", UNLISTED, SystemClock())
    together = threading.Barrier(WRITERS)

    def write(writer: int) -> None:
        for number in range(ROUNDS):
            together.wait()
            [item] = execute(cluster, [Operation("index", f"trips-{number}", str(writer), b'{"n": 1}')])
            assert item["status"] == 201, item

    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(write, range(WRITERS)))
    indices = cluster.catalogue.indices
    counts = {name: count(cluster, [index], {}) for name, index in indices.items()}
    cluster.database.close()
    assert counts == {f"trips-{number}": WRITERS for number in range(ROUNDS)}
