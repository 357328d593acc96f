"""Pages of a list, as AWS's ``NextToken`` and ``MaxResults`` cut them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from aws_stage.kernel.engine import AwsError

Item = TypeVar("Item")


def page(items: Sequence[Item], token: str | None, size: int | None, largest: int) -> tuple[list[Item], dict[str, Any]]:
    """The items of one page and ``{"NextToken": …}``, which is empty on the last page.

    ``size`` is what the caller asks for; ``largest`` is the API's limit and default. Raises InvalidInputException for a
    token that is not ours, ValidationException for a size outside 1 to ``largest``.
    """
    if size is not None and not 1 <= size <= largest:
        raise AwsError("ValidationException", f"MaxResults must be from 1 to {largest}, not {size}")
    start = _read(token) if token else 0
    end = start + (size or largest)
    more = {"NextToken": base64.urlsafe_b64encode(f"offset:{end}".encode()).decode()} if end < len(items) else {}
    return list(items[start:end]), more


def _read(token: str) -> int:
    try:
        word, _, offset = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if word == "offset":
            return int(offset)
    except (binascii.Error, ValueError):
        pass
    raise AwsError("InvalidInputException", "NextToken is not one that this operation gave")
