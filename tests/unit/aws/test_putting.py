"""PutRecords: what one request takes, and what becomes of each record of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock
from datastreamer.aws.putting import ATTEMPTS, MAX_RECORDS, MAX_REQUEST_BYTES, Batch, batches, put, put_all
from datastreamer.errors import RetryableError

REFUSED = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded."}


@dataclass(frozen=True)
class One:
    """A record."""

    key: str
    data: bytes = b"x"

    @property
    def size(self) -> int:
        return len(self.key) + len(self.data)


class FakeKinesis:
    """Refuses, in its first requests, the records at ``refuses``; forgets to answer for one when ``short``."""

    def __init__(self, *refuses: set[int], short: bool = False) -> None:
        self.requests: list[list[str]] = []
        self._refuses = list(refuses)
        self._short = short

    def put_records(self, *, StreamName: str, Records: Any) -> Mapping[str, Any]:  # noqa: N803
        assert StreamName == "s"
        self.requests.append([record["PartitionKey"] for record in Records])
        refused = self._refuses.pop(0) if self._refuses else set()
        answers = [
            REFUSED if place in refused else {"ShardId": f"shard-{place % 2}", "SequenceNumber": str(place)}
            for place in range(len(Records))
        ]
        return {"Records": answers[: len(answers) - self._short]}


class Still(Clock):
    """Waits no time."""

    def sleep(self, seconds: float) -> None:
        del seconds


SOON = Backoff(randomness=random.Random(1))


def test_each_record_is_stored_with_its_place_or_refused_with_its_reason() -> None:
    answer = put(FakeKinesis({1}), "s", [One("a"), One("b"), One("c")])
    assert answer is not None
    assert [(each.record.key, each.shard_id, each.sequence_number) for each in answer.stored] == [
        ("a", "shard-0", "0"),
        ("c", "shard-0", "2"),
    ]
    assert [(each.record.key, each.code) for each in answer.refused] == [("b", REFUSED["ErrorCode"])]


def test_an_answer_that_leaves_a_record_out_says_nothing_of_any() -> None:
    assert put(FakeKinesis(short=True), "s", [One("a"), One("b")]) is None
    batch = Batch([One("a"), One("b")])
    with pytest.raises(RetryableError, match=r"does not say which of 2 records it stored"):
        put_all(FakeKinesis(short=True), "s", batch, SOON, Still())
    assert len(batch.waiting) == 2


def test_only_what_was_refused_is_put_again_in_its_order() -> None:
    kinesis, batch = FakeKinesis({0, 2}, {1}), Batch([One("a"), One("b"), One("c")])
    put_all(kinesis, "s", batch, SOON, Still())
    assert kinesis.requests == [["a", "b", "c"], ["a", "c"], ["c"]]
    assert (batch.stored, batch.retried, batch.waiting, batch.shards) == (3, 3, [], {"shard-0", "shard-1"})


def test_what_is_refused_for_good_is_left_waiting_with_the_reason() -> None:
    kinesis, batch = FakeKinesis(*[{0}] * ATTEMPTS), Batch([One("a"), One("b")])
    with pytest.raises(RetryableError, match=r"stream s refuses 1 record after 12 attempts: .*: Rate exceeded\. Has"):
        put_all(kinesis, "s", batch, SOON, Still())
    assert [record.key for record in batch.waiting] == ["a"]
    assert batch.stored == 1


def test_a_request_has_at_most_500_records_and_5_mb() -> None:
    assert [len(batch) for batch in batches([One("k")] * 1_001)] == [MAX_RECORDS, MAX_RECORDS, 1]
    large = [One("k", bytes(MAX_REQUEST_BYTES // 2 - 1))] * 3
    assert [len(batch) for batch in batches(large)] == [2, 1]
