"""A test's stage listens where nobody else does."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from aws_stage.testing import free_port, running_stage

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not RANGE.exists(), reason="this system does not say which ports outgoing connections are given")
def test_a_free_port_is_none_that_an_outgoing_connection_may_be_given() -> None:
    first, last = map(int, RANGE.read_text().split())
    assert [port for port in (free_port() for _ in range(200)) if first <= port <= last] == []


def test_a_port_that_somebody_has_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [taken.getsockname()[1], other.getsockname()[1]]
        monkeypatch.setattr(running_stage, "PORTS", ports)
        other.close()
        assert free_port() == ports[1]
