"""CloudWatch metric math and alarm evaluation."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``stage``."""
    from aws_stage.engines.cloudwatch.engine import CloudWatchEngine

    return CloudWatchEngine(stage)
