"""A job's process that outlived its stage is found by the lock that it holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_stage.storage.leftovers import end_process
from aws_stage.testing.waiting import PATIENCE

HOLD = """
import fcntl, os, sys, time
lock = open(sys.argv[1], "w")
if sys.argv[2] == "locked":
    fcntl.flock(lock, fcntl.LOCK_EX)
lock.write(str(os.getpid()))
lock.flush()
print("ready", flush=True)
time.sleep(300)
"""


@pytest.fixture
def process(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A process that has written its id into ``alive``, and holds the lock on it or not."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "alive"), request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@pytest.mark.parametrize("process", ["locked"], indirect=True)
def test_a_process_that_holds_the_lock_is_ended(tmp_path: Path, process: subprocess.Popen[str]) -> None:
    assert end_process(tmp_path)
    assert process.wait(PATIENCE) == -9


@pytest.mark.parametrize("process", ["unlocked"], indirect=True)
def test_an_id_whose_lock_is_free_is_another_processs_by_now(tmp_path: Path, process: subprocess.Popen[str]) -> None:
    assert not end_process(tmp_path)
    assert process.poll() is None


def test_a_run_that_never_started_has_nothing_to_end(tmp_path: Path) -> None:
    assert not end_process(tmp_path)
