"""A place where a function runs: a folder with its code, and a process there that is started when it is needed."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from aws_stage.engines.lambda_runtime.environment import Call, Environment, Outcome
from aws_stage.engines.lambda_runtime.functions import MOST_UNZIPPED_BYTES, Code, Config, LogLine
from aws_stage.engines.lambda_runtime.runtime_folder import RuntimeFolder
from aws_stage.engines.lambda_runtime.variables import function_environment
from aws_stage.kernel.archives import unpack_zip


@dataclass(frozen=True)
class Host:
    """What every function finds around it: ``runtime`` has AWS's packages, ``credentials`` those of a function."""

    folder: Path
    runtime: RuntimeFolder
    endpoint_url: str
    credentials: Callable[[Config], Mapping[str, str]]


class FunctionInstance:
    """Runs one function, one invocation at a time; the next process follows one that has ended."""

    def __init__(self, host: Host, config: Config, code: Code) -> None:
        self._host = host
        self._config = config
        self._code = code
        self._lock = threading.Lock()
        self._environment: Environment | None = None
        self._folder: Path | None = None
        self._retired = False
        self.variables: Mapping[str, str] = {}
        """The environment variables of the process that was started last."""

    def start(self) -> None:
        """Load the function, unless it is loaded; raises ArchiveError, ImportError and OSError."""
        with self._held():
            self._alive()

    def invoke(self, call: Call, payload: bytes) -> Outcome:
        """Run the handler once; raises ArchiveError, ImportError and OSError where no process can be started."""
        with self._held():
            environment, first = self._alive()
            if environment.failure is not None:
                content = {**json.loads(environment.failure.content), "requestId": call.request_id}
                self._clear()
                return replace(environment.failure, content=json.dumps(content).encode(), init_ms=environment.init_ms)
            outcome = environment.invoke(call, payload)
            return replace(outcome, init_ms=environment.init_ms) if first else outcome

    def printed(self) -> list[LogLine]:
        """What the invocation under way has printed since this was called last."""
        environment = self._environment  # there is none while a process is started
        return environment.printed() if environment is not None else []

    def end(self) -> None:
        """End the process, in the middle of an invocation as well, and remove its folder; waits for nobody."""
        self._retired = True
        environment = self._environment
        if environment is not None:
            environment.kill()
        self._clear_if_free()

    @contextmanager
    def _held(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        finally:
            if self._retired:
                self._clear_if_free()

    def _clear_if_free(self) -> None:
        """Otherwise whoever holds the instance does it afterwards."""
        if self._lock.acquire(blocking=False):
            try:
                self._clear()
            finally:
                self._lock.release()

    def _clear(self) -> None:
        if self._environment is not None:
            self._environment.close()
            self._environment = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _alive(self) -> tuple[Environment, bool]:
        """The environment, and whether it was started for this."""
        if self._environment is not None and self._environment.alive:
            return self._environment, False
        self._clear()
        self._folder = folder = Path(tempfile.mkdtemp(prefix=f"{self._config['FunctionName']}-", dir=self._host.folder))
        try:
            layers = [_unpacked(layer, folder / f"layer-{number}") for number, layer in enumerate(self._code.layers())]
            code = _unpacked(self._code.package, folder / "code")
            host, runtime = self._host, self._host.runtime.ready()
            credentials = host.credentials(self._config)
            self.variables = function_environment(self._config, credentials, host.endpoint_url, code, runtime)
            self._environment = Environment(code, layers, self.variables)
            self._environment.load()
        except BaseException:
            self._clear()
            raise
        return self._environment, True


def _unpacked(content: bytes, folder: Path) -> Path:
    unpack_zip(content, folder, MOST_UNZIPPED_BYTES)
    return folder
