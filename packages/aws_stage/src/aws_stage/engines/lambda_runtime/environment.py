"""An execution environment of a Python function: a process that runs ``bootstrap``, and the way to it.

It sees its own code, its layers and what AWS's runtime has; its environment has nothing of the stage's but the address.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_stage.engines.lambda_runtime.bootstrap import LENGTHS
from aws_stage.engines.lambda_runtime.functions import Config, LogLine

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
INIT_SECONDS = 10.0
"""How long loading a function may take: docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
EXIT_SECONDS = 1.0
LOGS_SECONDS = 1.0
"""How long the end of what was printed is waited for when a process has died."""


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


@dataclass(frozen=True)
class Setting:
    """What an environment is made from; ``extracted`` layers are folders."""

    code: Path
    layers: list[Path]
    interpreter: str
    environment: Mapping[str, str]


class Environment:
    """One process. Used by one invocation at a time."""

    def __init__(self, setting: Setting) -> None:
        started = time.perf_counter()
        self._ended = False
        self._control, theirs = socket.socketpair()
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [setting.interpreter, "-I", "-S", str(BOOTSTRAP), str(theirs.fileno())],
            cwd=setting.code,
            env=dict(setting.environment),
            stdin=subprocess.PIPE,
            stdout=write,
            stderr=write,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
        theirs.close()
        os.close(write)
        self._printed = _Printed(read)
        self.failure: Outcome | None = None
        """Why the function could not be loaded."""
        path = [str(setting.code), *(str(folder) for layer in setting.layers for folder in _python_folders(layer))]
        variables = setting.environment
        setup = {"handler": variables["_HANDLER"], "path": path, "runtime_path": [variables["LAMBDA_RUNTIME_DIR"]]}
        seconds = max(INIT_SECONDS, float(variables["_LAMBDA_TIMEOUT"]))
        outcome = self._exchange(setup, b"", "init", seconds)
        self.init_ms = 1000 * (time.perf_counter() - started)
        if outcome.error:
            self.failure = outcome
        else:
            self._printed.put_back(outcome.lines)  # they are the first invocation's

    def invoke(self, call: dict[str, Any], payload: bytes) -> Outcome:
        """Run the handler once; a process that takes longer than ``call["seconds"]`` is ended."""
        started = time.perf_counter()
        outcome = self._exchange(call, payload, call["request_id"], call["seconds"])
        outcome.duration_ms = 1000 * (time.perf_counter() - started)
        return outcome

    def printed(self) -> list[LogLine]:
        """What the invocation under way has printed since this was called last."""
        return self._printed.so_far()

    @property
    def alive(self) -> bool:
        """Whether it can be invoked."""
        return self.failure is None and self.process.poll() is None

    def end(self) -> None:
        """End the process and what it started; once, since its number may be another's later on."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        self._control.close()

    def _exchange(self, about: dict[str, Any], payload: bytes, request_id: str, seconds: float) -> Outcome:
        deadline = time.monotonic() + seconds
        try:
            said = json.dumps(about).encode()
            self._control.settimeout(seconds)
            self._control.sendall(LENGTHS.pack(len(said), len(payload)) + said)
            self._control.sendall(payload)
            sizes = LENGTHS.unpack(self._read(LENGTHS.size, deadline))
            answer = json.loads(self._read(sizes[0], deadline))
            content = bytes(self._read(sizes[1], deadline))
        except TimeoutError:
            self.end()
            lines = self._printed.rest()
            message = f"Task timed out after {seconds:.2f} seconds"
            now = datetime.now(UTC)
            stamp = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
            lines.append((int(now.timestamp() * 1000), f"{stamp} {request_id} {message}"))
            return Outcome(_failure("Sandbox.Timedout", request_id, message), error=True, lines=lines)
        except (_DiedError, OSError):
            return self._died(request_id)
        peak = answer["peak_kb"] // 1024
        lines = self._printed.until(request_id)
        if answer["status"] == "unreadable":
            return Outcome(b"", unreadable=content.decode(), lines=lines, peak_mb=peak)
        error = answer["status"] != "ok"
        if error:
            lines.append((int(time.time() * 1000), _told(content)))
        return Outcome(content, error, lines=lines, peak_mb=peak)

    def _died(self, request_id: str) -> Outcome:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(EXIT_SECONDS)  # it has closed its socket, on its way out
        self.end()
        status = self.process.returncode
        how = f"signal: {signal.strsignal(-status)}".lower() if status < 0 else f"exit status {status}"
        message = "Runtime exited without providing a reason" if status == 0 else f"Runtime exited with error: {how}"
        lines = self._printed.rest()
        lines.append((int(time.time() * 1000), f"RequestId: {request_id} Error: {message}\nRuntime.ExitError"))
        return Outcome(_failure("Runtime.ExitError", request_id, message), error=True, lines=lines)

    def _read(self, size: int, deadline: float) -> bytearray:
        content = bytearray(size)
        view = memoryview(content)
        while size:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._control.settimeout(left)
            got = self._control.recv_into(view[-size:], size)
            if not got:
                raise _DiedError
            size -= got
        return content


class _Printed:
    """What a process prints, line by line, read by a thread of its own."""

    def __init__(self, descriptor: int) -> None:
        self._lines: list[LogLine] = []
        self._said = threading.Condition()
        self._marks: set[str] = set()
        self._ended = False
        threading.Thread(target=self._collect, args=(descriptor,), name="lambda-output", daemon=True).start()

    def until(self, request_id: str) -> list[LogLine]:
        """What was printed before the mark of an invocation."""
        with self._said:
            self._said.wait_for(lambda: request_id in self._marks or self._ended)
            self._marks.clear()
            lines, self._lines = self._lines, []
        return lines

    def so_far(self) -> list[LogLine]:
        """What was printed and not taken yet."""
        with self._said:
            lines, self._lines = self._lines, []
        return lines

    def put_back(self, lines: list[LogLine]) -> None:
        """Have these taken once more, before all others."""
        with self._said:
            self._lines[:0] = lines

    def rest(self) -> list[LogLine]:
        """What was printed by a process that has ended."""
        with self._said:
            self._said.wait_for(lambda: self._ended, LOGS_SECONDS)
            lines, self._lines = self._lines, []
        return lines

    def _collect(self, descriptor: int) -> None:
        with open(descriptor, "rb") as printed:
            for line in printed:
                text, marked, mark = line.rstrip(b"\n").partition(b"\0")
                with self._said:
                    if text or not marked:
                        self._lines.append((int(time.time() * 1000), text.decode("utf-8", "replace")))
                    if marked:
                        self._marks.add(mark.decode("utf-8", "replace"))
                        self._said.notify_all()
        with self._said:
            self._ended = True
            self._said.notify_all()


def _failure(kind: str, request_id: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}).encode()


def _told(content: bytes) -> str:
    """An error as Lambda prints it."""
    error = json.loads(content)
    trace = error.get("stackTrace") or []
    head = f"[ERROR] {error['errorType']}: {error['errorMessage']}"
    return "\n".join([head, *(["Traceback (most recent call last):"] if trace else []), *(t.rstrip() for t in trace)])


def _python_folders(layer: Path) -> list[Path]:
    packages = sorted((layer / "python" / "lib").glob("python*/site-packages"))
    return [*packages, *(folder for folder in [layer / "python"] if folder.is_dir())]


def function_environment(
    config: Config, credentials: Mapping[str, str], endpoint_url: str, code: Path, runtime: Path
) -> dict[str, str]:
    """The variables of a function, and no others: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    region = config["FunctionArn"].split(":")[3]
    version = config.get("Version", "$LATEST")
    name = config["FunctionName"]
    stream = f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{uuid.uuid4().hex}"
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        **config.get("Environment", {}).get("Variables", {}),
        **credentials,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_TASK_ROOT": str(code),
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "_HANDLER": config["Handler"],
        "_LAMBDA_TIMEOUT": str(config.get("Timeout", 3)),
    }
