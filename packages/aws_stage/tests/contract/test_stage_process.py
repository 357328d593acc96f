"""``python -m aws_stage up|down|status|logs``: the stage as a background process."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aws_stage.daemon import process
from aws_stage.daemon.ports import is_free
from aws_stage.kernel.settings import Settings
from aws_stage.testing import REGION, free_port
from aws_stage.testing.waiting import PATIENCE, eventually

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def run(tmp_path: Path, port: int) -> Iterator[Run]:
    """Run ``python -m aws_stage`` on a data directory and a port of this test's own."""

    def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "aws_stage", *arguments],
            env={
                **os.environ,
                "AWS_STAGE_PORT": str(port),
                "AWS_STAGE_DATA_DIR": str(tmp_path / "data"),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    yield command
    command("down", "--kill", "--timeout", "10")


def _pid(run: Run) -> int:
    pid: int = json.loads(run("status", "--json").stdout)["pid"]
    return pid


def test_up_status_down_tell_the_truth(run: Run, port: int) -> None:
    assert run("status").returncode == 3
    first = run("up")
    assert (first.returncode, first.stderr) == (0, "")
    assert "is up" in first.stdout
    assert "already" not in first.stdout

    again = run("up")
    assert again.returncode == 0
    assert "already up" in again.stdout

    found = run("status", "--json")
    status = json.loads(found.stdout)
    assert found.returncode == 0
    assert (status["status"], status["port"]) == ("ok", port)
    assert f"pid {status['pid']}" in first.stdout
    assert status["memory_bytes"] > 10_000_000
    assert run("status").stdout.startswith("status    ok")

    assert os.getpgid(status["pid"]) == os.getsid(status["pid"]) == status["pid"], "it outlives what started it"
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [fields[1] for fields in sockets if fields[3] == "0A" and fields[1].endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"], "only loopback is bound"

    assert run("down").returncode == 0
    assert run("status").returncode == 3
    assert "not running" in run("down").stdout
    assert is_free(port)


def test_a_stage_killed_outright_is_down_and_starts_again(run: Run) -> None:
    run("up")
    os.kill(_pid(run), signal.SIGKILL)
    eventually(lambda: run("status").returncode, 3)
    assert "is up" in run("up").stdout


def test_two_who_start_it_at_once_share_one_stage(run: Run) -> None:
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: run("up"), range(3)))
    assert [answer.returncode for answer in answers] == [0, 0, 0]
    assert len({answer.stdout.partition("(pid ")[2] for answer in answers}) == 1


def test_a_port_that_another_program_has_is_named_with_its_owner(run: Run, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        refused = run("up")
    assert refused.returncode == 2
    assert f"port {port} is taken by pid {os.getpid()}" in refused.stderr
    assert f"AWS_STAGE_PORT={port + 1}" in refused.stderr


def test_a_port_that_another_stage_has_is_named_with_its_directory(run: Run, tmp_path: Path) -> None:
    run("up")
    refused = run("up", AWS_STAGE_DATA_DIR=str(tmp_path / "second"))
    assert refused.returncode == 2
    assert f"another directory, {tmp_path / 'data'}" in refused.stderr


def test_one_directory_never_has_two_stages(run: Run, tmp_path: Path) -> None:
    run("up")
    other_port = str(free_port())
    refused = run("up", AWS_STAGE_PORT=other_port)
    assert refused.returncode == 2
    assert "aws-stage down" in refused.stderr
    in_foreground = run("serve", AWS_STAGE_PORT=other_port)
    assert in_foreground.returncode == 2
    assert f"{tmp_path / 'data'} is in use by another stage" in in_foreground.stderr


def test_a_second_stage_is_told_that_the_first_uses_the_state_though_the_lock_file_is_gone(
    run: Run, tmp_path: Path
) -> None:
    run("up")
    first = _pid(run)
    (tmp_path / "data" / "stage.lock").unlink()
    refused = run("serve", AWS_STAGE_PORT=str(free_port()))
    assert refused.returncode == 2
    assert "is in use by another process" in refused.stderr
    assert "damaged" not in refused.stderr
    os.kill(first, signal.SIGKILL)  # without its lock file no command finds it


def test_too_few_addresses_for_the_process_are_said_in_a_sentence() -> None:
    command = [sys.executable, "-m", "aws_stage", "serve"]
    limited = f"ulimit -v 700000; exec {shlex.join(command)}"
    refused = subprocess.run(["sh", "-c", limited], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert refused.returncode == 2
    assert "this process may have 683 MiB of addresses (ulimit -v)" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.fixture
def _ctrl_c_is_heard() -> Iterator[None]:
    """What runs in the background ignores Ctrl-C, and hands that on to what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c_is_heard")
def test_logs_shows_the_past_and_ends_well_on_ctrl_c(run: Run, tmp_path: Path) -> None:
    assert run("logs").returncode == 2
    run("up")
    past = run("logs", "--no-follow", "--lines", "1000")
    assert past.returncode == 0
    assert "services available" in past.stdout

    follower = subprocess.Popen(
        [sys.executable, "-m", "aws_stage", "logs", "--lines", "1"],
        env={**os.environ, "AWS_STAGE_DATA_DIR": str(tmp_path / "data")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    assert follower.stdout.readline(), "what is there is shown before what comes is waited for"
    with (tmp_path / "data" / "stage.log").open("a") as log:
        log.write("a line that comes later\n")
    assert "a line that comes later\n" in iter(follower.stdout.readline, "")
    follower.send_signal(signal.SIGINT)
    assert follower.wait(timeout=PATIENCE) == 0


def test_ctrl_c_while_it_starts_leaves_no_stage_behind(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def interrupted(_settings: Settings, pid: int, *_: object) -> None:
        started.append(pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "_wait_until_healthy", interrupted)
    with pytest.raises(KeyboardInterrupt):
        process.start(Settings(port=port, data_dir=tmp_path / "data", region=REGION), timeout=PATIENCE)
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_a_wrong_port_is_refused_with_what_to_fix(run: Run) -> None:
    refused = run("up", AWS_STAGE_PORT="http")
    assert refused.returncode == 2
    assert "AWS_STAGE_PORT must be a port number" in refused.stderr


@pytest.mark.parametrize("folder", ["file", "file/data"])
def test_a_data_directory_that_cannot_be_is_refused_with_what_to_fix(run: Run, tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("")
    refused = run("up", AWS_STAGE_DATA_DIR=str(tmp_path / folder))
    assert refused.returncode == 2
    assert f"{tmp_path / folder} cannot hold the stage's data" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert run("status", AWS_STAGE_DATA_DIR=str(tmp_path / folder)).returncode == 3
