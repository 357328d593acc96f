"""Pages of the lists of the control plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from aws_stage.engines.timestream.errors import invalid
from aws_stage.kernel.engine import AwsError
from aws_stage.kernel.paging import page

Item = TypeVar("Item")

LARGEST = 20
"""The most that ListDatabases and ListTables answer at once (API reference)."""


def page_of(items: Sequence[Item], payload: dict[str, Any]) -> tuple[list[Item], dict[str, Any]]:
    """The items of the page that the request asks for, and its ``NextToken``."""
    try:
        return page(items, payload.get("NextToken"), payload.get("MaxResults"), LARGEST)
    except AwsError as error:
        raise invalid(error.message) from error
