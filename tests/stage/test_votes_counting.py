"""Counting votes on the stage while something goes wrong: whatever it is, the totals are the distinct votes."""

from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing.waiting import eventually

from datastreamer.votes.vote import Vote
from tests.conftest import RunningStage
from tests.processes import kill
from tests.stage.faulty_proxy import FaultyProxy, Gone, Reply, Request, Times, refusal
from tests.stage.votes_pipelines import VotesPipeline, some_votes, with_copies

pytestmark = [pytest.mark.stage, pytest.mark.slow]

Make = Callable[..., VotesPipeline]


@pytest.fixture
def make(stage: RunningStage, votes_packages: Mapping[str, Path]) -> Iterator[Make]:
    """Make pipelines that end with the test; arguments as for ``VotesPipeline``."""
    made: list[VotesPipeline] = []

    def pipeline(*arguments: Any, **options: Any) -> VotesPipeline:
        made.append(VotesPipeline(stage, votes_packages, *arguments, **options))
        return made[-1]

    yield pipeline
    for one in made:
        one.close()


@pytest.fixture
def proxy(stage: RunningStage) -> Iterator[FaultyProxy]:
    running = FaultyProxy(stage.endpoint_url)
    yield running
    running.close()


def _later(records: list[dict[str, Any]], votes: list[Vote]) -> list[dict[str, Any]]:
    """Records of ``votes`` that come after ``records`` on their shard, though the stream does not have them."""
    shard, last = records[-1]["eventID"].split(":")
    numbers = [str(int(last) + 1 + place) for place in range(len(votes))]
    return [
        {
            "eventID": f"{shard}:{number}",
            "kinesis": {"sequenceNumber": number, "data": base64.b64encode(vote.to_record()).decode()},
        }
        for number, vote in zip(numbers, votes, strict=True)
    ]


def is_transaction(request: Request) -> bool:
    return request.headers.get("X-Amz-Target", "").endswith(".TransactWriteItems")


def test_a_burst_of_20000_votes_with_copies_counts_each_once_though_the_aggregator_is_killed_on_the_way(
    make: Make,
) -> None:
    pipeline = make(shards=4)
    votes = some_votes(20_000)
    sent = with_copies(votes, 0.1)
    pipeline.put(sent[:6_000])
    chance = random.Random(3)
    for part in range(4):
        eventually(lambda: kill(chance.choice(eventually(pipeline.workers))))
        pipeline.put(sent[6_000 + 4_000 * part : 10_000 + 4_000 * part])
    pipeline.prove(votes)


def test_copies_that_come_in_later_batches_and_to_a_new_process_are_dropped(make: Make) -> None:
    pipeline = make(shards=2)
    votes = some_votes(300)
    pipeline.put(votes)
    pipeline.prove(votes)
    kill(*pipeline.workers())
    pipeline.put(votes)
    pipeline.prove(votes)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_aggregator_killed_at_the_moment_of_its_transaction_counts_once(
    make: Make, proxy: FaultyProxy, moment: str
) -> None:
    killed: list[int] = []

    def kill(request: Request, answered: Callable[[], Reply]) -> Reply:
        if not is_transaction(request) or len(killed) >= 3:
            return answered()
        if moment == "after":
            assert answered().status == 200
        workers = pipeline.workers()
        killed.extend(workers)
        kill(*workers)
        raise Gone

    proxy.spoiler = kill
    pipeline = make(environment={"AWS_ENDPOINT_URL_DYNAMODB": proxy.url}, BatchSize=40)
    votes = some_votes(200)
    pipeline.put(with_copies(votes, 0.2))
    pipeline.prove(votes)
    assert len(killed) >= 3


def test_a_transaction_whose_answer_is_lost_counts_once(make: Make, proxy: FaultyProxy) -> None:
    def lose(request: Request, answered: Callable[[], Reply]) -> Reply:
        reply = answered()
        if is_transaction(request):
            raise Gone
        return reply

    proxy.spoiler = Times(12, lose)
    pipeline = make(environment={"AWS_ENDPOINT_URL_DYNAMODB": proxy.url}, BatchSize=40)
    votes = some_votes(200)
    pipeline.put(with_copies(votes, 0.2))
    pipeline.prove(votes)
    assert proxy.spoiler.done


def test_tables_that_refuse_for_a_while_delay_the_votes_and_lose_none(make: Make, proxy: FaultyProxy) -> None:
    refusals = Times(8, lambda _request, _answered: refusal("ProvisionedThroughputExceededException"))
    proxy.spoiler = refusals
    pipeline = make(environment={"AWS_ENDPOINT_URL_DYNAMODB": proxy.url})
    votes = some_votes(200)
    pipeline.put(votes)
    pipeline.prove(votes)
    assert refusals.done


def test_a_batch_delivered_again_whole_cut_or_to_two_processes_at_once_changes_nothing(make: Make) -> None:
    pipeline = make(BatchSize=50)
    votes = some_votes(300)
    pipeline.put(with_copies(votes, 0.1))
    pipeline.prove(votes)
    event = pipeline.event()
    records = event["Records"]
    assert len(records) == 330
    for again in (event, {"Records": records[100:]}, {"Records": records[:7]}):
        pipeline.invoke(again)
    pipeline.prove(votes)
    fresh = some_votes(100, seed=8)
    unread = {"Records": [*records, *_later(records, fresh)]}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(pipeline.invoke, [unread, unread]))
    assert pipeline.totals() == Counter(vote.candidate for vote in votes + fresh)
    assert pipeline.orders() == Counter(str(vote.vote_id) for vote in votes + fresh)


def test_votes_and_their_copies_on_both_sides_of_splits_and_merges_count_once(make: Make) -> None:
    pipeline = make()
    votes = some_votes(1_600)
    for part, shards in enumerate((2, 4, 2, 1)):
        pipeline.put(votes[400 * part : 400 * (part + 1)])
        pipeline.kinesis.update_shard_count(
            StreamName=pipeline.name, TargetShardCount=shards, ScalingType="UNIFORM_SCALING"
        )
        pipeline.put(votes[: 400 * (part + 1) : 3])
    pipeline.prove(votes)
    assert len(pipeline.kinesis.list_shards(StreamName=pipeline.name)["Shards"]) > 4


def test_records_that_hold_no_vote_do_not_hold_up_those_that_do(make: Make) -> None:
    pipeline = make()
    votes = some_votes(20)
    pipeline.put(votes[:10])
    for data in (b"\xff", b"{", b"[]", b'{"vote_id": 1}'):
        pipeline.kinesis.put_record(StreamName=pipeline.name, Data=data, PartitionKey="k")
    pipeline.put(votes[10:])
    pipeline.prove(votes)
