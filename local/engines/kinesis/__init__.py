"""Kinesis Data Streams on durable shard logs."""

from __future__ import annotations

from local.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``stage``; raises ConfigurationError when its stored records are damaged."""
    from local.engines.kinesis.engine import KinesisEngine

    return KinesisEngine(stage)
