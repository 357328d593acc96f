"""What runs in a Python function's own process: the runtime between the stage and the handler.

It is started as a script by the base interpreter, alone, without site-packages (``-I -S``): it must import nothing but
the standard library.

Messages in both directions are the lengths of two parts, then the parts: a JSON object that says what it is, and a
payload. All that the process prints goes to the stage by a pipe of its own, in which a line that begins with NUL says
how far it has come.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import json
import logging
import os
import resource
import socket
import struct
import sys
import threading
import time
import traceback
from decimal import Decimal
from typing import Any

LENGTHS = struct.Struct("!QQ")
_DEPTH = "_MINISTACK_INVOKE_DEPTH"
_DEPTH_HEADER = "X-Ministack-Invoke-Depth"


class InitError(Exception):
    """The function cannot be loaded; as Lambda words it."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.error = {"errorMessage": message, "errorType": kind, "requestId": "", "stackTrace": trace or []}


class Context:
    """The handler's second argument: docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    client_context = None

    class identity:  # noqa: N801  its name in Lambda
        cognito_identity_id = None
        cognito_identity_pool_id = None

    def __init__(self, call: dict[str, Any]) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = call["function_arn"]
        self.aws_request_id = call["request_id"]
        self._deadline = time.monotonic() + call["seconds"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))


class Stage:
    """The other end of the process's socket."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def receive(self) -> tuple[dict[str, Any], bytes] | None:
        """The next message, or None when there will be none."""
        head = self._read(LENGTHS.size)
        if head is None:
            return None
        about, payload = LENGTHS.unpack(head)
        said, content = self._read(about), self._read(payload)
        return None if said is None or content is None else (json.loads(said), bytes(content))

    def send(self, about: dict[str, Any], payload: bytes = b"") -> None:
        """Answer, after everything that was printed."""
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, b"\0" + about["request_id"].encode() + b"\n")
        said = json.dumps({**about, "peak_kb": _peak_kb()}).encode()
        self._control.sendall(LENGTHS.pack(len(said), len(payload)) + said)
        self._control.sendall(payload)

    def _read(self, size: int) -> bytearray | None:
        content = bytearray(size)
        view = memoryview(content)
        while size:
            got = self._control.recv_into(view[-size:], size)
            if not got:
                return None
            size -= got
        return content


def _peak_kb() -> int:
    """The most memory that this process had; ``ru_maxrss`` alone would begin with what the stage has."""
    try:
        with open("/proc/self/status", "rb") as status:  # noqa: PTH123  pathlib takes longer to import than this takes
            return next(int(line.split()[1]) for line in status if line.startswith(b"VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Logs(logging.Handler):
    """Lambda's handler of the root logger: docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""

    request_id = ""

    def __init__(self) -> None:
        super().__init__()
        formatter = logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s")
        formatter.datefmt = "%Y-%m-%dT%H:%M:%S"
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = self.request_id
        print(self.format(record))


class _Lineage(importlib.abc.MetaPathFinder):
    """Has botocore say how deep in calls of functions by functions a call is, once the function imports it."""

    def find_spec(self, name: str, *_: Any) -> Any:
        if name != "botocore.handlers":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                load(module)
                module.BUILTIN_HANDLERS.append(("before-call", _tell_depth))

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _tell_depth(params: dict[str, Any], **_: Any) -> None:
    if os.environ.get(_DEPTH):
        params["headers"].setdefault(_DEPTH_HEADER, os.environ[_DEPTH])


def _load(setup: dict[str, Any]) -> Any:
    own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [*setup["path"], *filter(None, own)]
    sys.path.extend(setup["runtime_path"])
    module_name, _, name = setup["handler"].rpartition(".")
    module_name = module_name.replace("/", ".")
    if not module_name:
        raise InitError(
            "Runtime.MalformedHandlerName", f"Bad handler '{setup['handler']}': not enough values to unpack"
        )
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise InitError("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise InitError("Runtime.UserCodeSyntaxError", message) from error
    except Exception as error:
        raise InitError(type(error).__name__, str(error), _trace(error)) from error
    if not hasattr(module, name):
        raise InitError("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")
    return getattr(module, name)


def _trace(error: BaseException) -> list[str]:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return traceback.format_list([frame for frame in frames if "importlib" not in frame.filename])


def _plain(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _run(handler: Any, call: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], bytes]:
    """What the stage is told, and the function's answer or error."""
    about = {"request_id": call["request_id"], "status": "error"}
    try:
        event = json.loads(payload)
    except ValueError as error:
        return {**about, "status": "unreadable"}, str(error).encode()
    try:
        result = handler(event, Context(call))
    except Exception as error:  # noqa: BLE001  whatever a function raises is its answer
        failure = {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "requestId": call["request_id"],
            "stackTrace": _trace(error),
        }
        return about, json.dumps(failure, ensure_ascii=False).encode("utf-8", "replace")
    try:
        content = json.dumps(result, ensure_ascii=False, default=_plain).encode()
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        failure = {"errorMessage": message, "errorType": "Runtime.MarshalError", "requestId": call["request_id"]}
        return about, json.dumps({**failure, "stackTrace": []}).encode()
    return {**about, "status": "ok"}, content


def _exit_with(stage_alive: int) -> None:
    """End this process when the stage has ended, whatever the handler is at."""
    os.read(stage_alive, 1)
    os._exit(1)


def _serve(stage: Stage) -> None:
    message = stage.receive()
    if message is None:
        return
    setup = message[0]
    sys.meta_path.insert(0, _Lineage())
    logs = Logs()
    logging.getLogger().addHandler(logs)
    try:
        handler = _load(setup)
    except InitError as error:
        stage.send({"request_id": "init", "status": "error"}, json.dumps(error.error).encode())
        return
    stage.send({"request_id": "init", "status": "ok"})
    while (message := stage.receive()) is not None:
        call, payload = message
        logs.request_id = call["request_id"]
        for name, value in call["environment"].items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        stage.send(*_run(handler, call, payload))


def main() -> None:
    alive = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    threading.Thread(target=_exit_with, args=(alive,), daemon=True).start()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.stderr.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    _serve(Stage(socket.socket(fileno=int(sys.argv[1]))))


if __name__ == "__main__":
    main()
