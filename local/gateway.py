"""The gateway: one ASGI application that sends each AWS call to the engine that serves it, or on to ministack."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.asgi import AsgiApp, Receive, Scope, Send
from local.engine import AwsError, Call, Engine, Handler
from local.protocol import Address, address_of, decode, json_answer
from local.refusals import Refusals, unsupported
from local.wire import Answer, error_answer, json_version

logger = logging.getLogger("datastreamer.gateway")

_UNREMARKABLE = re.compile("Get|List|Describe|BatchGet|PutRecord|PutMetricData")
"""Operations of which a log would hold too many: reading, and putting data."""

HEALTH_PATH = "/_datastreamer/health"
OPERATIONS_PATH = "/_datastreamer/operations"


class Gateway:
    """Routes by the request's service and operation; everything that no engine serves goes to ``backend``."""

    def __init__(
        self,
        engines: Sequence[Engine],
        backend: AsgiApp,
        refusals: Refusals,
        executor: ThreadPoolExecutor,
        health: Mapping[str, Any],
    ) -> None:
        self._backend = backend
        self._refusals = refusals
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
        refusal = self._refusals.refusal(address, scope)
        if refusal is not None:
            await _send(send, *refusal)
            return
        handler = self._routes.get((address.service or "", address.operation or ""))
        if handler is not None:
            await _send(send, *await self._answer(handler, address, scope, await _read_body(receive)))
        elif address.service in self._owned:
            await _send(send, *unsupported(address, scope))
        else:
            await self._backend(scope, receive, send)

    async def _answer(self, handler: Handler, address: Address, scope: Scope, body: bytes) -> Answer:
        content_type = json_version(scope["headers"])
        try:
            payload = decode(body)
        except ValueError:
            return error_answer(
                "SerializationException",
                "The request body is not JSON. The local stage speaks no CBOR: set AWS_CBOR_DISABLE=true.",
                400,
                content_type=content_type,
            )
        call = Call(address.service or "", address.operation or "", payload)
        started = time.perf_counter()
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._executor, handler, call)
        except AwsError as error:
            logger.info("%s:%s refused: %s", call.service, call.operation, error)
            return error_answer(error.code, error.message, error.status, content_type=content_type)
        except Exception as error:
            logger.exception("%s:%s failed", call.service, call.operation)
            message = f"{type(error).__name__}: {error}"
            return error_answer("InternalServerException", message, 500, content_type=content_type)
        if not _UNREMARKABLE.match(call.operation):
            logger.info("%s:%s in %.0f ms", call.service, call.operation, 1000 * (time.perf_counter() - started))
        return json_answer(answer, content_type)


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
