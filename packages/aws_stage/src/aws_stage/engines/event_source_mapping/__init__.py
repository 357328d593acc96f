"""Lambda's event source mappings of Kinesis streams: pollers that batch, retry, bisect, filter and park."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine, for the stage to start."""
    from aws_stage.engines.event_source_mapping.engine import EventSourceMappingEngine

    return EventSourceMappingEngine(stage)
