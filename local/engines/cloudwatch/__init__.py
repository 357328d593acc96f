"""CloudWatch metric math and alarm evaluation."""

from __future__ import annotations

from local.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``stage``."""
    from local.engines.cloudwatch.engine import CloudWatchEngine

    return CloudWatchEngine(stage)
