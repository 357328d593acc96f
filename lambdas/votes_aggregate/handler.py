"""votes_aggregate: counts a batch of votes exactly once, then has it published."""

from __future__ import annotations

import base64
import os
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from datastreamer.errors import InvalidRecordError
from datastreamer.votes.aggregation import Outcome
from datastreamer.votes.functions import Counting, counting
from datastreamer.votes.vote import Vote, parse_record

_warm: list[tuple[Counting, Logger, Metrics]] = []


def handler(event: dict[str, Any], _context: Any) -> None:
    """Count the event's records; raises when the tables refuse, and the whole batch comes again, counted once."""
    if not _warm:
        _warm.append((counting(os.environ), Logger(), Metrics()))
    parts, logger, metrics = _warm[0]
    shards: dict[str, list[tuple[str, Vote | None]]] = {}
    rejected: list[dict[str, str]] = []
    for record in event["Records"]:
        shard = record["eventID"].partition(":")[0]
        vote = None
        try:
            vote = parse_record(base64.b64decode(record["kinesis"]["data"]), parts.candidates)
        except InvalidRecordError as error:
            rejected.append({"event_id": record["eventID"], "reason": error.reason, "detail": error.detail})
        shards.setdefault(shard, []).append((record["kinesis"]["sequenceNumber"], vote))
    outcome = sum((parts.aggregator.count(shard, arrivals) for shard, arrivals in shards.items()), Outcome())
    if rejected:
        logger.warning("records that hold no vote; the lake keeps them as they are", extra={"rejected": rejected[:20]})
    metrics.add_metric("VotesCounted", MetricUnit.Count, outcome.counted)
    metrics.add_metric("DuplicatesDropped", MetricUnit.Count, outcome.duplicates)
    metrics.add_metric("VotesRejected", MetricUnit.Count, len(rejected))
    if outcome.counted:
        try:
            parts.announcer.announce(parts.clock.wall_ms())
        except Exception:
            # The votes are counted by now: a failure to tell of them must not bring the batch back.
            logger.exception("no update could be asked for; the next one brings these votes")
            metrics.add_metric("PublishFailures", MetricUnit.Count, 1)
    metrics.flush_metrics()
