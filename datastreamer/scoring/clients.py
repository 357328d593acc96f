"""Clients of AWS for a function that has so much time: no call outlasts its share, and none is repeated unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import boto3
from botocore.config import Config

CONNECT_SECONDS: Final = 1.0


def client_maker(threads: int, *, check_parameters: bool = True) -> Callable[[str, float], Any]:
    """What makes a client of a service whose calls take so many seconds at most, for ``threads`` calls at once.

    Credentials, region and endpoints are those of the environment.
    """
    session: Any = boto3.Session()

    def client(service: str, read_seconds: float) -> Any:
        # Each retry is ours: it must be counted, and must know how much time the invocation has left.
        return session.client(
            service,
            config=Config(
                connect_timeout=min(CONNECT_SECONDS, read_seconds),
                read_timeout=read_seconds,
                retries={"total_max_attempts": 1},
                max_pool_connections=threads,
                parameter_validation=check_parameters,
            ),
        )

    return client
