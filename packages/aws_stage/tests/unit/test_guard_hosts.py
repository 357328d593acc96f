"""Names that a request may be sent to."""

from __future__ import annotations

import pytest
from aws_stage.gateway.guard.hosts import is_own


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:4566",
        "LOCALHOST:4566",
        "localhost.:4566",
        "127.0.0.1:4566",
        "127.9.9.9",
        "[::1]:4566",
        "bucket.localhost:4566",
        "a.dotted.bucket.s3.localhost",
        "abcdef12.execute-api.localhost:4566",
        "localhost:9999",
    ],
)
def test_names_that_always_mean_loopback_are_the_stages(host: str) -> None:
    assert is_own(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example:4566",
        "localhost.evil.example:4566",
        "notlocalhost:4566",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "0.0.0.0:4566",
        "[::]:4566",
        "192.168.1.4:4566",
        "2130706433:4566",
        "bucket.s3.amazonaws.com",
        "localhost evil.example",
        "evil.example,localhost",
    ],
)
def test_names_that_a_name_server_could_point_at_loopback_are_not(host: str) -> None:
    assert not is_own(host)
