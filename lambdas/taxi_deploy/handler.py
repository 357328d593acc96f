"""taxi_deploy: puts the newest approved version of the model into service, and rejects one that was turned back."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools.logging import Logger

from datastreamer.taxi.deploying.deployer import Deployer
from datastreamer.taxi.deploying.settings import Settings
from datastreamer.taxi.functions import Place


def handler(_event: dict[str, Any], _context: Any) -> dict[str, str]:
    """Do the next thing that is to be done, whatever the event; an error has Lambda ask again."""
    place = Place.from_env(os.environ)
    deployer = Deployer(place.names.model, place.client, place.rules(), Settings.from_env(os.environ))
    report = deployer.look()
    Logger().info("looked", extra=vars(report))
    return vars(report)
