"""What a worker does between its start and its end: read requests, answer them, stop when it is told to.

A request that is beyond stopping (C code that keeps the interpreter's lock) is the stage's to end, with a signal. So is
a worker whose stage has gone: the system itself ends it then, since no thread of it may get to run.
"""

from __future__ import annotations

import faulthandler
import fcntl
import json
import os
import queue
import resource
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol


class Stoppable(Protocol):
    """One request under way."""

    def cancel(self) -> None: ...


Respond = Callable[[dict[str, Any], Any], dict[str, Any]]
"""Answers a request, whose stop is its second argument. What it raises ends the worker."""


def serve(begin: Callable[[], Stoppable], respond: Respond, memory_bytes: int) -> None:
    """Answer until the stage closes the pipe; ``begin`` makes the stop of each request.

    ``memory_bytes`` is all the memory that the process may ever take: beyond it Python raises MemoryError, and native
    code fails or ends the process.
    """
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_the_stage(int(sys.argv[1]))
    answers = _take_output()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    requests = _Requests(begin)
    threading.Thread(target=requests.read, name="requests", daemon=True).start()
    while True:
        request, stop = requests.next()
        answer = respond(request, stop)
        requests.done()
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


class _Requests:
    """The lines that the stage sends. At most one request is under way."""

    def __init__(self, begin: Callable[[], Stoppable]) -> None:
        self._begin = begin
        self._queue: queue.SimpleQueue[tuple[dict[str, Any], Stoppable]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current: tuple[int, Stoppable] | None = None

    def read(self) -> None:
        """Read until the stage closes the pipe, then end the process at once."""
        for line in sys.stdin.buffer:
            message = json.loads(line)
            if "ask" in message:
                stop = self._begin()
                with self._lock:
                    self._current = message["serial"], stop
                self._queue.put((message["ask"], stop))
            else:
                with self._lock:
                    current = self._current
                if current is not None and current[0] == message["interrupt"]:
                    current[1].cancel()
        os._exit(0)

    def next(self) -> tuple[dict[str, Any], Stoppable]:
        """Wait for a request."""
        return self._queue.get()

    def done(self) -> None:
        """What is said of this request from now on comes too late."""
        with self._lock:
            self._current = None


def _take_output() -> Any:
    """Standard output, for answers alone: what others print goes to the stage's log."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _die_with_the_stage(lifeline: int) -> None:
    """Have the system end this process when the other end of ``lifeline`` is gone, however the stage ended.

    The kernel signals a pipe's hang-up to whoever asked for it, and the default action of SIGIO is to end the process:
    that needs no thread of this process to run. (Where SIGIO is ignored by default, the reader of requests ends it.)
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    if select.select([lifeline], [], [], 0)[0]:
        os._exit(0)
