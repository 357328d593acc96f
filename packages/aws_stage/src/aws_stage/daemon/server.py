"""uvicorn, with the engines started once the port answers and stopped while it still does.

An engine reaches the stage through the stage's own endpoint. Under the lifespan protocol alone it would start before
the port is served and stop after it is closed, so a last flush to S3 could not work.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

Hook = Callable[[], Awaitable[None]]


class Server(uvicorn.Server):
    """Serves ``app``; ``started`` runs when the port answers, ``stopping`` before it stops answering."""

    def __init__(self, app: Any, started: Hook, stopping: Hook) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                lifespan="on",
                interface="asgi3",
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=10,
                timeout_keep_alive=75,
            )
        )
        self._on_started = started
        self._on_stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._on_stopping()
        await super().shutdown(sockets)
