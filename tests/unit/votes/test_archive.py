"""The rows of rounds that have ended: written once, and not before their last vote is counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.aws.waiting import Patience
from datastreamer.errors import RetryableError
from datastreamer.votes.archive import UNDER_WAY_SECONDS, Archive
from datastreamer.votes.casting import HELD_MS, LONGEST_SECONDS
from datastreamer.votes.running import Runner
from datastreamer.votes.vote import Vote
from tests.conftest import REPOSITORY
from tests.terraform_text import blocks
from tests.unit.votes.ballots import NOW_MS, vote
from tests.unit.votes.test_aggregation import aggregator, create_tables
from tests.unit.votes.test_publishing import FakeClock

REGION = "ap-northeast-1"


class Stage(FakeClock):
    """Tables, a stream of two shards and a bucket; ``later`` happens at the next wait."""

    def __init__(self) -> None:
        super().__init__()
        self.dynamodb, self.kinesis, self.s3 = (
            boto3.client(service, region_name=REGION)  # type: ignore[call-overload]
            for service in ("dynamodb", "kinesis", "s3")
        )
        create_tables(self.dynamodb)
        self.kinesis.create_stream(StreamName="votes", ShardCount=2)
        self.s3.create_bucket(Bucket="raw", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.runner = Runner(self.dynamodb, "aggregation")
        self.waits: list[float] = []
        self.later: list[Any] = []

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.waits.append(seconds)
        if self.later:
            self.later.pop(0)()

    def now(self) -> float:
        return self.ms / 1000

    def put(self, one: Vote) -> tuple[str, str]:
        answer = self.kinesis.put_record(StreamName="votes", Data=one.to_record(), PartitionKey=str(one.vote_id))
        return answer["ShardId"], answer["SequenceNumber"]

    def take(self, *votes: Vote) -> None:
        """Put votes on the stream, and count them."""
        for one in votes:
            shard, sequence = self.put(one)
            aggregator(self.dynamodb).count(shard, [(sequence, one)])

    def archive(self, timeout: float = 0) -> list[int]:
        keeper = Archive(self.dynamodb, self.kinesis, self.s3, table="aggregation", stream="votes", bucket="raw")
        return [each.number for each in keeper.write(Patience(timeout, clock=self))]

    def rows(self) -> dict[str, Any]:
        objects = self.s3.list_objects_v2(Bucket="raw").get("Contents", [])
        return {
            entry["Key"]: json.loads(self.s3.get_object(Bucket="raw", Key=entry["Key"])["Body"].read())
            for entry in objects
        }


@pytest.fixture
def stage() -> Iterator[Stage]:
    with mock_aws():
        yield Stage()


def test_a_round_that_has_ended_is_a_row_once(stage: Stage) -> None:
    stage.take(vote(1), vote(2, "takenoko"), vote(3))
    assert stage.archive() == []
    stage.runner.begin_next(NOW_MS)
    stage.take(vote(4, in_round=2))
    assert stage.archive() == [1]
    row = {"round": 1, "began_at": None, "ended_at": "2025-11-20T09:13:20.000Z", "votes": 3}
    assert stage.rows() == {"rounds/round-000001.json": {**row, "totals": {"kinoko": 2, "takenoko": 1}}}
    stage.s3.delete_object(Bucket="raw", Key="rounds/round-000001.json")
    stage.runner.begin_next(NOW_MS + 5)
    assert stage.archive() == [2]
    [second] = stage.rows().values()
    assert (second["began_at"], second["ended_at"]) == ("2025-11-20T09:13:20.000Z", "2025-11-20T09:13:20.005Z")


def test_every_round_that_has_none_gets_its_row_also_one_without_votes(stage: Stage) -> None:
    for _ in range(3):
        stage.runner.begin_next(NOW_MS)
    assert stage.archive() == [1, 2, 3]
    assert [row["votes"] for row in stage.rows().values()] == [0, 0, 0]
    assert stage.archive() == []


def test_a_vote_that_a_function_takes_after_the_round_has_ended_is_in_its_row(stage: Stage) -> None:
    stage.take(vote(1))
    stage.runner.begin_next(NOW_MS)
    stage.later = [lambda: stage.take(vote(2, "takenoko", in_round=1))]
    assert stage.archive() == [1]
    assert stage.waits[0] == UNDER_WAY_SECONDS
    assert [row["totals"] for row in stage.rows().values()] == [{"kinoko": 1, "takenoko": 1}]


def test_a_round_is_not_archived_while_votes_of_it_wait_to_be_counted(stage: Stage) -> None:
    stage.take(vote(1))
    late = [(one, *stage.put(one)) for one in (vote(2, "takenoko"), vote(5, "takenoko"))]
    stage.runner.begin_next(NOW_MS)
    with pytest.raises(RetryableError, match="waiting for 2 votes to be counted"):
        stage.archive()
    assert stage.rows() == {}

    def count() -> None:
        one, shard, sequence = late.pop(0)
        aggregator(stage.dynamodb).count(shard, [(sequence, one)])

    stage.later = [lambda: None, count, count]
    assert stage.archive(timeout=60) == [1]
    assert [row["totals"] for row in stage.rows().values()] == [{"kinoko": 1, "takenoko": 2}]


def test_votes_of_the_new_round_that_wait_hold_nothing_up(stage: Stage) -> None:
    stage.take(vote(1))
    stage.runner.begin_next(NOW_MS)
    for number in range(2, 10):
        stage.put(vote(number, in_round=2))
    assert stage.archive() == [1]


def test_a_round_whose_row_was_written_and_not_noted_is_written_again_the_same(stage: Stage) -> None:
    stage.take(vote(1))
    stage.runner.begin_next(NOW_MS)
    note, stage.dynamodb.update_item = stage.dynamodb.update_item, lambda **_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        stage.archive()
    before = stage.rows()
    stage.dynamodb.update_item = note
    assert stage.archive() == [1]
    assert stage.rows() == before != {}


def test_the_time_that_a_function_may_take_is_its_timeout() -> None:
    functions = REPOSITORY / "terraform/pipelines/votes/functions.tf"
    [cast] = [each for name, each in blocks(functions, "module") if name == "cast"]
    assert cast["timeout_seconds"] == LONGEST_SECONDS
    assert UNDER_WAY_SECONDS * 1000 == HELD_MS + LONGEST_SECONDS * 1000
