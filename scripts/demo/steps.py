"""Running a demo's steps one after another, each with its title, its command and its time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from datastreamer.stages import stage_environment

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable
CLI = str(Path(PYTHON).parent / "datastreamer")


class StepFailedError(Exception):
    """A step's command ended with an exit code other than 0, or never came to what the demo waits for."""


class Demo:
    """Runs steps one after another on the local stage and remembers how long each took."""

    def __init__(self, environ: Mapping[str, str], console: Console) -> None:
        self.environ = {**environ, **stage_environment("local", environ)}
        self._console = console
        self._started = time.monotonic()
        self._number = 0

    @property
    def seconds(self) -> float:
        """Since the demo began."""
        return time.monotonic() - self._started

    def say(self, line: str) -> None:
        """A remark between steps."""
        self._console.print(line, soft_wrap=True)

    def step(self, title: str, command: Sequence[str], shown: str) -> None:
        """Run one command with its output on this terminal; raises StepFailedError unless it exits 0."""
        with self.part(title):
            self.run(command, shown)

    @contextmanager
    def part(self, title: str) -> Iterator[None]:
        """Several commands under one title, timed together."""
        self._number += 1
        self._console.rule(f"[bold]{self._number}. {title}", align="left")
        begun = time.monotonic()
        yield
        self._console.print(f"[dim]{time.monotonic() - begun:.1f} s[/]\n")

    def run(self, command: Sequence[str], shown: str) -> None:
        """Show and run one command; raises StepFailedError unless it exits 0."""
        self.finish(self.start(command, shown), shown)

    def start(self, command: Sequence[str], shown: str) -> subprocess.Popen[bytes]:
        """Show one command and run it beside what follows; ``finish`` waits for it."""
        self._console.print(f"[dim]$ {shown}[/]", soft_wrap=True)
        return subprocess.Popen(command, cwd=REPOSITORY, env=self.environ)

    def finish(self, process: subprocess.Popen[bytes], shown: str) -> None:
        """Wait for a command to end; raises StepFailedError unless it exits 0."""
        try:
            code = process.wait()
        except KeyboardInterrupt:
            # It was interrupted as well and ends by itself: sensors send what they have, Terraform saves its state.
            process.wait()
            raise
        if code:
            raise StepFailedError(f"{shown.splitlines()[0]}: exit code {code}. The stage's log: make logs")

    def answer(self, command: Sequence[str]) -> bytes:
        """What a command prints, unshown, whatever its exit code."""
        return subprocess.run(command, cwd=REPOSITORY, env=self.environ, check=False, stdout=subprocess.PIPE).stdout

    def quietly(self, command: Sequence[str]) -> int:
        """Run a command without showing it and return its exit code."""
        return subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self.environ,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ).returncode
