"""Amazon Data Firehose: delivery streams that really buffer, compress and deliver to S3."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine, for the stage to start."""
    from aws_stage.engines.firehose.engine import FirehoseEngine

    return FirehoseEngine(stage)
