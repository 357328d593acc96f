"""CloudWatch Logs: filter patterns, metric filters, the Embedded Metric Format, and which queries are run."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``stage``."""
    from aws_stage.engines.cloudwatch_logs.engine import CloudWatchLogs

    return CloudWatchLogs(stage)
