"""DynamoDB's items: on disk, read by the page, and gone when they expire."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``stage``."""
    from aws_stage.engines.dynamodb.engine import DynamoDb

    return DynamoDb(stage)
