"""The state of a stage's vote, part by part, as AWS reports it."""

from __future__ import annotations

from datetime import datetime

from datastreamer.aws import parts
from datastreamer.aws.status import NewClient, Part, ask, ringing_alarms
from datastreamer.votes.names import Names
from datastreamer.votes.rounds import OPEN, Rounds


def stage_parts(stage: str, account: str, client: NewClient, now: datetime) -> list[Part]:
    """Ask every part how it is, as a vote meets them; a part that does not exist is unhealthy and says MISSING."""
    names = Names(stage, account)
    return [
        parts.bucket(client, names.site_bucket, "site"),
        parts.function(client, names.cast_function),
        _round(client, names.aggregation_table),
        parts.stream(client, names.stream),
        parts.reading(client, names.aggregate_function, names.stream),
        parts.function(client, names.aggregate_function),
        parts.function(client, names.publish_function),
        *(
            parts.table(client, table)
            for table in (names.orders_table, names.aggregation_table, names.connections_table)
        ),
        parts.function(client, names.socket_function),
        parts.delivery(client, names.delivery_stream, now),
        parts.bucket(client, names.raw_bucket, "raw votes"),
        *ringing_alarms(client("cloudwatch"), names.prefix, lambda _: True),
    ]


def _round(client: NewClient, table: str) -> Part:
    """The current round; one that is closed or frozen is as somebody wanted it, and may have been forgotten."""

    def check() -> Part:
        current = Rounds(client("dynamodb"), table).current()
        detail = f"{sum(current.votes.values()):,} votes"
        return Part("round", str(current.number), current.state, True, detail, attention=current.state != OPEN)

    return ask("round", table, check)
