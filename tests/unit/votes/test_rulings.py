"""An id that came for two candidates, or in two rounds, counts once, where it came first, in totals and lake alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
import duckdb
import pytest
import trino_on_duckdb as dialect
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from datastreamer.votes.aggregation import Aggregator
from datastreamer.votes.audit import question
from datastreamer.votes.rounds import Rounds
from datastreamer.votes.rulings import COUNTS_FOR, COUNTS_IN, Rulings
from datastreamer.votes.vote import Place, Vote, parse_record
from tests.conftest import REPOSITORY
from tests.unit.votes.ballots import CANDIDATES, CLIENT, NOW_MS, vote
from tests.unit.votes.test_aggregation import SHARD, Failing, arrivals, create_tables

REGION = "ap-northeast-1"
COLUMNS = {
    **dict.fromkeys(("vote_id", "candidate", "client_id", "cast_at", "received_at", "counted_for"), "varchar"),
    **dict.fromkeys(("round", "counted_in"), "integer"),
}
RECEIPT = {"from_ms": NOW_MS, "until_ms": NOW_MS, "client_ids": [str(CLIENT)]}


class Lake:
    """What Firehose delivered, and what lies beside it; asked in Athena's SQL."""

    def __init__(self) -> None:
        self.dynamodb = boto3.client("dynamodb", region_name=REGION)
        self.s3 = boto3.client("s3", region_name=REGION)
        create_tables(self.dynamodb)
        self.s3.create_bucket(Bucket="raw", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.delivered: list[dict[str, Any]] = []

    def aggregator(self, dynamodb: Any = None) -> Aggregator:
        return Aggregator(
            dynamodb or self.dynamodb,
            aggregation_table="aggregation",
            orders_table="orders",
            rulings=Rulings(self.s3, "raw"),
            pause=lambda _: None,
        )

    def deliver(self, *votes: Vote) -> None:
        self.delivered += [one.to_document() for one in votes]

    def totals(self) -> dict[Place, int]:
        rounds = Rounds(self.dynamodb, "aggregation").every()
        return {(candidate, each.number): votes for each in rounds for candidate, votes in each.votes.items()}

    def objects(self) -> list[str]:
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket="raw").get("Contents", [])]

    def ask(self, sql: str) -> dict[Place, tuple[int, ...]]:
        """The rows of an answer by candidate and round, which come first, the other way round."""
        lines = list(self.delivered)
        for key in self.objects():
            content = self.s3.get_object(Bucket="raw", Key=key)["Body"].read().decode()
            lines += [json.loads(line) for line in content.splitlines()]
        session = dialect.Session(now=datetime.now(UTC), database="lake")
        connection = duckdb.connect()
        connection.execute(f"CREATE TABLE lines ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
        for line in lines:
            connection.execute(
                "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [line.get(name) for name in COLUMNS]
            )
        dialect.prepare(connection)
        [statement] = dialect.parse(sql)
        columns = tuple(dialect.Column(name, kind) for name, kind in COLUMNS.items())
        tables = {table: dialect.Relation("lines", columns) for table in dialect.tables_in(statement, session)}
        query: Any = statement
        rows = connection.execute(dialect.translate(query, tables, session).sql).fetchall()
        return {(row[1], row[0]): tuple(int(number) for number in row[2:]) for row in rows}


@pytest.fixture
def lake() -> Iterator[Lake]:
    with mock_aws():
        yield Lake()


def saved_query() -> str:
    """The query of the totals that Terraform saves in the workgroup."""
    text = (REPOSITORY / "terraform" / "pipelines" / "votes" / "lake.tf").read_text()
    [sql] = re.findall(r'sql\s+= "(.*)"', text)
    return sql


def by_the_lake(lake: Lake) -> Mapping[Place, int]:
    found = {place: numbers[0] for place, numbers in lake.ask(saved_query()).items()}
    audited = {place: numbers[0] for place, numbers in lake.ask(question(RECEIPT)).items()}
    assert found == audited
    return found


def copies(first: str, second: str, *, received: Sequence[int] = (NOW_MS, NOW_MS + 5)) -> list[Vote]:
    return [vote(1, first, received_ms=received[0]), vote(1, second, received_ms=received[1])]


def test_the_saved_query_decides_as_the_audit_does() -> None:
    assert COUNTS_FOR in saved_query()
    assert COUNTS_IN in saved_query()


@pytest.mark.parametrize("first", CANDIDATES)
@pytest.mark.parametrize("received", [(NOW_MS, NOW_MS + 5), (NOW_MS + 5, NOW_MS), (NOW_MS, NOW_MS)])
def test_an_id_sent_for_both_counts_for_the_one_that_came_onto_the_stream_first(
    lake: Lake, first: str, received: tuple[int, int]
) -> None:
    second = CANDIDATES[first == CANDIDATES[0]]
    votes = copies(first, second, received=received)
    lake.deliver(*reversed(votes), vote(2, second))
    lake.aggregator().count(SHARD, arrivals([*votes, vote(2, second)]))
    assert lake.totals() == by_the_lake(lake) == {(first, 1): 1, (second, 1): 1}


@pytest.mark.parametrize("same_function", [True, False])
def test_a_copy_for_the_other_candidate_in_a_later_batch_is_ruled_as_well(lake: Lake, same_function: bool) -> None:
    early, late = copies("takenoko", "kinoko", received=(NOW_MS + 5, NOW_MS))
    lake.deliver(early, late)
    function = lake.aggregator()
    function.count(SHARD, arrivals([early]))
    later = function if same_function else lake.aggregator()
    later.count(SHARD, arrivals([late], first=2))
    assert lake.totals() == by_the_lake(lake) == {("takenoko", 1): 1}


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("same_batch", [True, False])
def test_a_vote_that_came_again_in_another_round_counts_in_the_one_whose_copy_came_onto_the_stream_first(
    lake: Lake, first: int, same_batch: bool
) -> None:
    # By the clocks of the functions the other copy is the earlier one.
    votes = [vote(1, received_ms=NOW_MS + 5, in_round=first), vote(1, in_round=3 - first)]
    others = [vote(2, "takenoko", in_round=1), vote(3, "takenoko", in_round=2)]
    lake.deliver(*reversed(votes), *others)
    stream = arrivals([*votes, *others])
    for part in [stream] if same_batch else [stream[:1], stream[1:]]:
        lake.aggregator().count(SHARD, part)
    expected = {("kinoko", first): 1, ("takenoko", 1): 1, ("takenoko", 2): 1}
    assert lake.totals() == by_the_lake(lake) == expected


def test_lines_and_orders_of_before_there_were_rounds_are_of_the_first(lake: Lake) -> None:
    lake.aggregator().count(SHARD, arrivals([vote(1)]))
    [item] = lake.dynamodb.scan(TableName="orders")["Items"]
    lake.dynamodb.put_item(TableName="orders", Item={name: item[name] for name in item if name != "rounds"})
    again = vote(1, received_ms=NOW_MS + 5, in_round=2)
    old = vote(1).to_document()
    del old["round"]
    assert parse_record(json.dumps(old).encode(), CANDIDATES).round == 1
    lake.delivered.append(old)
    lake.deliver(again)
    lake.aggregator().count(SHARD, arrivals([again], first=2))
    assert lake.totals() == by_the_lake(lake) == {("kinoko", 1): 1}


def test_plain_copies_are_ruled_by_nobody(lake: Lake) -> None:
    lake.aggregator().count(SHARD, arrivals([vote(1), vote(1), vote(2)]))
    assert lake.objects() == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_batch_whose_transaction_or_answer_is_lost_is_ruled_alike_when_it_comes_again(lake: Lake, when: str) -> None:
    votes = copies("takenoko", "kinoko", received=(NOW_MS + 5, NOW_MS))
    lake.deliver(*votes)
    failing = Failing(lake.dynamodb, when, ReadTimeoutError(endpoint_url="https://dynamodb"))
    with pytest.raises(ReadTimeoutError):
        lake.aggregator(failing).count(SHARD, arrivals(votes))
    lake.aggregator().count(SHARD, arrivals(votes))
    assert lake.totals() == by_the_lake(lake) == {("takenoko", 1): 1}
    assert len(lake.objects()) == 1


def test_nothing_is_counted_while_a_ruling_cannot_be_kept(lake: Lake) -> None:
    lake.s3.delete_bucket(Bucket="raw")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        lake.aggregator().count(SHARD, arrivals(copies("takenoko", "kinoko")))
    assert lake.totals() == {}


def test_a_ruling_is_a_line_of_the_hour_in_which_the_copy_was_taken_and_no_record(lake: Lake) -> None:
    votes = copies("takenoko", "kinoko")
    lake.deliver(*votes)
    lake.aggregator().count(SHARD, arrivals(votes))
    [key] = lake.objects()
    assert key.startswith(f"votes/{datetime.fromtimestamp(NOW_MS / 1000, UTC):%Y/%m/%d/%H}/ruling-{SHARD}-")
    # Votes, votes of the run, records.
    assert lake.ask(question(RECEIPT)) == {("takenoko", 1): (1, 1, 2)}
