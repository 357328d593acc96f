"""DynamoDB: no streaming destination that would never deliver."""

from __future__ import annotations

from typing import Any

from aws_stage.patches.replace import replace


def apply() -> None:
    from ministack.core.responses import error_response_json
    from ministack.services import dynamodb

    def refuse(_data: dict[str, Any]) -> Any:
        """Streams belong to the kinesis engine, to which ministack's tables cannot write."""
        return error_response_json(
            "UnsupportedOperationException",
            "The local stage does not stream tables to Kinesis. docs/local-stage.md lists what it supports.",
            400,
        )

    replace(dynamodb, "_enable_kinesis_streaming_destination", refuse)
