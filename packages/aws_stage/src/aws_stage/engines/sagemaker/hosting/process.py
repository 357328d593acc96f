"""One server process: its folder, its environment, its start and its end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aws_stage.engines.sagemaker.hosting.server_client import ServerClient
from aws_stage.kernel.settings import ACCOUNT_ID, HOST, OWN_SECRET, Settings

SOURCES = Path(__file__).resolve().parents[4]
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER")
"""A container sees no more of the stage's environment than this: on AWS it would see none of it."""
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
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        # Whoever makes the model sets the rest, SAGEMAKER_PROGRAM above all: SageMaker does not.
        toolkit = {"SM_MODEL_DIR": str(self.model_dir)}
        access = {
            "AWS_ENDPOINT_URL": self.settings.endpoint_url,
            "AWS_DEFAULT_REGION": self.settings.region,
            "AWS_REGION": self.settings.region,
            "AWS_ACCESS_KEY_ID": ACCOUNT_ID,
            "AWS_SECRET_ACCESS_KEY": OWN_SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        python = {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
        return {**inherited, **python, **access, **toolkit, **self.environment}


class ServerProcess:
    """A process that was started; ``client`` speaks to it, ``output`` is what it writes."""

    def __init__(self, launch: Launch) -> None:
        self._failure = launch.folder / "failure"
        self._error = launch.folder / "error"
        for left_behind in (self._failure, self._error):
            left_behind.unlink(missing_ok=True)
        document = {"framework": launch.framework, "model_dir": str(launch.model_dir)}
        (launch.folder / "launch.json").write_text(json.dumps(document), encoding="utf-8")
        watched, self._lifeline = os.pipe()
        with socket.create_server((HOST, 0), backlog=_BACKLOG) as listener:
            descriptors = (listener.fileno(), watched)
            program = ["-P", "-m", "aws_stage.engines.sagemaker.serving", str(launch.folder), *map(str, descriptors)]
            environment = launch.container_environment()
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(SOURCES), environment.get("PYTHONPATH"))))
            self._process = subprocess.Popen(
                [sys.executable, *program],
                env=environment,
                cwd=launch.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=descriptors,
                start_new_session=True,
            )
            self.client = ServerClient(listener.getsockname()[1])
        os.close(watched)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def output(self) -> IO[bytes]:
        """Standard output and error."""
        output = self._process.stdout
        if output is None:
            raise RuntimeError("the process was started without a pipe")
        return output

    def exited(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def refusal(self) -> str | None:
        """Why the model cannot be served here, when the process has said so."""
        return _text(self._failure)

    def error(self) -> str | None:
        """What the model's own code raised while it was loaded, if it did."""
        return _text(self._error)

    def end(self) -> None:
        """End it with all that it started, politely first. Once is enough."""
        self.client.close()
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(OSError):
            os.close(self._lifeline)

    def _signal(self, how: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, how)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
