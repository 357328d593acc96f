"""taxi_register: the last step of a training: a version in the registry, which waits for approval."""

from __future__ import annotations

import os
from typing import Any

from datastreamer.taxi.functions import Place
from datastreamer.taxi.training.registration import Trained, register


def handler(event: dict[str, Any], _context: Any) -> dict[str, str]:
    """Register what ``event``, the step's arguments, describes; an error fails the step with its text."""
    place = Place.from_env(os.environ)
    return register(Trained.of(event), place.names, place.client)
