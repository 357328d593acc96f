"""Pages of the catalogue's lists. A page goes on after the last item of the one before, so that a caller who deletes
each page that it got misses nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from aws_stage.kernel.engine import AwsError

Item = TypeVar("Item")


def page(
    items: Iterable[Item], place: Callable[[Item], list[Any]], data: Mapping[str, Any], largest: int
) -> tuple[list[Item], dict[str, Any]]:
    """The items of one page, in the order of their ``place``, and ``{"NextToken": …}``, empty on the last page.

    ``data`` is the call's, with ``NextToken`` and ``MaxResults``; ``largest`` is the API's limit and default. Raises
    InvalidInputException for a token that is not ours.
    """
    ordered = sorted(items, key=place)
    if data.get("NextToken"):
        ordered = _after(_read(data["NextToken"]), ordered, place)
    found = ordered[: data.get("MaxResults") or largest]
    if len(found) == len(ordered):
        return found, {}
    token = base64.urlsafe_b64encode(json.dumps(place(found[-1])).encode()).decode()
    return found, {"NextToken": token}


def _after(last: list[Any], ordered: list[Item], place: Callable[[Item], list[Any]]) -> list[Item]:
    try:
        return [item for item in ordered if place(item) > last]
    except TypeError:
        raise _foreign() from None


def _foreign() -> AwsError:
    return AwsError("InvalidInputException", "NextToken is not one that this operation gave")


def _read(token: str) -> list[Any]:
    try:
        last = json.loads(base64.urlsafe_b64decode(token.encode()))
        if isinstance(last, list):
            return last
    except (binascii.Error, ValueError):
        pass
    raise _foreign()
