"""A run of Terraform and Ctrl+C, with a program in Terraform's place that ends in good order as Terraform does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from datastreamer.provisioning.terraform.run import INTERRUPTED, run_terraform
from tests.conftest import REPOSITORY

TERRAFORM = """
import signal, sys
from pathlib import Path

asked = 0

def stop(*_):
    global asked
    asked += 1

signal.signal(signal.SIGINT, stop)
print("creating", flush=True)
while not asked:
    signal.sigtimedwait([], 0.01)
for number in range(20_000):
    print("still creating", number, flush=True)
Path(sys.argv[1]).write_text(f"saved, asked {asked}")
sys.exit(1)
"""

PROGRAM = """
import os, signal, sys
from pathlib import Path
from datastreamer.provisioning.terraform.run import run_terraform

try:
    for line in run_terraform([sys.executable, sys.argv[1], sys.argv[2]], Path("."), os.environ, print):
        if line == "creating":
            os.killpg(0, signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.fixture
def terraform(tmp_path: Path) -> Path:
    program = tmp_path / "terraform.py"
    program.write_text(TERRAFORM)
    return program


def test_lines_come_first_and_the_status_last() -> None:
    words = [sys.executable, "-c", "print('a'); print('b'); raise SystemExit(3)"]
    assert list(run_terraform(words, Path(), os.environ, print)) == ["a", "b", 3]


def test_ctrl_c_reaches_terraform_once_and_is_told_when_the_state_is_saved(terraform: Path, tmp_path: Path) -> None:
    saved = tmp_path / "state"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, terraform, saved],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        process_group=0,
    )
    assert done.stdout.splitlines() == [INTERRUPTED, "interrupted"]
    assert saved.read_text() == "saved, asked 1"


def test_whoever_stops_reading_lets_terraform_end(terraform: Path, tmp_path: Path) -> None:
    saved = tmp_path / "state"
    lines = run_terraform([sys.executable, str(terraform), str(saved)], Path(), os.environ, print)
    assert next(lines) == "creating"
    os.kill(os.getpid(), signal.SIGINT)
    lines.close()  # type: ignore[attr-defined]
    assert saved.read_text() == "saved, asked 1"
