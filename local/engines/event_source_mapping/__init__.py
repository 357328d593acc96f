"""Lambda's event source mappings of Kinesis streams: pollers that batch, retry, bisect, filter and park."""

from __future__ import annotations

from local.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine, for the stage to start."""
    from local.engines.event_source_mapping.engine import EventSourceMappingEngine

    return EventSourceMappingEngine(stage)
