"""One run of Terraform: its output line by line, and an end in good order whatever interrupts it."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

INTERRUPTED = "interrupted: Terraform ends what it has begun and keeps its state; Ctrl+C again cuts it off"


def run_terraform(
    words: list[str], folder: Path, environ: Mapping[str, str], report: Callable[[str], None]
) -> Iterator[str | int]:
    """Each line of the output as it comes, and the exit status last; raises KeyboardInterrupt after Ctrl+C.

    Terraform has a process group of its own, so that Ctrl+C reaches it once, from here: it takes a second one as the
    order to drop everything, and what AWS makes meanwhile is in no state.
    """
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    assert process.stdout is not None  # noqa: S101  a pipe was asked for
    told = False
    with _passing_on_ctrl_c(process) as interrupted, process.stdout as output:
        try:
            for line in output:
                if interrupted.is_set() and not told:
                    report(INTERRUPTED)
                    told = True
                yield line.rstrip("\n")
        finally:
            # A pipe that nobody reads would kill Terraform before it has saved its state.
            output.read()
            status = process.wait()
    if interrupted.is_set():
        raise KeyboardInterrupt
    yield status


@contextmanager
def _passing_on_ctrl_c(process: subprocess.Popen[str]) -> Iterator[threading.Event]:
    """Sends each Ctrl+C on to ``process``; the event says whether there was one. Only main threads get signals."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return

    def pass_on(*_: object) -> None:
        interrupted.set()
        process.send_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, pass_on)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
