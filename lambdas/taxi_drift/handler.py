"""taxi_drift: once a day, how far the trips of the day before are from those that each version was trained on."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from datastreamer.taxi.drift.watch import watch
from datastreamer.taxi.functions import Place


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Judge the day that the event names (``{"day": "2025-03-01"}``), or the one before the present one (UTC)."""
    place, logger, metrics = Place.from_env(os.environ), Logger(), Metrics()
    day = date.fromisoformat(event["day"]) if "day" in event else datetime.now(UTC).date() - timedelta(days=1)
    found = watch(place.names, place.client, day, minimum=int(os.environ["MINIMUM_TRIPS"]))
    for drift in found.drifts:
        metrics.add_metric("LargestDrift", MetricUnit.NoUnit, drift.largest)
        metrics.add_metric("DailyMedianResidual", MetricUnit.NoUnit, drift.median_residual)
        metrics.add_dimension("Stage", place.names.stage)
        metrics.flush_metrics()
        for name, index in drift.indices.items():
            metrics.add_metric("Drift", MetricUnit.NoUnit, index)
            metrics.add_dimension("ModelVersion", drift.version)
            metrics.add_dimension("Feature", name)
            metrics.flush_metrics()
    answer = {"day": found.day, "drifts": [each.document() for each in found.drifts], "left_out": dict(found.left_out)}
    logger.info("judged", extra=answer)
    return answer
