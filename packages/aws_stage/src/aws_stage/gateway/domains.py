"""Requests at the names of OpenSearch domains, on their way to the engine that holds them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from aws_stage.gateway.asgi import Scope
from aws_stage.gateway.bodies import DOMAIN_BYTES, inflated
from aws_stage.gateway.guard.guard import SIGNED
from aws_stage.gateway.wire import Answer
from aws_stage.kernel.data_plane import DataPlane, PlaneAnswer, PlaneRequest
from aws_stage.kernel.engine import Engine

THREADS = 16


class Domains:
    """``engines`` has one data plane at most."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._plane = next((engine for engine in engines if isinstance(engine, DataPlane)), None)
        # Threads of its own, as each engine's operations have: searches never keep a call waiting.
        self._executor = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="data-plane")

    async def answer(self, name: str, scope: Scope, body: bytes) -> Answer:
        """The answer of the domain ``name``."""
        if self._plane is None:
            return 404, [], b""
        answered = await asyncio.get_running_loop().run_in_executor(
            self._executor, _serve, self._plane, name, scope, body
        )
        headers = {"content-type": answered.content_type, "x-content-type-options": "nosniff", **answered.headers}
        return answered.status, [(name.encode(), value.encode()) for name, value in headers.items()], answered.body


def _serve(plane: DataPlane, name: str, scope: Scope, body: bytes) -> PlaneAnswer:
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    if headers.get("content-encoding", "").strip().lower() == "gzip":
        content = inflated(body, DOMAIN_BYTES)
        if content is None:
            message = b'{"Message":"The compressed request body is damaged, or too large"}'
            return PlaneAnswer(400, "application/json", message)
        body = content
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return plane.serve_domain(
        PlaneRequest(
            name=name,
            method=scope["method"],
            path=raw.decode("latin-1").partition("?")[0],
            query_string=scope.get("query_string", b"").decode("latin-1"),
            headers=headers,
            body=body,
            signed=bool(scope.get(SIGNED)),
        )
    )
