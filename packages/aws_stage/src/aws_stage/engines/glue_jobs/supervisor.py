"""One run, from STARTING to its end: its process, its limits, its logs."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import Any

from aws_stage.engines.glue_jobs.logs import LogShipper
from aws_stage.engines.glue_jobs.runs import Run
from aws_stage.engines.glue_jobs.workspace import Workspace
from aws_stage.errors import ConfigurationError
from aws_stage.kernel.clock import Clock

logger = logging.getLogger("aws_stage.glue_jobs")

_POLL_SECONDS = 0.1
_POLLS_PER_SHIPMENT = 5
_GRACE_SECONDS = 5.0

Outcome = tuple[str, str]
"""The state that a run ends in, and its message."""


class Supervisor:
    """Runs ``run`` on a thread of its own; ``changed`` is told of every new state, ``ended`` once, after the last."""

    def __init__(
        self,
        *,
        job: Mapping[str, Any],
        run: Run,
        workspace: Workspace,
        shipper: LogShipper,
        clock: Clock,
        changed: Callable[[Run], None],
        ended: Callable[[Run, bool], None],
    ) -> None:
        self._job = job
        self._run = run
        self._workspace = workspace
        self._shipper = shipper
        self._clock = clock
        self._changed = changed
        self._ended = ended
        self._stop = threading.Event()
        self._stop_outcome: Outcome = ("STOPPED", "")
        self._thread = threading.Thread(target=self._supervise, name=f"glue-{run['Id'][:11]}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, outcome: Outcome = ("STOPPED", "")) -> None:
        """Ask the run to end in ``outcome``; returns at once."""
        self._stop_outcome = outcome
        self._stop.set()

    def join(self, timeout: float) -> None:
        """Wait for the run's end, at most ``timeout`` seconds."""
        self._thread.join(timeout)

    def _supervise(self) -> None:
        running_since = None
        try:
            process = self._start_process()
            running_since = self._clock.monotonic()
            self._enter("RUNNING")
            state, message = self._wait(process, running_since) or self._outcome(process)
        except ConfigurationError as error:
            state, message = "FAILED", str(error)
        except Exception as error:
            logger.exception("run %s of %s broke", self._run["Id"], self._run["JobName"])
            state, message = "FAILED", f"the local stage could not run the job: {type(error).__name__}: {error}"
        ended = self._clock.monotonic()
        self._run["CompletedOn"] = self._clock.now().timestamp()
        self._run["ExecutionTime"] = int(ended - (ended if running_since is None else running_since))
        if message:
            self._run["ErrorMessage"] = message
        shutil.rmtree(self._workspace.directory, ignore_errors=True)
        self._enter(state)
        self._ended(self._run, self._stop.is_set())

    def _start_process(self) -> subprocess.Popen[bytes]:
        workspace = self._workspace
        workspace.prepare(self._job, self._run)
        with workspace.stdout.open("wb") as stdout, workspace.stderr.open("wb") as stderr:
            return subprocess.Popen(
                workspace.command(),
                env=workspace.environment(),
                cwd=workspace.directory,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    def _wait(self, process: subprocess.Popen[bytes], running_since: float) -> Outcome | None:
        """Until the process ends (None) or must be ended (how the run ends); nothing of it is alive afterwards."""
        minutes = self._run["Timeout"]
        outcome: Outcome | None = None
        polls = 0
        try:
            while process.poll() is None and outcome is None:
                if self._stop.wait(_POLL_SECONDS):
                    outcome = self._stop_outcome
                    self._enter("STOPPING")
                elif self._clock.monotonic() - running_since >= minutes * 60:
                    outcome = ("TIMEOUT", f"JobRun timed out after {minutes} minutes")
                polls += 1
                if polls % _POLLS_PER_SHIPMENT == 0:
                    self._shipper.ship()
        finally:
            _end(process)
        self._shipper.ship(final=True)
        return outcome

    def _outcome(self, process: subprocess.Popen[bytes]) -> Outcome:
        if not self._workspace.result.exists():
            return "FAILED", f"Command failed with exit code {process.returncode}"
        error = json.loads(self._workspace.result.read_text(encoding="utf-8"))["error"]
        return ("SUCCEEDED", "") if error is None else ("FAILED", error)

    def _enter(self, state: str) -> None:
        self._run["JobRunState"] = state
        self._run["LastModifiedOn"] = self._clock.now().timestamp()
        self._changed(self._run)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, politely first."""
    if process.poll() is None:
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(leader: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, how)
