"""Where a shard is read from, and what ends an iterator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aws_stage.engines.event_source_mapping.records import Record
from aws_stage.engines.event_source_mapping.shard_reader import Kept, ReadError, Reading, ShardReader, Start
from botocore.exceptions import ClientError
from contract.side_stage import ManualClock

SHARD = {"StreamARN": "arn", "ShardId": "shardId-000000000000"}


class Kinesis:
    """Gives an iterator for whatever is asked, and the answers it was told, one after another."""

    def __init__(self, *answers: tuple[int, dict[str, Any]], refuses: bool = False) -> None:
        self.asked: list[dict[str, Any]] = []
        self.iterators: list[str] = []
        self._answers = list(answers)
        self._refuses = refuses

    def get_shard_iterator(self, **request: Any) -> dict[str, str]:
        if self._refuses:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}, "GetShardIterator")
        self.asked.append({name: value for name, value in request.items() if name not in SHARD})
        return {"ShardIterator": f"iterator-{len(self.asked)}"}

    def get_records(self, iterator: str, _limit: int) -> tuple[int, dict[str, Any]]:
        self.iterators.append(iterator)
        return self._answers.pop(0)


def answer(*numbers: int, following: str | None = "next", behind: int = 0) -> tuple[int, dict[str, Any]]:
    items = [
        {
            "SequenceNumber": str(number),
            "PartitionKey": "k",
            "Data": "eA==",
            "ApproximateArrivalTimestamp": 1.5,
        }
        for number in numbers
    ]
    body: dict[str, Any] = {"Records": items, "MillisBehindLatest": behind}
    return 200, body if following is None else {**body, "NextShardIterator": following}


def reader(kinesis: Any, start: Start, kept: Kept | None = None) -> ShardReader:
    return ShardReader(kinesis, kinesis, SHARD, start, kept, clock=ManualClock())


@pytest.mark.parametrize(
    ("start", "kept", "asked"),
    [
        (Start(), None, {"ShardIteratorType": "TRIM_HORIZON"}),
        (Start(5.0), None, {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 5.0}),
        (
            Start(5.0),
            Kept(after="7"),
            {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": "7"},
        ),
        (Start(), Kept(at="7"), {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": "7"}),
    ],
)
def test_a_kept_position_wins_over_where_the_mapping_starts(
    start: Start, kept: Kept | None, asked: dict[str, Any]
) -> None:
    kinesis = Kinesis(answer())
    reader(kinesis, start, kept).read()
    assert kinesis.asked == [asked]


def test_a_start_that_a_clock_set_back_has_not_reached_is_the_present() -> None:
    kinesis, clock = Kinesis(answer()), ManualClock()
    start = Start(clock.now().timestamp())
    clock.step(timedelta(hours=-3))
    ShardReader(kinesis, kinesis, SHARD, start, None, clock=clock).read()
    assert kinesis.asked == [{"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": clock.now().timestamp()}]


def test_records_are_counted_in_the_order_of_reading() -> None:
    shard = reader(Kinesis(answer(11, 12, behind=5), answer(13)), Start())
    first, second = shard.read(), shard.read()
    assert first.records == [Record(0, "11", "k", "eA==", 1.5), Record(1, "12", "k", "eA==", 1.5)]
    assert first.behind
    assert [record.ordinal for record in second.records] == [2]
    assert not second.behind


def test_each_read_goes_on_where_the_one_before_ended() -> None:
    kinesis = Kinesis(answer(11, following="a"), answer(following="b"), answer())
    shard = reader(kinesis, Start())
    for _ in range(3):
        shard.read()
    assert kinesis.iterators == ["iterator-1", "a", "b"]


def test_an_expired_iterator_is_replaced_by_one_after_the_last_record() -> None:
    kinesis = Kinesis(answer(11), (400, {"__type": "ExpiredIteratorException"}), answer(12))
    shard = reader(kinesis, Start())
    shard.read()
    assert shard.read() == Reading([], behind=True, ended=False)
    assert [record.sequence_number for record in shard.read().records] == ["12"]
    assert kinesis.asked[1] == {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": "11"}


def test_a_shard_without_a_following_iterator_has_ended() -> None:
    assert reader(Kinesis(answer(11, following=None)), Start()).read().ended


def test_a_refused_read_tells_why_and_begins_anew() -> None:
    kinesis = Kinesis((400, {"__type": "ProvisionedThroughputExceededException", "message": "slow"}), answer(11))
    shard = reader(kinesis, Start())
    with pytest.raises(ReadError, match="ProvisionedThroughputExceededException: slow"):
        shard.read()
    assert shard.read().records
    with pytest.raises(ReadError, match="ResourceNotFoundException: gone"):
        reader(Kinesis(refuses=True), Start()).read()
