"""Amazon SageMaker hosting: models, endpoints, and a real server process for each instance of a variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a server process imports this package too, and needs nothing of the stage
    from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine, for the stage to start."""
    from aws_stage.engines.sagemaker.engine import SageMakerEngine

    return SageMakerEngine(stage)
