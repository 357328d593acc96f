"""The process that has a port is named, whatever it does meanwhile."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from aws_stage.daemon import ports


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="this system has no /proc")
def test_a_process_that_closes_a_file_meanwhile_is_still_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Path] = []
    readlink = Path.readlink

    def vanishing(link: Path) -> Path:
        if not closed and link.parent == Path(f"/proc/{os.getpid()}/fd"):
            closed.append(link)
            raise FileNotFoundError(link)
        return readlink(link)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(Path, "readlink", vanishing)
        owner = ports.owner_of(listener.getsockname()[1])
    assert closed
    assert owner is not None
    assert owner.startswith(f"pid {os.getpid()} ")
