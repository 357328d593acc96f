"""Amazon Neptune: clusters, and the openCypher queries that they answer, on ArcadeDB."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine, for the stage to start."""
    from aws_stage.engines.neptune.engine import NeptuneEngine

    return NeptuneEngine(stage)
