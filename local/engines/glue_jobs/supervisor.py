"""One run, from STARTING to its end: its process, its limits, its logs."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import Any

from datastreamer.errors import ConfigurationError
from local.clock import Clock
from local.engines.glue_jobs.logs import LogShipper
from local.engines.glue_jobs.runs import Run
from local.engines.glue_jobs.workspace import Workspace

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 3.0


class Supervisor:
    """Runs ``run`` on a thread of its own; ``changed`` is told of every new state, ``ended`` once, at the end."""

    def __init__(
        self,
        *,
        job: Mapping[str, Any],
        run: Run,
        workspace: Workspace,
        shipper: LogShipper,
        clock: Clock,
        changed: Callable[[Run], None],
        ended: Callable[[Run], None],
    ) -> None:
        self.run = run
        self._job = job
        self._workspace = workspace
        self._shipper = shipper
        self._clock = clock
        self._changed = changed
        self._ended = ended
        self._stop = threading.Event()
        self._stop_reason = ""
        self._thread = threading.Thread(target=self._supervise, name=f"glue-{run['Id'][:11]}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, reason: str = "") -> None:
        """Ask the run to end: STOPPED, or FAILED when there is a ``reason``."""
        self._stop_reason = reason
        self._stop.set()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _supervise(self) -> None:
        try:
            state, message = self._execute()
        except ConfigurationError as error:
            state, message = "FAILED", str(error)
        except Exception as error:  # noqa: BLE001  a run must end, whatever went wrong, and say so
            state, message = "FAILED", f"the local stage could not run the job: {type(error).__name__}: {error}"
        now = self._clock.now().timestamp()
        self.run["CompletedOn"] = now
        self.run["ExecutionTime"] = int(now - self.run["StartedOn"])
        if message:
            self.run["ErrorMessage"] = message
        shutil.rmtree(self._workspace.directory, ignore_errors=True)
        self._enter(state)
        self._ended(self.run)

    def _execute(self) -> tuple[str, str]:
        workspace = self._workspace
        workspace.directory.mkdir(parents=True)
        workspace.prepare(self._job, self.run)
        with workspace.stdout.open("wb") as stdout, workspace.stderr.open("wb") as stderr:
            process = subprocess.Popen(
                workspace.command(),
                env=workspace.environment(),
                cwd=workspace.directory,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        self._enter("RUNNING")
        outcome = self._wait(process)
        end_group(process)
        self._shipper.ship(final=True)
        return outcome or self._outcome(process)

    def _wait(self, process: subprocess.Popen[bytes]) -> tuple[str, str] | None:
        """Until the process ends (None) or must be ended (the state and message that say why)."""
        limit = self.run["StartedOn"] + self.run["Timeout"] * 60
        while process.poll() is None:
            if self._stop.wait(_POLL_SECONDS):
                return ("FAILED", self._stop_reason) if self._stop_reason else ("STOPPED", "")
            if self._clock.now().timestamp() >= limit:
                return "TIMEOUT", f"JobRun timed out after {self.run['Timeout']} minutes."
            self._shipper.ship()
        return None

    def _outcome(self, process: subprocess.Popen[bytes]) -> tuple[str, str]:
        if not self._workspace.result.exists():
            return "FAILED", f"Command failed with exit code {process.returncode}"
        error = json.loads(self._workspace.result.read_text(encoding="utf-8"))["error"]
        return ("SUCCEEDED", "") if error is None else ("FAILED", error)

    def _enter(self, state: str) -> None:
        self.run["JobRunState"] = state
        self.run["LastModifiedOn"] = self._clock.now().timestamp()
        self._changed(self.run)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, politely first."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
