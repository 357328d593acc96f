"""What every screen is told on the stage: by real WebSockets, some of them gone and some too slow."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_stage.testing.waiting import eventually
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.typing import Origin

from tests.conftest import REGION, RunningStage
from tests.stage.votes_pipelines import SITE, VotesPipeline, greeted, heard_by, some_votes

pytestmark = [pytest.mark.stage, pytest.mark.slow]

SMALL_BUFFER = 2048
LARGE_MESSAGE = b"x" * 125_000
MANY = 48
"""Large messages to one screen: more than the buffers hold between the stage and a screen that does not read."""


@pytest.fixture(scope="module")
def pipeline(stage: RunningStage, votes_packages: Mapping[str, Path]) -> Iterator[VotesPipeline]:
    running = VotesPipeline(stage, votes_packages)
    yield running
    running.close()


@pytest.fixture(autouse=True)
def nobody_left(pipeline: VotesPipeline) -> Iterator[None]:
    """The screens of a test are gone before the next one counts those that are online."""
    yield
    eventually(lambda: not pipeline.connections())


def updates_to(screen: ClientConnection, votes: int) -> list[Any]:
    """What a screen is told until it shows ``votes`` in all."""
    told: list[Any] = []
    while not told or sum(told[-1]["totals"].values()) < votes:
        told.append(heard_by(screen))
    return told


def ping(screen: ClientConnection) -> None:
    """Ping and wait for the answer; an update that votes brought may come first."""
    screen.send(json.dumps({"type": "ping"}))
    while (heard := heard_by(screen)) != {"type": "pong"}:
        assert heard["type"] == "totals"


def standing(pipeline: VotesPipeline) -> int:
    return pipeline.totals().total()


def test_every_screen_is_told_of_a_vote_with_growing_versions_at_most_four_times_a_second(
    pipeline: VotesPipeline,
) -> None:
    before = standing(pipeline)
    with greeted(pipeline) as one, greeted(pipeline) as other:
        votes = some_votes(600, seed=11)
        for part in range(12):
            pipeline.put(votes[50 * part : 50 * (part + 1)])
        for screen in (one, other):
            told = updates_to(screen, before + 600)
            versions, instants = [update["version"] for update in told], [update["at"] for update in told]
            assert versions == sorted(versions)
            assert all(later - earlier >= 250 for earlier, later in pairwise(instants))
            assert sum(told[-1]["totals"].values()) == before + 600
            assert told[-1]["online"] == 2


def test_a_screen_that_comes_back_is_given_what_it_missed(pipeline: VotesPipeline) -> None:
    before = standing(pipeline)
    with greeted(pipeline):
        pass
    votes = some_votes(5, seed=12)
    pipeline.put(votes)
    eventually(lambda: standing(pipeline) == before + 5)
    with pipeline.screen() as screen:
        screen.send(json.dumps({"type": "hello"}))
        # An update that was under way to the others may come first, with less.
        assert sum(updates_to(screen, before + 5)[-1]["totals"].values()) == before + 5
        ping(screen)


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null"])
def test_a_page_of_another_site_cannot_open_a_socket(pipeline: VotesPipeline, origin: str) -> None:
    with pytest.raises(InvalidStatus, match="HTTP 403"), pipeline.screen(origin=Origin(origin)):
        pass
    assert pipeline.connections() == set()
    with pipeline.screen(origin=Origin(SITE)) as screen:
        ping(screen)


def test_a_connection_that_api_gateway_does_not_know_is_forgotten_and_the_others_are_told(
    pipeline: VotesPipeline,
) -> None:
    before = standing(pipeline)
    far = {"N": "99999999999"}
    for gone in ("gone-1", "gone-2"):
        pipeline.dynamodb.put_item(
            TableName=pipeline.table("connections"), Item={"connection_id": {"S": gone}, "expires_at": far}
        )
    with greeted(pipeline) as screen:
        pipeline.put(some_votes(1, seed=13))
        updates_to(screen, before + 1)
        assert len(eventually(lambda: len(left := pipeline.connections()) == 1 and left)) == 1
        assert not pipeline.connections() & {"gone-1", "gone-2"}


def test_five_screens_that_never_read_keep_nobody_waiting_and_cost_no_vote(pipeline: VotesPipeline) -> None:
    before = standing(pipeline)
    with ExitStack() as open_screens:
        for _ in range(5):
            open_screens.enter_context(_never_reading(pipeline))
        _fill(pipeline)
        screen = open_screens.enter_context(greeted(pipeline))
        votes = some_votes(400, seed=14)
        for part in range(20):
            pipeline.put(votes[20 * part : 20 * (part + 1)])
            told = updates_to(screen, before + 20 * (part + 1))
            assert told[-1]["online"] == 6
    assert standing(pipeline) == before + 400


def _never_reading(pipeline: VotesPipeline) -> AbstractContextManager[ClientConnection]:
    """A WebSocket whose owner takes nothing."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    raw.connect(("localhost", pipeline.stage.port))
    return pipeline.screen(sock=raw, max_queue=1, ping_interval=None, close_timeout=0.1)


def _fill(pipeline: VotesPipeline) -> None:
    """Send to every connection until the buffers on the way are full, and what is sent now has to wait."""
    api = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=pipeline.environment["WEBSOCKET_ENDPOINT"],
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for connection in pipeline.connections():
        for _ in range(MANY):
            api.post_to_connection(ConnectionId=connection, Data=LARGE_MESSAGE)
