"""What every operation does alike: required members, refusals, paging and tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from aws_stage.kernel.engine import AwsError

T = TypeVar("T")


def invalid(message: str) -> AwsError:
    """The error that Athena answers a wrong request with."""
    return AwsError("InvalidRequestException", message)


def required(payload: Mapping[str, Any], member: str) -> Any:
    """A member that must be there; raises InvalidRequestException when it is not."""
    value = payload.get(member)
    if value in (None, ""):
        raise invalid(f"{member} is required")
    return value


def encode_token(position: Any) -> str:
    """An opaque NextToken for a JSON position."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def decode_token(token: str) -> Any:
    """The position in a NextToken that ``encode_token`` made; raises InvalidRequestException otherwise."""
    try:
        return json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise invalid("The NextToken is not valid.") from error


def page(items: Sequence[T], payload: Mapping[str, Any], default: int) -> tuple[list[T], dict[str, str]]:
    """One page of ``items``, and ``{"NextToken": …}`` when there are more."""
    start = int(decode_token(payload["NextToken"])) if payload.get("NextToken") else 0
    end = start + int(payload.get("MaxResults") or default)
    return list(items[start:end]), {"NextToken": encode_token(end)} if end < len(items) else {}
