"""One server process: its folder, its environment, its start and its end."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aws_stage.engines.sagemaker.containers.process import ContainerProcess, environment_of
from aws_stage.engines.sagemaker.hosting.server_client import ServerClient
from aws_stage.kernel.settings import HOST, Settings

_GRACE_SECONDS = 2.0
_BACKLOG = 128


@dataclass(frozen=True)
class Launch:
    """What a server process is started with; ``folder`` is its own and exists."""

    folder: Path
    framework: str
    model_dir: Path
    environment: Mapping[str, str]
    settings: Settings

    def container_environment(self) -> dict[str, str]:
        """The whole environment of the process."""
        # Whoever makes the model sets the rest, SAGEMAKER_PROGRAM above all: SageMaker does not.
        toolkit = {"OMP_NUM_THREADS": "1", "SM_MODEL_DIR": str(self.model_dir)}
        return environment_of(self.settings, {**toolkit, **self.environment})


class ServerProcess:
    """A process that was started; ``client`` speaks to it, ``output`` is what it writes."""

    def __init__(self, launch: Launch) -> None:
        self._failure = launch.folder / "failure"
        self._error = launch.folder / "error"
        for left_behind in (self._failure, self._error):
            left_behind.unlink(missing_ok=True)
        document = {"framework": launch.framework, "model_dir": str(launch.model_dir)}
        (launch.folder / "launch.json").write_text(json.dumps(document), encoding="utf-8")
        with socket.create_server((HOST, 0), backlog=_BACKLOG) as listener:
            self._process = ContainerProcess(
                "aws_stage.engines.sagemaker.serving",
                launch.folder,
                launch.container_environment(),
                (listener.fileno(),),
            )
            self.client = ServerClient(listener.getsockname()[1])

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def output(self) -> IO[bytes]:
        """Standard output and error."""
        return self._process.output

    def exited(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.exited()

    def refusal(self) -> str | None:
        """Why the model cannot be served here, when the process has said so."""
        return _text(self._failure)

    def error(self) -> str | None:
        """What the model's own code raised while it was loaded, if it did."""
        return _text(self._error)

    def end(self) -> None:
        """End it with all that it started, politely first. Once is enough."""
        self.client.close()
        self._process.end(_GRACE_SECONDS)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
