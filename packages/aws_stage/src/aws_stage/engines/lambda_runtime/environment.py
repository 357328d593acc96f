"""An execution environment of a Python function: a process that runs AWS's runtime interface client, and the way to it.

It sees its own code, its layers and what AWS's runtime has; its environment has nothing of the stage's but the address.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from aws_stage.engines.lambda_runtime.functions import MOST_BYTES, LogLine
from aws_stage.engines.lambda_runtime.output import Output
from aws_stage.engines.lambda_runtime.runtime_api import INIT_ERROR, NEXT, Request, RuntimeApi, error_of, response_to
from aws_stage.engines.lambda_runtime.runtime_folder import interpreter

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
INIT_SECONDS = 10.0
"""How long loading a function may take: docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
EXIT_SECONDS = 1.0
"""How long a process that has reported why it cannot go on may take to end."""
_NOT_JSON = "Runtime.UnmarshalError"
_INVALID_ID = b'{"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"}'
"""As AWS's runtime interface emulator words it."""


@dataclass(frozen=True)
class Call:
    """One invocation: how long it may take, and its tracing header."""

    request_id: str
    function_arn: str
    seconds: float
    trace: str


@dataclass
class Outcome:
    """What came of an invocation: the function's answer or, with ``error``, what went wrong, as JSON."""

    content: bytes
    error: bool = False
    unreadable: str | None = None
    """Why the payload is not JSON, when it is not."""
    lines: list[LogLine] = field(default_factory=list)
    init_ms: float | None = None
    peak_mb: int = 0
    duration_ms: float = 0.0


class _DiedError(Exception):
    """The process ended before it answered."""


