"""What server processes write, in CloudWatch Logs: one group an endpoint, one stream an instance."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.clock import Clock

logger = logging.getLogger("datastreamer.sagemaker")

GROUP = "/aws/sagemaker/Endpoints/"
_SHIP_SECONDS = 0.5
_LONGEST_LINE = 60_000
_MOST_LINES = 10_000
"""PutLogEvents takes 10,000 events and 1 MiB; a stream that writes more between two shipments loses the rest, and the
log says how many lines those were."""
_MAX_BYTES = 1_000_000
_EVENT_OVERHEAD = 26

Stream = tuple[str, str]


class ServerLogs:
    """Collects lines from any thread and sends them from one of its own."""

    def __init__(self, client: Callable[[str], Any], clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._lines: dict[Stream, list[tuple[int, str]]] = {}
        self._lost: dict[Stream, int] = {}
        self._made: set[Stream] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sagemaker-logs", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send what there is, and end."""
        self._stopping.set()
        self._thread.join()

    def take(self, endpoint: str, stream: str, output: IO[bytes]) -> None:
        """Read ``output`` to its end, line by line."""
        key = (GROUP + endpoint, stream)
        with output:
            for raw in output:
                line = raw.decode("utf-8", "replace").rstrip()[:_LONGEST_LINE]
                if line:
                    self._add(key, line)

    def forget(self, endpoint: str) -> None:
        """The endpoint is deleted: its group may be, too."""
        with self._lock:
            self._made = {stream for stream in self._made if stream[0] != GROUP + endpoint}

    def _add(self, key: Stream, line: str) -> None:
        moment = round(self._clock.now().timestamp() * 1000)
        with self._lock:
            lines = self._lines.setdefault(key, [])
            if len(lines) < _MOST_LINES:
                lines.append((moment, line))
            else:
                self._lost[key] = self._lost.get(key, 0) + 1

    def _run(self) -> None:
        while not self._stopping.wait(_SHIP_SECONDS):
            self._ship()
        self._ship()

    def _ship(self) -> None:
        with self._lock:
            collected, self._lines = self._lines, {}
            lost, self._lost = self._lost, {}
        for key, lines in collected.items():
            if key in lost:
                lines.append((lines[-1][0], f"({lost[key]} more lines were written too fast to be kept)"))
            try:
                self._send_or_make(key, lines)
            except (ClientError, BotoCoreError) as error:
                logger.warning("cannot write to log stream %s of %s: %s", key[1], key[0], error)

    def _send_or_make(self, key: Stream, lines: list[tuple[int, str]]) -> None:
        """Somebody may have deleted the group in the meantime."""
        try:
            self._send(key, lines)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            self._made.discard(key)
            self._send(key, lines)

    def _send(self, key: Stream, lines: list[tuple[int, str]]) -> None:
        if key not in self._made:
            self._make(*key)
        batch: list[dict[str, Any]] = []
        size = 0
        for moment, line in lines:
            cost = len(line.encode()) + _EVENT_OVERHEAD
            if batch and (len(batch) == _MOST_LINES or size + cost > _MAX_BYTES):
                self._client("logs").put_log_events(logGroupName=key[0], logStreamName=key[1], logEvents=batch)
                batch, size = [], 0
            batch.append({"timestamp": moment, "message": line})
            size += cost
        self._client("logs").put_log_events(logGroupName=key[0], logStreamName=key[1], logEvents=batch)

    def _make(self, group: str, stream: str) -> None:
        client = self._client("logs")
        exists = client.exceptions.ResourceAlreadyExistsException
        with contextlib.suppress(exists):
            client.create_log_group(logGroupName=group)
        with contextlib.suppress(exists):
            client.create_log_stream(logGroupName=group, logStreamName=stream)
        self._made.add((group, stream))
