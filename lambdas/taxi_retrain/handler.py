"""taxi_retrain: starts a training when the drift alarm fires, unless there was one lately."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.logging import Logger

from datastreamer.taxi.drift.retraining import retrain
from datastreamer.taxi.functions import Place


def handler(_event: dict[str, Any], _context: Any) -> dict[str, str]:
    """Start a training, or say why there is none."""
    place = Place.from_env(os.environ)
    cooldown = timedelta(hours=float(os.environ["COOLDOWN_HOURS"]))
    decision = retrain(place.client("sagemaker"), place.names.training_pipeline, datetime.now(UTC), cooldown)
    Logger().info("decided", extra=vars(decision))
    return vars(decision)
