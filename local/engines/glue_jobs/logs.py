"""A run's output and error, sent to CloudWatch Logs while it runs."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.clock import Clock

logger = logging.getLogger("datastreamer.glue_jobs")

OUTPUT_GROUP = "/aws-glue/jobs/output"
ERROR_GROUP = "/aws-glue/jobs/error"
CONTINUOUS_GROUP = "/aws-glue/jobs/logs-v2"

_MAX_EVENTS = 10_000
_MAX_BYTES = 1_000_000
_EVENT_OVERHEAD = 26
_MAX_LINE = 200_000
"""PutLogEvents takes 10,000 events and 1 MiB (26 bytes counted for each event), and an event 256 KiB."""


@dataclass
class Tail:
    """One file and the streams that its lines go to, as ``(group, stream)``."""

    file: Path
    streams: Sequence[tuple[str, str]]
    offset: int = field(default=0)

    def lines(self, final: bool) -> list[str]:
        """The whole lines written since the last call; with ``final`` the unfinished one, too."""
        if not self.file.exists():
            return []
        with self.file.open("rb") as file:
            file.seek(self.offset)
            data = file.read()
        if not final:
            data = data[: data.rfind(b"\n") + 1]
        self.offset += len(data)
        return [line[:_MAX_LINE] for line in data.decode("utf-8", "replace").split("\n") if line.strip()]


class LogShipper:
    """Sends what the tails find; a stream is made when it has its first line."""

    def __init__(self, client: Any, tails: Sequence[Tail], clock: Clock) -> None:
        self._client = client
        self._tails = tails
        self._clock = clock
        self._made: set[tuple[str, str]] = set()

    def ship(self, final: bool = False) -> None:
        """Send the new lines; a failure is logged and never ends the run."""
        for tail in self._tails:
            lines = tail.lines(final)
            if not lines:
                continue
            for group, stream in tail.streams:
                try:
                    self._send(group, stream, lines)
                except (ClientError, BotoCoreError):
                    logger.exception("cannot write to log stream %s of %s", stream, group)

    def _send(self, group: str, stream: str, lines: list[str]) -> None:
        if (group, stream) not in self._made:
            self._make(group, stream)
        timestamp = int(self._clock.now().timestamp() * 1000)
        batch: list[dict[str, Any]] = []
        size = 0
        for line in lines:
            cost = len(line.encode()) + _EVENT_OVERHEAD
            if batch and (len(batch) == _MAX_EVENTS or size + cost > _MAX_BYTES):
                self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)
                batch, size = [], 0
            batch.append({"timestamp": timestamp, "message": line})
            size += cost
        self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)

    def _make(self, group: str, stream: str) -> None:
        for make, arguments in (
            (self._client.create_log_group, {"logGroupName": group}),
            (self._client.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            with contextlib.suppress(self._client.exceptions.ResourceAlreadyExistsException):
                make(**arguments)
        self._made.add((group, stream))
