"""Lines written to CloudWatch Logs: in batches as large as it takes, to groups and streams that are made as needed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError

_MAX_EVENTS = 10_000
_MAX_BYTES = 1_000_000
_EVENT_OVERHEAD = 26
MAX_LINE = 60_000
"""PutLogEvents takes 10,000 events and 1 MiB (26 bytes counted for each event); a line of 60,000 characters is at most
240 KB of UTF-8, under the 256 KiB of an event."""

Stream = tuple[str, str]
"""Log group and log stream."""

Line = tuple[int, str]
"""When it was written, in milliseconds since the epoch, and what."""


class LogStreams:
    """For one thread at a time."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client
        self._made: set[Stream] = set()

    def write(self, stream: Stream, lines: Sequence[Line]) -> None:
        """Add ``lines``, each of at most MAX_LINE characters; raises what boto3 raises."""
        if stream not in self._made:
            self._make(stream)
        try:
            self._write(stream, lines)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            self._make(stream)  # somebody has deleted it in the meantime
            self._write(stream, lines)

    def _write(self, stream: Stream, lines: Sequence[Line]) -> None:
        batch: list[dict[str, Any]] = []
        size = 0
        for moment, line in lines:
            cost = len(line.encode()) + _EVENT_OVERHEAD
            if batch and (len(batch) == _MAX_EVENTS or size + cost > _MAX_BYTES):
                self._put(stream, batch)
                batch, size = [], 0
            batch.append({"timestamp": moment, "message": line})
            size += cost
        if batch:
            self._put(stream, batch)

    def _put(self, stream: Stream, batch: list[dict[str, Any]]) -> None:
        self._client().put_log_events(logGroupName=stream[0], logStreamName=stream[1], logEvents=batch)

    def _make(self, stream: Stream) -> None:
        client = self._client()
        exists = client.exceptions.ResourceAlreadyExistsException
        with contextlib.suppress(exists):
            client.create_log_group(logGroupName=stream[0])
        with contextlib.suppress(exists):
            client.create_log_stream(logGroupName=stream[0], logStreamName=stream[1])
        self._made.add(stream)
