"""Each function's parts on AWS: built once, on its first invocation, and kept for the ones after."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import boto3
import urllib3
from botocore.config import Config

from datastreamer.aws.clock import Clock
from datastreamer.votes.aggregation import Aggregator
from datastreamer.votes.announcing import Announcer
from datastreamer.votes.casting import Ballot, HeldRound
from datastreamer.votes.connections import Connections
from datastreamer.votes.management_api import ManagementApi
from datastreamer.votes.publishing import Publisher, Turn
from datastreamer.votes.rounds import Rounds
from datastreamer.votes.rulings import Rulings
from datastreamer.votes.settings import Settings
from datastreamer.votes.totals import TotalsReader

CONNECT_SECONDS: Final = 1.0
READ_SECONDS: Final = 5.0
ATTEMPTS: Final = 3
CAST_READ_SECONDS: Final = 2.0
CAST_ATTEMPTS: Final = 2
"""For the stream that a vote is put on: a request is answered before the function's timeout of 10 s ends it, and holds
one of the function's places no longer than that. The browser sends the vote again.
"""
ROUND_READ_SECONDS: Final = 1.0
ROUND_ATTEMPTS: Final = 1
"""For the round, which is read before that, within the same ten seconds."""
POST_SECONDS: Final = 1.0
"""How long one browser may take to accept an update; the others do not wait for it."""
POSTS_AT_ONCE: Final = 32


@dataclass(frozen=True)
class Counting:
    """What ``votes_aggregate`` works with."""

    candidates: frozenset[str]
    aggregator: Aggregator
    announcer: Announcer
    clock: Clock


@dataclass(frozen=True)
class Publishing:
    """What ``votes_publish`` works with."""

    publisher: Publisher
    clock: Clock


@dataclass(frozen=True)
class Casting:
    """What ``votes_cast`` works with."""

    ballot: Ballot
    totals: TotalsReader
    connections: Connections
    allowed_origin: str
    clock: Clock


@dataclass(frozen=True)
class Greeting:
    """What ``votes_socket`` works with; ``management`` posts to connections."""

    connections: Connections
    totals: TotalsReader
    management: Any
    allowed_origin: str
    clock: Clock


def counting(environ: Mapping[str, str]) -> Counting:
    """The parts of ``votes_aggregate``; raises ConfigurationError when a variable is missing or wrong."""
    settings, dynamodb = Settings(environ), _client("dynamodb")
    return Counting(
        candidates=frozenset(settings.candidates),
        aggregator=Aggregator(
            dynamodb,
            aggregation_table=settings.aggregation_table,
            orders_table=settings.orders_table,
            rulings=Rulings(_client("s3"), settings.raw_bucket),
        ),
        announcer=Announcer(_client("lambda"), settings.publish_function),
        clock=Clock(),
    )


def publishing(environ: Mapping[str, str]) -> Publishing:
    """The parts of ``votes_publish``; raises ConfigurationError when a variable is missing or wrong."""
    settings, clock, dynamodb = Settings(environ), Clock(), _client("dynamodb")
    management = _management(settings)

    def post(connection: str, message: bytes) -> None:
        management.post_to_connection(ConnectionId=connection, Data=message)

    return Publishing(
        publisher=Publisher(
            turn=Turn(dynamodb, settings.aggregation_table),
            totals=TotalsReader(dynamodb, settings.aggregation_table, settings.candidates),
            connections=Connections(dynamodb, settings.connections_table, settings.sockets_per_address),
            post=post,
            executor=ThreadPoolExecutor(POSTS_AT_ONCE, "post"),
            clock=clock,
        ),
        clock=clock,
    )


def casting(environ: Mapping[str, str]) -> Casting:
    """The parts of ``votes_cast``; raises ConfigurationError when a variable is missing or wrong."""
    settings, dynamodb = Settings(environ), _client("dynamodb")
    return Casting(
        ballot=Ballot(
            _client("kinesis", CAST_READ_SECONDS, CAST_ATTEMPTS),
            settings.stream,
            frozenset(settings.candidates),
            HeldRound(Rounds(_client("dynamodb", ROUND_READ_SECONDS, ROUND_ATTEMPTS), settings.aggregation_table)),
        ),
        totals=TotalsReader(dynamodb, settings.aggregation_table, settings.candidates),
        connections=Connections(dynamodb, settings.connections_table),
        allowed_origin=settings.allowed_origin,
        clock=Clock(),
    )


def greeting(environ: Mapping[str, str]) -> Greeting:
    """The parts of ``votes_socket``; raises ConfigurationError when a variable is missing or wrong."""
    settings, dynamodb = Settings(environ), _client("dynamodb")
    return Greeting(
        connections=Connections(dynamodb, settings.connections_table, settings.sockets_per_address),
        totals=TotalsReader(dynamodb, settings.aggregation_table, settings.candidates),
        management=_management(settings),
        allowed_origin=settings.allowed_origin,
        clock=Clock(),
    )


def _client(service: str, read_seconds: float = READ_SECONDS, attempts: int = ATTEMPTS) -> Any:
    new_client: Any = boto3.client
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=POSTS_AT_ONCE,
        parameter_validation=False,
    )
    return new_client(service, config=config)


def _management(settings: Settings) -> Any:
    # One attempt: what one browser misses, the next update brings it.
    session = boto3.session.Session()
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=POST_SECONDS)
    pool = urllib3.PoolManager(maxsize=POSTS_AT_ONCE, block=True, timeout=timeout)
    return ManagementApi(settings.websocket_endpoint, session.get_credentials(), session.region_name, pool)
