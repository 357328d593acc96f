"""What the control plane accepts, beyond AWS's service model."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.timestream.errors import invalid
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import Call

WRITE_MODEL = "timestream-write"

SHORTEST = 3
LONGEST = 256
"""Bytes of a database's or table's name (developer guide, "Quotas" and "Naming constraints")."""


def checked(call: Call) -> dict[str, Any]:
    """The call's members; raises ValidationException where they break the model of the write API."""
    check(WRITE_MODEL, call.operation, call.payload)
    return call.payload


def check_name(kind: str, name: str) -> str:
    """``name``; raises for one of another length than a database's or table's may have."""
    if not SHORTEST <= len(name.encode()) <= LONGEST:
        raise invalid(f"The {kind} name must have {SHORTEST} to {LONGEST} bytes: {name}")
    return name
