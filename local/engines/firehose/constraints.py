"""Firehose's requests, held against AWS's own service model."""

from __future__ import annotations

from typing import Any

from local import constraints


def check(operation: str, payload: dict[str, Any]) -> None:
    """Raise ValidationException when ``payload`` breaks the model of ``operation``."""
    constraints.check("firehose", operation, payload)
