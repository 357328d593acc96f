"""One worker: a process that answers one request at a time, and that can be ended whatever it does."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from aws_stage.kernel.settings import Settings

SOURCES = Path(__file__).resolve().parents[2]
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "LD_LIBRARY_PATH")
GRACE_SECONDS = 0.5
"""How long a worker that was asked to stop may take to say so, before it is ended."""

Answer = dict[str, Any]


class WorkerDiedError(Exception):
    """The process ended before it answered; the message says how."""


class WorkerProcess:
    """The process of ``module``, which calls ``local.workers.loop.serve``. Nothing outlives the stage.

    ``ask`` is called by one thread at a time, ``interrupt`` and ``end`` by any.
    """

    def __init__(self, module: str, settings: Settings) -> None:
        lifeline, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, str(lifeline)],
                env=_environment(settings),
                cwd=settings.data_dir,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(lifeline,),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(lifeline)
        self._lock = threading.Lock()
        self._asked_to_stop: float | None = None
        self._serial = 0
        self._ended = False

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return not self._ended and self._process.poll() is None

    def ask(self, request: dict[str, Any]) -> Answer:
        """What the process answers; raises WorkerDiedError when it ends instead."""
        with self._lock:
            self._asked_to_stop = None
            self._serial += 1
            sent = self._send({"ask": request, "serial": self._serial})
        line = self._process.stdout.readline() if sent and self._process.stdout else b""
        if not line.endswith(b"\n"):
            raise WorkerDiedError(self._how_it_ended())
        answer: Answer = json.loads(line)
        return answer

    def interrupt(self) -> None:
        """Ask it to give up its request; called again after the grace, end it."""
        with self._lock:
            now = time.monotonic()
            if self._asked_to_stop is None:
                self._asked_to_stop = now
            if now - self._asked_to_stop < GRACE_SECONDS and self._send({"interrupt": self._serial}):
                return
        self.kill()

    def kill(self) -> None:
        """End it at once, whatever it does; its request raises WorkerDiedError."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._process.returncode is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """End it and give back what it held. Once is enough."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
        self.kill()
        self._process.wait()
        os.close(self._lifeline)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _send(self, message: dict[str, Any]) -> bool:
        """Write one line; False when nobody reads any more. A worker always reads: its pipe is never full for long."""
        stdin = self._process.stdin
        if stdin is None or self._ended:
            return False
        try:
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def _how_it_ended(self) -> str:
        self.kill()
        status = self._process.wait()
        if status >= 0:
            return f"exit status {status}"
        try:
            return f"signal {signal.Signals(-status).name}"
        except ValueError:
            return f"signal {-status}"


def _environment(settings: Settings) -> dict[str, str]:
    """What a worker sees: the stage's own settings, and no credentials but those that the stage gives its clients."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        **inherited,
        **settings.environment(),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(SOURCES), os.environ.get("PYTHONPATH")))),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
