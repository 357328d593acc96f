"""Errors of the graphs, with the HTTP status that AWS has for each."""

from __future__ import annotations

from functools import cache

from aws_stage.kernel.engine import AwsError


def failed(code: str, message: str) -> AwsError:
    """The error of that code, which is the name of an exception of the API ``neptunedata``."""
    return AwsError(code, message, _statuses()[code])


@cache
def _statuses() -> dict[str, int]:
    import botocore.session

    model = botocore.session.get_session().get_service_model("neptunedata")
    shapes = [model.shape_for(name) for name in model.shape_names]
    return {
        shape.name: shape.metadata["error"]["httpStatusCode"] for shape in shapes if shape.metadata.get("exception")
    }
