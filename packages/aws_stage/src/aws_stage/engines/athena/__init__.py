"""The ``athena`` engine: Athena's API over DuckDB, the Glue catalogue and S3."""

from __future__ import annotations

from aws_stage.engines.athena.engine import AthenaEngine
from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``stage``; nothing runs and nothing heavy is imported before its first query."""
    return AthenaEngine(stage)
