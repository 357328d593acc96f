"""votes_publish: tells every browser what was counted."""

from __future__ import annotations

import os
from typing import Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from datastreamer.votes.functions import Publishing, publishing

SPARE_MS: Final = 5_000
"""How long before the function is ended no more browsers are told: for those that are slow, and for the metrics."""

_warm: list[tuple[Publishing, Logger, Metrics]] = []


def handler(event: dict[str, int], context: Any) -> None:
    """Publish what was counted at ``counted_at_ms``, unless another update has it in, or a round that ``changed``.

    A failure is measured and not raised: Lambda would call again in a minute, when the next update has long been sent.
    """
    if not _warm:
        _warm.append((publishing(os.environ), Logger(), Metrics()))
    parts, logger, metrics = _warm[0]
    now = parts.clock.wall_ms()
    end_ms = now + context.get_remaining_time_in_millis() - SPARE_MS
    try:
        publication = parts.publisher.publish(
            event.get("counted_at_ms", now), end_ms, changed=bool(event.get("changed"))
        )
    except Exception:
        logger.exception("the update could not be published; the next one brings these votes")
        metrics.add_metric("PublishFailures", MetricUnit.Count, 1)
    else:
        if publication is None:
            return
        metrics.add_metric("UpdatesDelivered", MetricUnit.Count, publication.reached)
        metrics.add_metric("ConnectionsGone", MetricUnit.Count, publication.gone)
        metrics.add_metric("UpdatesFailed", MetricUnit.Count, publication.failed)
    metrics.flush_metrics()
