"""What a function's process prints, in lines, and what it logs, in frames, by one pipe."""

from __future__ import annotations

import os
import selectors
import threading
import time

from aws_stage.engines.lambda_runtime.functions import LogLine

_FRAME = b"\xa5\x5a\x00"
"""Begins a frame, and is no text in UTF-8; then come its kind (1 byte), length (4) and time (8), big-endian, and the
text: ``FramedTelemetryLogSink`` of awslambdaric."""
_HEADER = 16
PIPE_BYTES = 65_536
"""What a pipe holds: man 7 pipe. Whoever reads that much has all that was written before."""
LONGEST_BYTES = 262_144
"""Of a line; a longer one is cut. docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""


class Output:
    """Reads by a selector, in the thread that waits for the process; ``take`` works from any."""

    def __init__(self, selector: selectors.BaseSelector, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._selector = selector
        self._descriptor = descriptor
        self._buffer = bytearray()
        self._lines: list[LogLine] = []
        self._lock = threading.Lock()
        self._open = True
        selector.register(descriptor, selectors.EVENT_READ, self.read)

    def read(self) -> None:
        """Read what was printed so far, and no more: a process may print without end."""
        left = PIPE_BYTES
        while self._open and left > 0:
            try:
                content = os.read(self._descriptor, left)
            except BlockingIOError:
                break
            if not content:
                self._selector.unregister(self._descriptor)
                self._open = False
            self._buffer += content
            left -= len(content)
        self._cut()

    def take(self) -> list[LogLine]:
        """The lines that were read and not taken yet."""
        with self._lock:
            lines, self._lines = self._lines, []
        return lines

    def rest(self) -> list[LogLine]:
        """All that was printed and not taken yet, with a line that has no end."""
        self.read()
        self._add(self._buffer)
        self._buffer.clear()
        return self.take()

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._descriptor)

    def _cut(self) -> None:
        """Take whole lines and frames off the buffer."""
        at = 0
        while True:
            frame, end = self._buffer.find(_FRAME, at), self._buffer.find(b"\n", at)
            if frame == at:
                start = at + _HEADER
                end = start + int.from_bytes(self._buffer[at + 4 : at + 8])
                if len(self._buffer) < max(start, end):
                    break
                self._add(self._buffer[start:end].removesuffix(b"\n"))
                at = end
            elif frame >= 0 and not 0 <= end < frame:  # a line without an end, and a frame after it
                self._add(self._buffer[at:frame])
                at = frame
            elif end >= 0:
                self._add(self._buffer[at:end], empty=True)
                at = end + 1
            elif len(self._buffer) - at >= LONGEST_BYTES:
                self._add(self._buffer[at : at + LONGEST_BYTES])
                at += LONGEST_BYTES
            else:
                break
        del self._buffer[:at]

    def _add(self, text: bytearray, *, empty: bool = False) -> None:
        if text or empty:
            with self._lock:
                self._lines.append((int(time.time() * 1000), text.decode("utf-8", "replace")))
