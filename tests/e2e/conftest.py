"""A whole lake, applied by Terraform on a local stage of its own, that the end-to-end tests share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY, RunningStage, free_port, lake_environment
from tests.processes import kill

SHOWN_CHARACTERS = 4000


@dataclass
class Lake:
    """The stage's environment, and the commands that a user types on it."""

    stage: RunningStage
    receipts: Path

    def run(self, *words: str, timeout: float = 600, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command to its end, in the repository, with this stage as its AWS, and ``environment`` besides."""
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=REPOSITORY,
            env={**lake_environment(self.stage), **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command in the background."""
        return subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=REPOSITORY,
            env=lake_environment(self.stage),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def telemetry(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``datastreamer telemetry …`` on the stage; fails the test unless it exits 0."""
        done = self.run("datastreamer.cli", "telemetry", *words, "--stage", "local")
        assert done.returncode == 0, shown(done)
        return done

    def audit(self) -> tuple[int, dict[str, Any]]:
        """Exit code and ledger of the audit."""
        done = self.run(
            "datastreamer.cli", "telemetry", "audit", "--receipts", str(self.receipts), "--json", "--stage", "local"
        )
        assert done.stdout, shown(done)
        return done.returncode, json.loads(done.stdout)

    def stage_process(self) -> int:
        """The process id of the stage."""
        process: int = json.loads(self.run("aws_stage", "status", "--json").stdout)["pid"]
        return process

    def kill_stage(self, process: int) -> None:
        """``kill -9`` the stage, and start it again on what it left on the disk.

        Whoever wants it killed in the middle of something asks for its ``process`` before that begins.
        """
        assert kill(process)
        up = self.run("aws_stage", "up")
        assert up.returncode == 0, shown(up)


def shown(done: subprocess.CompletedProcess[str]) -> str:
    """What a failed command printed, for the test's report."""
    return f"exit {done.returncode}\n{done.stdout[-SHOWN_CHARACTERS:]}\n{done.stderr[-SHOWN_CHARACTERS:]}"


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A stage that is not started yet: the demo, which runs first, starts it, applies it and leaves it up."""
    folder = tmp_path_factory.mktemp("lake")
    found = Lake(RunningStage(free_port(), folder / "data"), folder / "receipts")
    yield found
    found.run("aws_stage", "down")
