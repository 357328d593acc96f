"""Application Auto Scaling: scalable targets, and policies that hold a metric of an endpoint near a value."""

from __future__ import annotations

from local.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``stage``."""
    from local.engines.application_autoscaling.engine import ApplicationAutoScaling

    return ApplicationAutoScaling(stage)
