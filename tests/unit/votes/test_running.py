"""Opening, closing, freezing and beginning rounds, while votes are counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.errors import RetryableError, UsageError
from datastreamer.votes.rounds import CLOSED, FROZEN, OPEN, Round, Rounds
from datastreamer.votes.running import Runner
from datastreamer.votes.totals import TotalsReader
from datastreamer.votes.vote import LAST_ROUND
from tests.unit.votes.ballots import CANDIDATES, NOW_MS, vote
from tests.unit.votes.test_aggregation import aggregator, arrivals, create_tables


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="ap-northeast-1")
        create_tables(dynamodb)
        yield dynamodb


@pytest.fixture
def runner(client: Any) -> Runner:
    return Runner(client, "aggregation")


def count(client: Any, number: int, candidate: str = "kinoko", **changes: Any) -> None:
    aggregator(client).count(f"shard-{number}", arrivals([vote(number, candidate, **changes)]))


def told(client: Any, now_ms: int = NOW_MS) -> dict[str, Any]:
    document = TotalsReader(client, "aggregation", CANDIDATES).read(now_ms).to_document(0, now_ms)
    return {name: document[name] for name in ("round", "state", "totals", "version")}


def test_a_vote_that_nobody_has_touched_is_open_in_its_first_round(client: Any) -> None:
    assert Rounds(client, "aggregation").current() == Round(1, OPEN)
    assert told(client) == {"round": 1, "state": "open", "totals": {"kinoko": 0, "takenoko": 0}, "version": 0}


def test_each_change_is_a_newer_version_of_the_same_totals(client: Any, runner: Runner) -> None:
    count(client, 1)
    versions = [told(client)["version"]]
    for state in (CLOSED, OPEN, FROZEN, CLOSED):
        found, changed = runner.become(state, NOW_MS)
        assert (found.state, changed, dict(found.votes)) == (state, True, {"kinoko": 1})
        assert told(client)["state"] == state
        versions.append(told(client)["version"])
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("state", [OPEN, CLOSED, FROZEN])
def test_a_state_that_the_round_is_in_already_changes_nothing(client: Any, runner: Runner, state: str) -> None:
    runner.become(state, NOW_MS)
    before = told(client)
    assert runner.become(state, NOW_MS + 5)[1] is False
    assert told(client) == before


def test_while_a_round_is_frozen_votes_count_and_nobody_is_told(client: Any, runner: Runner) -> None:
    second = NOW_MS // 1000 * 1000
    count(client, 1, received_ms=second - 1)
    runner.become(FROZEN, second)
    count(client, 2, "takenoko", received_ms=second + 1)
    count(client, 3, received_ms=second + 1_000)
    reader = TotalsReader(client, "aggregation", CANDIDATES)
    frozen = reader.read(second + 2_000)
    assert (frozen.votes, frozen.seconds) == ({"kinoko": 1, "takenoko": 0}, {second // 1000 - 1: {"kinoko": 1}})
    assert Rounds(client, "aggregation").current().votes == {"kinoko": 2, "takenoko": 1}
    runner.become(CLOSED, second + 3_000)
    closed = reader.read(second + 3_000)
    assert closed.votes == {"kinoko": 2, "takenoko": 1}
    assert sum(sum(counts.values()) for counts in closed.seconds.values()) == 3


def test_a_second_freeze_shows_the_votes_of_the_second(client: Any, runner: Runner) -> None:
    runner.become(FROZEN, NOW_MS)
    runner.become(OPEN, NOW_MS)
    count(client, 1)
    runner.become(FROZEN, NOW_MS)
    assert told(client)["totals"] == {"kinoko": 1, "takenoko": 0}


def test_a_closed_round_cannot_be_frozen(client: Any, runner: Runner) -> None:
    runner.become(CLOSED, NOW_MS)
    with pytest.raises(UsageError, match="round 1 is closed: its totals stand still"):
        runner.become(FROZEN, NOW_MS)
    assert told(client)["state"] == CLOSED


@pytest.mark.parametrize(("state", "then"), [(OPEN, OPEN), (FROZEN, OPEN), (CLOSED, CLOSED)])
def test_a_new_round_has_no_votes_and_is_closed_where_the_one_before_is(
    client: Any, runner: Runner, state: str, then: str
) -> None:
    count(client, 1)
    runner.become(state, NOW_MS)
    assert runner.begin_next(NOW_MS) == Rounds(client, "aggregation").current()
    assert told(client) == {"round": 2, "state": then, "totals": {"kinoko": 0, "takenoko": 0}, "version": 0}


def test_a_vote_of_the_round_before_still_counts_there(client: Any, runner: Runner) -> None:
    count(client, 1)
    runner.begin_next(NOW_MS)
    count(client, 2, in_round=1)
    count(client, 3, "takenoko", in_round=2)
    assert [dict(each.votes) for each in Rounds(client, "aggregation").every()] == [{"kinoko": 2}, {"takenoko": 1}]
    assert told(client)["totals"] == {"kinoko": 0, "takenoko": 1}


class Between:
    """A client that somebody else comes before, once, at the next write."""

    def __init__(self, client: Any, act: Any) -> None:
        self._client = client
        self._acts = [act]

    def __getattr__(self, name: str) -> Any:
        if name in ("update_item", "put_item") and self._acts:
            self._acts.pop()()
        return getattr(self._client, name)


def test_two_presenters_who_begin_a_round_at_once_begin_one(client: Any) -> None:
    between: Any = Between(client, lambda: Runner(client, "aggregation").begin_next(NOW_MS))
    with pytest.raises(RetryableError, match="somebody else began round 2"):
        Runner(between, "aggregation").begin_next(NOW_MS)
    assert Rounds(client, "aggregation").current().number == 2


def test_a_close_that_another_round_comes_before_closes_that_one(client: Any) -> None:
    between: Any = Between(client, lambda: Runner(client, "aggregation").begin_next(NOW_MS))
    found, changed = Runner(between, "aggregation").become(CLOSED, NOW_MS)
    assert (found.number, found.state, changed) == (2, CLOSED, True)


def test_a_freeze_that_a_close_comes_before_is_refused(client: Any) -> None:
    between: Any = Between(client, lambda: Runner(client, "aggregation").become(CLOSED, NOW_MS))
    with pytest.raises(UsageError, match="is closed"):
        Runner(between, "aggregation").become(FROZEN, NOW_MS)


def test_after_the_last_round_there_is_none(client: Any, runner: Runner) -> None:
    count(client, 1, in_round=LAST_ROUND)
    with pytest.raises(UsageError, match="is the last one"):
        runner.begin_next(NOW_MS)
