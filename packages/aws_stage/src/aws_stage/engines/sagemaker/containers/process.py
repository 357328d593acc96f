"""The stage's side of a container: its process, from its environment to its end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from aws_stage.kernel.settings import ACCOUNT_ID, OWN_SECRET, Settings

SOURCES = Path(__file__).resolve().parents[4]
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER")
"""A container sees no more of the stage's environment than this: on AWS it would see none of it."""


def environment_of(settings: Settings, given: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a container: ``given``, and how to reach the stage."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    access = {
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_REGION": settings.region,
        "AWS_ACCESS_KEY_ID": ACCOUNT_ID,
        "AWS_SECRET_ACCESS_KEY": OWN_SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return {**inherited, "PYTHONUNBUFFERED": "1", **access, **given}


class ContainerProcess:
    """``python -m module FOLDER [DESCRIPTOR…] LIFELINE`` in a session of its own; ``output`` is what it writes."""

    def __init__(
        self, module: str, folder: Path, environment: Mapping[str, str], descriptors: Sequence[int] = ()
    ) -> None:
        """Start it; raises OSError."""
        watched, self._lifeline = os.pipe()
        passed = (*descriptors, watched)
        path = os.pathsep.join(filter(None, (str(SOURCES), environment.get("PYTHONPATH"))))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, str(folder), *map(str, passed)],
                env={**environment, "PYTHONPATH": path},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=passed,
                start_new_session=True,
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
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

    def ask_to_end(self) -> None:
        """SIGTERM, as SageMaker sends it; whether and when the process ends is its own affair."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)

    def end(self, grace_seconds: float = 0.0) -> None:
        """End it with all that it started, politely first when there is a grace. Once is enough."""
        if grace_seconds:
            self.ask_to_end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        self._signal(signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(OSError):
            os.close(self._lifeline)

    def _signal(self, how: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, how)
