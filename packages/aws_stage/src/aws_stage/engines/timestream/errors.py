"""The errors of Timestream's two APIs."""

from __future__ import annotations

from aws_stage.kernel.engine import AwsError


def invalid(message: str) -> AwsError:
    """A request that the service does not accept."""
    return AwsError("ValidationException", message)


def unsupported(what: str) -> AwsError:
    """A thing that AWS does and this engine does not."""
    return invalid(f"{what} is not supported by the local stage. docs/local-stage.md lists what it supports.")


def not_found(kind: str, name: str) -> AwsError:
    """There is no such database or table."""
    return AwsError("ResourceNotFoundException", f"The {kind} {name} does not exist.")


def conflict(kind: str, name: str) -> AwsError:
    """The name is taken."""
    return AwsError("ConflictException", f"The {kind} {name} already exists.")
