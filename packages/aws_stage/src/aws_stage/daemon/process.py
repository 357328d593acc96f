"""The stage as a background process: start it, stop it, look at it. All through its lock file and its health path."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aws_stage.daemon.instance import Instance, running_instance
from aws_stage.daemon.ports import is_free, taken_message
from aws_stage.daemon.private import private_log
from aws_stage.errors import ConfigurationError, StageFailedError
from aws_stage.gateway.own_names import HEALTH_PATH, WEBSITES_PATH
from aws_stage.kernel.health import UP
from aws_stage.kernel.settings import Settings

_POLL_SECONDS = 0.05
_LOG_LIMIT_BYTES = 20 * 1024 * 1024


def log_path(data_dir: Path) -> Path:
    """Where a background stage writes what it has to say."""
    return data_dir / "stage.log"


def start(settings: Settings, timeout: float) -> tuple[Instance, bool]:
    """Make sure that the stage is up and healthy; the flag says whether this call started it.

    Raises ConfigurationError when the port or the data is in use, StageFailedError when the stage ends or stays
    unhealthy for ``timeout`` seconds.
    """
    already = running_instance(settings.data_dir)
    if already is not None:
        return _join(settings, already, timeout), False
    _refuse_taken_port(settings)
    said = log_path(settings.data_dir).stat().st_size if log_path(settings.data_dir).exists() else 0
    process = _spawn(settings)
    try:
        _wait_until_healthy(settings, process.pid, timeout, process, said)
    except StageFailedError:
        other = running_instance(settings.data_dir)
        if other is None or other.pid == process.pid:
            raise
        return _join(settings, other, timeout), False  # started at the same moment by another command
    except KeyboardInterrupt:
        process.terminate()  # it has a session of its own, so Ctrl+C did not reach it
        process.wait()
        raise
    instance = running_instance(settings.data_dir)
    if instance is None:
        raise StageFailedError(f"the stage stopped right after it started:\n{_log_tail(settings, said)}")
    return instance, True


def _join(settings: Settings, running: Instance, timeout: float) -> Instance:
    """Wait for a stage that another command has started."""
    if running.port != settings.port:
        raise ConfigurationError(
            f"the stage of {settings.data_dir} is up on port {running.port} (pid {running.pid}), not on "
            f"{settings.port}. Use that port, or `aws-stage down` it first."
        )
    _wait_until_healthy(settings, running.pid, timeout)
    return running


def websites(settings: Settings) -> list[str]:
    """Where the websites and distributions of the running stage are."""
    with urllib.request.urlopen(f"{settings.endpoint_url}{WEBSITES_PATH}", timeout=10) as answer:
        addresses: list[str] = json.load(answer)["websites"]
    return addresses


def stop(settings: Settings, timeout: float, *, kill: bool = False) -> Instance | None:
    """Stop the stage and wait until it is gone; returns what was stopped, None when nothing ran.

    Raises StageFailedError when it is still there after ``timeout`` seconds, unless ``kill``.
    """
    instance = running_instance(settings.data_dir)
    if instance is None:
        return None
    _signal(instance, signal.SIGTERM)
    if not _wait_until_gone(settings, instance, timeout):
        if not kill:
            raise StageFailedError(
                f"the stage (pid {instance.pid}) is still flushing after {timeout:.0f} s. `aws-stage logs` shows what "
                "it does; `aws-stage down --kill` ends it at once (what it has acknowledged is on disk)."
            )
        _signal(instance, signal.SIGKILL)
        _wait_until_gone(settings, instance, timeout)
    return instance


@dataclass(frozen=True)
class Status:
    """What `aws-stage status` shows. Sizes are bytes, times are seconds; all but the first three are None when down.

    ``disk``: ``free_bytes``, ``needed_bytes``, ``full``, which stores are ``failing`` to write, and ``last_refused``.
    """

    status: str
    data_dir: str
    data_bytes: int
    pid: int | None = None
    port: int | None = None
    endpoint_url: str | None = None
    uptime_seconds: float | None = None
    memory_bytes: int | None = None
    engines: list[str] | None = None
    disk: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


def status(settings: Settings) -> Status:
    """Look at the stage of ``settings.data_dir``, on whatever port it runs."""
    instance = running_instance(settings.data_dir)
    size = _size_of(settings.data_dir)
    if instance is None:
        return Status("down", str(settings.data_dir), size)
    health = health_of(instance.port)
    return Status(
        status=str(health["status"]) if health else "not answering",
        data_dir=str(settings.data_dir),
        data_bytes=size,
        pid=instance.pid,
        port=instance.port,
        endpoint_url=f"http://localhost:{instance.port}",
        uptime_seconds=round(max(0.0, time.time() - instance.started_at), 1),
        memory_bytes=_resident_bytes(instance.pid),
        engines=list(health["engines"]) if health else None,
        disk=health.get("disk") if health else None,
    )


def health_of(port: int) -> dict[str, Any] | None:
    """What the stage on ``port`` says of itself; None when no stage answers there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{HEALTH_PATH}", timeout=2) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError:
        return None
    try:
        health = json.loads(body)
    except ValueError:
        return None
    return health if isinstance(health, dict) and {"status", "data_dir", "engines"} <= health.keys() else None


