"""Running a demo's steps one after another, each with its title, its command and its time."""

from __future__ import annotations

import signal
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
        with self.beside(command, shown):
            pass

    def code_of(self, command: Sequence[str], shown: str) -> int:
        """Show and run one command; its exit code."""
        with self._running(command, shown) as process:
            return process.wait()

    @contextmanager
    def beside(self, command: Sequence[str], shown: str) -> Iterator[None]:
        """Show one command and run it beside what follows, then wait for it; raises StepFailedError unless it exits 0.

        When what follows fails, the command is ended as Ctrl+C ends it.
        """
        with self._running(command, shown) as process:
            try:
                yield
            except StepFailedError:
                process.send_signal(signal.SIGINT)
                raise
            code = process.wait()
        if code:
            raise StepFailedError(f"{shown.splitlines()[0]}: exit code {code}. The stage's log: make logs")

    @contextmanager
    def _running(self, command: Sequence[str], shown: str) -> Iterator[subprocess.Popen[bytes]]:
        self._console.print(f"[dim]$ {shown}[/]", soft_wrap=True)
        with subprocess.Popen(command, cwd=REPOSITORY, env=self.environ) as process:
            try:
                yield process
            except KeyboardInterrupt:
                # It was interrupted as well and ends by itself: sensors send what they have, Terraform saves its state.
                process.wait()
                raise

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
