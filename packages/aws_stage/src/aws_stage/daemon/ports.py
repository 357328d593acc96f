"""The TCP port of the stage: taking it, and naming who has it when it is taken."""

from __future__ import annotations

import errno
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from aws_stage.errors import ConfigurationError
from aws_stage.kernel.settings import HOST

_LISTEN = "0A"


def bind(port: int) -> socket.socket:
    """A listening socket on loopback; raises ConfigurationError, naming the owner, when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(taken_message(port)) from error
        raise ConfigurationError(f"port {port} cannot be opened: {error.strerror}") from error
    return listener


def is_free(port: int) -> bool:
    """Whether ``bind`` would succeed now."""
    try:
        bind(port).close()
    except ConfigurationError:
        return False
    return True


def taken_message(port: int) -> str:
    """What to tell a user whose port is taken."""
    owner = owner_of(port) or "another process (run `lsof -i` as its user to see which)"
    return (
        f"port {port} is taken by {owner}. Stop it, or choose another port for the stage: "
        f"`AWS_STAGE_PORT={port + 1 if port < 65535 else port - 1} aws-stage up`."
    )


def owner_of(port: int) -> str | None:
    """``pid N (command line)`` of the process that listens on ``port``; None when that cannot be seen."""
    pid = _pid_from_proc(port) if Path("/proc/net/tcp").exists() else _pid_from_lsof(port)
    if pid is None:
        return None
    listing = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
    return f"pid {pid} ({listing.stdout.strip()[:120] or 'unknown command'})"


def _pid_from_proc(port: int) -> int | None:
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for folder in Path("/proc").glob("[0-9]*/fd"):
        if any(target in inodes for target in _open_files(folder)):
            return int(folder.parent.name)
    return None


def _open_files(folder: Path) -> Iterator[str]:
    """What a process has open; it may close some, or end, meanwhile."""
    with suppress(OSError):
        for link in folder.iterdir():
            with suppress(OSError):
                yield str(link.readlink())


def _pid_from_lsof(port: int) -> int | None:
    lsof = shutil.which("lsof")
    if lsof is None:
        return None
    found = subprocess.run(
        [lsof, "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-t"], capture_output=True, text=True, check=False
    )
    first = found.stdout.split()
    return int(first[0]) if first else None
