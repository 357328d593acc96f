"""The gateway: one ASGI application that sends each AWS call to the engine that serves it, or on to ministack."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.engine import AwsError, Call, Engine, Handler
from local.protocol import Address, address_of, decode, error_answer, json_answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger("datastreamer.gateway")

HEALTH_PATH = "/_datastreamer/health"
OPERATIONS_PATH = "/_datastreamer/operations"


class Gateway:
    """Routes by the request's service and operation; everything that no engine serves goes to ``backend``."""

    def __init__(
        self,
        engines: Sequence[Engine],
        backend: AsgiApp,
        region: str,
        executor: ThreadPoolExecutor,
        health: Mapping[str, Any],
    ) -> None:
        self._backend = backend
        self._region = region
        self._executor = executor
        self._health = health
        self._owned: frozenset[str] = frozenset().union(*(engine.owns for engine in engines))
        self._operations = {
            engine.name: sorted(f"{service}:{operation}" for service, operation in engine.operations)
            for engine in engines
        }
        self._routes: dict[tuple[str, str], Handler] = {}
        for engine in engines:
            for route, handler in engine.operations.items():
                if route in self._routes:
                    raise ValueError(f"two engines claim {route[0]}:{route[1]}")
                self._routes[route] = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._backend(scope, receive, send)
            return
        if scope["path"] == HEALTH_PATH:
            _, headers, body = json_answer(dict(self._health))
            await _send(send, 200 if self._health["status"] == "ok" else 503, headers, body)
            return
        if scope["path"] == OPERATIONS_PATH:
            await _send(send, *json_answer(self._operations))
            return
        address = address_of(scope["headers"])
        handler = self._routes.get((address.service or "", address.operation or ""))
        if handler is None and address.service not in self._owned:
            await self._backend(scope, receive, send)
            return
        await _send(send, *await self._answer(handler, address, await _read_body(receive)))

    async def _answer(
        self, handler: Handler | None, address: Address, body: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if handler is None:
            return error_answer(
                "UnsupportedOperationException",
                f"The local stage does not support {address.service}:{address.operation}. "
                "docs/local-stage.md lists what it supports.",
                400,
            )
        if address.region not in (None, self._region):
            return error_answer(
                "InvalidRequestException",
                f"The local stage serves region {self._region}, and this request was signed for {address.region}. "
                f"Set AWS_DEFAULT_REGION={self._region}.",
                400,
            )
        try:
            payload = decode(body)
        except ValueError:
            return error_answer("SerializationException", "The request body is not JSON.", 400)
        call = Call(address.service or "", address.operation or "", payload)
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._executor, handler, call)
        except AwsError as error:
            return error_answer(error.code, error.message, error.status)
        except Exception as error:
            logger.exception("%s:%s failed", call.service, call.operation)
            return error_answer("InternalServerException", f"{type(error).__name__}: {error}", 500)
        return json_answer(answer)


async def _read_body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(chunks)


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
