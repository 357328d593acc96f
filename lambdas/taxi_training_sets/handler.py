"""taxi_training_sets: the first step of a training: its sets, and a copy of the model in service."""

from __future__ import annotations

import os
from typing import Any

from datastreamer.taxi.functions import Place
from datastreamer.taxi.training.preparation import Order, prepare


def handler(event: dict[str, Any], _context: Any) -> dict[str, str]:
    """Make what ``event``, the step's arguments, orders; an error fails the step with its text."""
    place = Place.from_env(os.environ)
    return prepare(Order.of(event), place.names, place.client, place.rules())
