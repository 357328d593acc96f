"""What containers write, in CloudWatch Logs: a stream a container."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.kernel.clock import Clock
from aws_stage.kernel.log_streams import MAX_LINE, Line, LogStreams, Stream
from aws_stage.kernel.periodic import Periodic

logger = logging.getLogger("aws_stage.sagemaker")

_SHIP_SECONDS = 0.5
_MOST_LINES = 10_000
"""A stream that writes more between two shipments loses the rest, and the log says how many lines those were."""


class ContainerLogs:
    """Collects lines from any thread and sends them from one of its own."""

    def __init__(self, client: Callable[[str], Any], clock: Clock) -> None:
        self._streams = LogStreams(lambda: client("logs"))
        self._clock = clock
        self._lock = threading.Lock()
        self._lines: dict[Stream, list[Line]] = {}
        self._lost: dict[Stream, int] = {}
        self._one_at_a_time = threading.Lock()
        self._shipping = Periodic(self._ship, _SHIP_SECONDS, "sagemaker-logs", at_end=True)

    def start(self) -> None:
        """Begin to send."""
        self._shipping.start()

    def stop(self) -> None:
        """Send what there is, and end."""
        self._shipping.stop()

    def flush(self) -> None:
        """Send what there is now."""
        self._ship()

    def take(self, stream: Stream, output: IO[bytes], look: Callable[[str], str] = str) -> None:
        """Read ``output`` to its end, line by line; what ``look`` makes of a line is written."""
        with output:
            for raw in output:
                line = look(raw.decode("utf-8", "replace").rstrip())[:MAX_LINE]
                if line:
                    self._add(stream, line)

    def _add(self, stream: Stream, line: str) -> None:
        moment = round(self._clock.now().timestamp() * 1000)
        with self._lock:
            lines = self._lines.setdefault(stream, [])
            if len(lines) < _MOST_LINES:
                lines.append((moment, line))
            else:
                self._lost[stream] = self._lost.get(stream, 0) + 1

    def _ship(self) -> None:
        with self._one_at_a_time:
            self._send()

    def _send(self) -> None:
        with self._lock:
            collected, self._lines = self._lines, {}
            lost, self._lost = self._lost, {}
        for stream, lines in collected.items():
            if stream in lost:
                lines.append((lines[-1][0], f"({lost[stream]} more lines were written too fast to be kept)"))
            try:
                self._streams.write(stream, lines)
            except (ClientError, BotoCoreError) as error:
                logger.warning("cannot write to log stream %s of %s: %s", stream[1], stream[0], error)
