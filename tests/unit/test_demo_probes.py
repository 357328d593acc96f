"""Probes measure from the put to the readable item, at an even pace, and none is forgotten."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from scripts.demo.probes import Probe, Prober, summary


class FakePipeline:
    """Kinesis and DynamoDB in one: an item is there ``seconds`` after its record was put; ``refused`` are not taken."""

    def __init__(self, seconds: float, refused: frozenset[int] = frozenset()) -> None:
        self._seconds = seconds
        self._refused = refused
        self._lock = threading.Lock()
        self.put: dict[str, float] = {}
        self.records: list[dict[str, Any]] = []

    def put_record(self, *, StreamName: str, Data: bytes, PartitionKey: str) -> None:  # noqa: N803  boto3's names
        assert StreamName == "stream"
        with self._lock:
            record = json.loads(Data)
            assert PartitionKey == record["id"]
            if int(record["id"].rpartition("-")[2]) in self._refused:
                raise RuntimeError("told to")
            self.records.append(record)
            self.put[record["id"]] = time.monotonic()

    def query(self, *, ExpressionAttributeValues: Any, ConsistentRead: bool, **_: Any) -> dict[str, int]:  # noqa: N803
        assert ConsistentRead
        since = self.put[ExpressionAttributeValues[":id"]["S"]]
        return {"Count": int(time.monotonic() - since >= self._seconds)}


def test_a_probe_takes_as_long_as_its_item_takes_to_appear() -> None:
    pipeline = FakePipeline(0.15)
    prober = Prober(pipeline, pipeline, "stream", "table")
    labels = [prober.send() for _ in range(3)]
    probes = prober.results()
    assert len(probes) == 3
    assert all(probe.seconds is not None and probe.seconds >= 0.15 for probe in probes)
    assert {record["event_id"] for record in pipeline.records} == {label.event_id for label in labels}
    assert {record["id"] for record in pipeline.records} == {label.device for label in labels}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_probe_that_could_not_be_put_is_lost_and_not_forgotten() -> None:
    pipeline = FakePipeline(0.0, refused=frozenset({1}))
    prober = Prober(pipeline, pipeline, "stream", "table")
    for _ in range(3):
        prober.send()
    found = summary(prober.results())
    assert (found["probes"], found["lost"]) == (3, 1)


def test_the_summary_takes_the_slow_ones_in() -> None:
    probes = [Probe(0.0, seconds) for seconds in [0.01] * 98 + [1.0, 2.0]] + [Probe(0.0, None)]
    found = summary(probes)
    assert found == {"probes": 101, "lost": 1, "p50_ms": 10.0, "p99_ms": 1000.0, "slowest_ms": 2000.0}
