"""Kinesis Data Streams on durable shard logs."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``stage``; raises ConfigurationError when its stored records are damaged."""
    from aws_stage.engines.kinesis.engine import KinesisEngine

    return KinesisEngine(stage)