class Environment:
    """One process. ``load`` it first; used by one thread at a time, but for ``printed`` and ``kill``."""

    def __init__(self, code: Path, layers: list[Path], variables: Mapping[str, str]) -> None:
        self._started = time.perf_counter()
        self._variables = variables
        self._killed = threading.Lock()
        self._asked: Request | None = None
        """For the next invocation, which is what answers it."""
        self.init_ms = 0.0
        self.failure: Outcome | None = None
        """Why the function could not be loaded."""
        self._selector = selectors.DefaultSelector()
        self._api = RuntimeApi(self._selector)
        read, write = os.pipe()
        self._output = Output(self._selector, read)
        folders = [str(folder) for layer in layers for folder in _python_folders(layer)]
        try:
            self.process = subprocess.Popen(
                [interpreter(), "-I", "-S", str(BOOTSTRAP), *folders],
                cwd=code,
                env={**variables, "AWS_LAMBDA_RUNTIME_API": self._api.address},
                stdin=subprocess.PIPE,
                stdout=write,
                stderr=write,
                start_new_session=True,
            )
        except BaseException:
            self._disconnect()
            raise
        finally:
            os.close(write)
        self._ended = os.pidfd_open(self.process.pid)
        self._selector.register(self._ended, selectors.EVENT_READ)

    def load(self) -> None:
        """Wait until the function is loaded, or has failed to."""
        seconds = max(INIT_SECONDS, float(self._variables["_LAMBDA_TIMEOUT"]))
        try:
            request = self._receive(time.monotonic() + seconds)
            if request.target == NEXT:
                self._asked = request
            else:
                self.failure = self._not_loaded(request)
        except TimeoutError:
            self.failure = self._timed_out("init", seconds)
        except (_DiedError, OSError):
            self.failure = self._died("init")
        self.init_ms = 1000 * (time.perf_counter() - self._started)

    def invoke(self, call: Call, payload: bytes) -> Outcome:
        """Run the handler once; a process that takes longer than ``call.seconds`` is killed."""
        started = time.perf_counter()
        deadline = time.monotonic() + call.seconds
        try:
            outcome = self._exchange(call, payload, deadline)
        except TimeoutError:
            outcome = self._timed_out(call.request_id, call.seconds)
        except (_DiedError, OSError):
            outcome = self._died(call.request_id)
        outcome.duration_ms = 1000 * (time.perf_counter() - started)
        return outcome

    def printed(self) -> list[LogLine]:
        """What the invocation under way has printed since this was called last."""
        return self._output.take()

    @property
    def alive(self) -> bool:
        """Whether it can be invoked."""
        return self.failure is None and self.process.poll() is None

    def kill(self) -> None:
        """End the process and what it started; once, since its number may be another's later on."""
        if self._killed.acquire(blocking=False):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill it, and close the way to it."""
        self.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        os.close(self._ended)
        self._disconnect()

    def _disconnect(self) -> None:
        self._selector.close()
        self._api.close()
        self._output.close()

    def _exchange(self, call: Call, payload: bytes, deadline: float) -> Outcome:
        asked, self._asked = self._asked or self._receive(deadline), None
        headers = {
            "Lambda-Runtime-Aws-Request-Id": call.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(1000 * (time.time() + call.seconds))),
            "Lambda-Runtime-Invoked-Function-Arn": call.function_arn,
            "Lambda-Runtime-Trace-Id": call.trace,
        }
        asked.answer(HTTPStatus.OK, deadline, headers, payload)
        answers = {response_to(call.request_id): False, error_of(call.request_id): True}
        while (request := self._receive(deadline)).target not in answers:
            request.answer(HTTPStatus.BAD_REQUEST, deadline, body=_INVALID_ID)
        lines, peak_mb = self._output.rest(), self._peak_mb()  # as it is when the function is done
        content, error = bytes(request.body), answers[request.target]
        with contextlib.suppress(OSError):  # the answer counts, even of a process that is gone by now
            request.answer(HTTPStatus.ACCEPTED, deadline)
        unreadable = _why_unreadable(content) if error else None
        return Outcome(content, error and unreadable is None, unreadable, lines, peak_mb=peak_mb)

    def _receive(self, deadline: float) -> Request:
        """The next request of the process; raises TimeoutError and _DiedError."""
        ended = False
        while (request := self._api.take()) is None:
            left = deadline - time.monotonic()
            if ended:
                raise _DiedError
            if left <= 0:
                raise TimeoutError
            for key, _ in self._selector.select(left):
                if key.data is None:
                    ended = True  # it may have asked for something before
                else:
                    key.data()
        return request

    def _not_loaded(self, request: Request) -> Outcome:
        """What the process has reported of itself, which ends now."""
        if request.target != INIT_ERROR:
            raise _DiedError
        request.answer(HTTPStatus.ACCEPTED, time.monotonic() + EXIT_SECONDS)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(EXIT_SECONDS)
        return Outcome(bytes(request.body), error=True, lines=self._output.rest())

    def _timed_out(self, request_id: str, seconds: float) -> Outcome:
        self.kill()
        self.process.wait()
        lines = self._output.rest()
        message = f"Task timed out after {seconds:.2f} seconds"
        now = datetime.now(UTC)
        stamp = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
        lines.append((int(now.timestamp() * 1000), f"{stamp} {request_id} {message}"))
        return Outcome(_failure("Sandbox.Timedout", request_id, message), error=True, lines=lines)

    def _died(self, request_id: str) -> Outcome:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(EXIT_SECONDS)  # it has closed its connection, on its way out
        self.kill()
        status = self.process.wait()
        how = f"signal: {signal.strsignal(-status)}".lower() if status < 0 else f"exit status {status}"
        message = "Runtime exited without providing a reason" if status == 0 else f"Runtime exited with error: {how}"
        lines = self._output.rest()
        lines.append((int(time.time() * 1000), f"RequestId: {request_id} Error: {message}\nRuntime.ExitError"))
        return Outcome(_failure("Runtime.ExitError", request_id, message), error=True, lines=lines)

    def _peak_mb(self) -> int:
        """The most memory that the process had."""
        try:
            with open(f"/proc/{self.process.pid}/status", "rb", buffering=0) as status:  # noqa: PTH123  each invocation
                text = status.read(4096)
        except OSError:
            return 0  # it has ended meanwhile
        return int(text.partition(b"VmHWM:")[2].split(maxsplit=1)[0]) // 1024


def _why_unreadable(error: bytes) -> str | None:
    """Why the payload is not JSON, if that is the error."""
    if _NOT_JSON.encode() not in error or len(error) > MOST_BYTES:
        return None
    found = json.loads(error)
    message: str = found["errorMessage"]
    return message.removeprefix("Unable to unmarshal input: ") if found["errorType"] == _NOT_JSON else None


def _failure(kind: str, request_id: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}).encode()


def _python_folders(layer: Path) -> list[Path]:
    packages = sorted((layer / "python" / "lib").glob("python*/site-packages"))
    return [*packages, *(folder for folder in [layer / "python"] if folder.is_dir())]
