"""Amazon Timestream for LiveAnalytics: databases, tables, records and queries, on DuckDB."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``stage``; raises ConfigurationError when its stored records are damaged."""
    from aws_stage.engines.timestream.engine import TimestreamEngine

    return TimestreamEngine(stage)
