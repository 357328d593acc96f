"""The demo ends its steps as a person expects."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from io import StringIO
from pathlib import Path

import pytest
from aws_stage.testing.waiting import PATIENCE
from rich.console import Console

from scripts.demo import Demo, StepFailedError
from tests.conftest import REPOSITORY

INTERRUPTED_STEP = """
    import os, signal, sys, time
    signal.signal(signal.SIGINT, lambda *_: None)
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(1)
    open(sys.argv[1], "w").write("what was under way is done")
"""


def test_an_interrupted_step_ends_by_itself_before_the_demo_does(tmp_path: Path) -> None:
    done = tmp_path / "done"
    demo = f"""
        import os, sys
        from rich.console import Console
        from scripts.demo import Demo
        try:
            step = [sys.executable, "-c", {textwrap.dedent(INTERRUPTED_STEP)!r}, {str(done)!r}]
            Demo(os.environ, Console()).step("a step", step, "step")
        except KeyboardInterrupt:
            sys.exit(130 if os.path.exists({str(done)!r}) else 1)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(demo)],
        cwd=REPOSITORY,
        timeout=PATIENCE,
        check=False,
        capture_output=True,
    )
    assert ran.returncode == 130, ran.stderr.decode()


def test_what_runs_beside_a_step_that_fails_is_ended(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    beside = f"""
        import signal, sys, time
        signal.signal(signal.SIGINT, lambda *_: (open({str(ended)!r}, "w").close(), sys.exit()))
        open({str(tmp_path / "begun")!r}, "w").close()
        time.sleep(50)
    """
    demo = Demo(os.environ, Console(file=StringIO()))

    def fail_beside() -> None:
        with demo.beside([sys.executable, "-c", textwrap.dedent(beside)], "beside"):
            while not (tmp_path / "begun").exists():
                time.sleep(0.01)
            demo.step("title", ["false"], "a step that fails")

    with pytest.raises(StepFailedError, match="a step that fails: exit code 1"):
        fail_beside()
    assert ended.exists()


def test_what_runs_beside_must_succeed_too() -> None:
    demo = Demo(os.environ, Console(file=StringIO()))
    with pytest.raises(StepFailedError, match="beside: exit code 1"), demo.beside(["false"], "beside"):
        demo.step("title", ["true"], "a step")


def test_steps_are_numbered_and_shown() -> None:
    shown = StringIO()
    demo = Demo(os.environ, Console(file=shown))
    demo.step("First", ["true"], "command one")
    with demo.part("Second"):
        demo.run(["true"], "command two")
        demo.run(["true"], "command three")
    lines = shown.getvalue().splitlines()
    assert [line.split(" ─")[0] for line in lines if "─" in line] == ["1. First", "2. Second"]
    assert [line for line in lines if line.startswith("$")] == ["$ command one", "$ command two", "$ command three"]
