"""A wish of ours: mappings of Kinesis streams are the engine ``event_source_mapping``'s, and ministack makes none."""

from __future__ import annotations

from typing import Any

from aws_stage.patches.replace import replace


def apply() -> None:
    from ministack.core.responses import error_response_json
    from ministack.services import lambda_svc

    def create_mapping(data: dict[str, Any]) -> Any:
        """Streams belong to the kinesis engine, which ministack's poller cannot see: it would wait for ever."""
        if str(data.get("EventSourceArn", "")).split(":")[2:3] == ["kinesis"]:
            return error_response_json(
                "InvalidParameterValueException",
                "The local stage runs event source mappings of Kinesis streams that CreateEventSourceMapping made, and "
                "no others.",
                400,
            )
        return original_create(data)

    original_create = replace(lambda_svc, "_create_esm", create_mapping)
