"""Application Auto Scaling: scalable targets, and policies that hold a metric of an endpoint near a value."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``stage``."""
    from aws_stage.engines.application_autoscaling.engine import ApplicationAutoScaling

    return ApplicationAutoScaling(stage)
