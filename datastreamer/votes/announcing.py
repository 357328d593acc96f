"""Having an update published, without waiting for it: counting must not stand still while browsers are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class Announcer:
    """Calls the function that publishes, asynchronously; it decides whether an update is due."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def announce(self, counted_at_ms: int) -> None:
        """Say that votes were counted. Raises ClientError or BotoCoreError, as boto3 does."""
        self._invoke({"counted_at_ms": counted_at_ms})

    def announce_change(self) -> None:
        """Say that the state of the round has changed, or that another began. Raises as ``announce``."""
        self._invoke({"changed": True})

    def _invoke(self, event: dict[str, int]) -> None:
        self._client.invoke(FunctionName=self._function, InvocationType="Event", Payload=json.dumps(event).encode())