def _refuse_taken_port(settings: Settings) -> None:
    if is_free(settings.port):
        return
    other = health_of(settings.port)
    if other is None:
        raise ConfigurationError(taken_message(settings.port))
    raise ConfigurationError(
        f"port {settings.port} serves the local stage of another directory, {other['data_dir']} (pid "
        f"{other.get('pid')}). Stop that one (`aws-stage down` in its project), or choose another port: "
        f"`AWS_STAGE_PORT={settings.port + 1} aws-stage up`."
    )


def _spawn(settings: Settings) -> subprocess.Popen[bytes]:
    path = log_path(settings.data_dir)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        output = private_log(path)
    except OSError as error:
        raise ConfigurationError(
            f"{settings.data_dir} cannot hold the stage's data ({error.strerror}). Name another folder: "
            "AWS_STAGE_DATA_DIR=<folder>"
        ) from error
    with output as log:
        return subprocess.Popen(
            [sys.executable, "-m", "aws_stage", "serve"],
            cwd=settings.data_dir,
            env={**os.environ, **settings.environment()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_until_healthy(
    settings: Settings, pid: int, timeout: float, process: subprocess.Popen[bytes] | None = None, said: int = 0
) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise StageFailedError(f"the stage did not start (exit {process.returncode}):\n{_log_tail(settings, said)}")
        health = health_of(settings.port)
        if health and health["status"] in UP and health["data_dir"] == str(settings.data_dir):
            return
        time.sleep(_POLL_SECONDS)
    raise StageFailedError(f"the stage (pid {pid}) is not healthy after {timeout:.0f} s:\n{_log_tail(settings, said)}")


def _wait_until_gone(settings: Settings, instance: Instance, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if running_instance(settings.data_dir) != instance:
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _signal(instance: Instance, number: signal.Signals) -> None:
    try:
        os.kill(instance.pid, number)
    except ProcessLookupError:
        return


def _log_tail(settings: Settings, said: int, lines: int = 15) -> str:
    """The end of what the log holds after its first ``said`` bytes (of a log that was rotated since: its end)."""
    path = log_path(settings.data_dir)
    content = path.read_bytes() if path.exists() else b""
    new = content[said:] if len(content) >= said else content
    return "\n".join(new.decode(errors="replace").splitlines()[-lines:]) or "(it wrote nothing to its log)"


def _size_of(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(root) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def _resident_bytes(pid: int) -> int | None:
    listing = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
    return int(listing.stdout) * 1024 if listing.stdout.strip() else None
