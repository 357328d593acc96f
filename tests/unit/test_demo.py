"""The demo ends its steps as a person expects."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

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
        [sys.executable, "-c", textwrap.dedent(demo)], cwd=REPOSITORY, timeout=60, check=False, capture_output=True
    )
    assert ran.returncode == 130, ran.stderr.decode()
