"""The gateway: one ASGI application that sends each AWS call to the engine that serves it, or on to ministack."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from aws_stage.gateway import cbor
from aws_stage.gateway.asgi import AsgiApp, Receive, Scope, Send, host_of, read_body, replay, send_answer
from aws_stage.gateway.bodies import is_json_call, unreadable
from aws_stage.gateway.domains import Domains
from aws_stage.gateway.own_names import (
    HEALTH_PATH,
    OPERATIONS_PATH,
    WEBSITES_PATH,
    graph_endpoint,
    search_domain,
    website_bucket,
)
from aws_stage.gateway.payload_types import mismatch
from aws_stage.gateway.protocol import Address, address_of, decode, json_answer
from aws_stage.gateway.query import QueryService, QueryServices
from aws_stage.gateway.refusals import Refusals, unsupported
from aws_stage.gateway.rest import RestService, RestServices, raw_path
from aws_stage.gateway.websites import Websites
from aws_stage.gateway.wire import CBOR, Answer, Wire, answer_type, error_answer, wire_of
from aws_stage.kernel.engine import AwsError, Call, Engine, Handler
from aws_stage.kernel.health import UP

logger = logging.getLogger("aws_stage.gateway")

_UNREMARKABLE = re.compile("Get|List|Describe|BatchGet|PutRecord|PutMetricData|InvokeEndpoint")
"""Operations of which a log would hold too many: reading, and putting data."""

THREADS_OF_AN_ENGINE = 32


@dataclass(frozen=True)
class _Route:
    handler: Handler
    executor: ThreadPoolExecutor


class Gateway:
    """Routes by the request's service and operation; everything that no engine serves goes to ``backend``."""

    def __init__(
        self,
        engines: Sequence[Engine],
        backend: AsgiApp,
        refusals: Refusals,
        websites: Websites,
        health: Mapping[str, Any],
    ) -> None:
        self._backend = backend
        self._websites = websites
        self._refusals = refusals
        self._health = health
        self._domains = Domains(engines)
        self._owned: frozenset[str] = frozenset().union(*(engine.owns for engine in engines))
        self._operations = {
            engine.name: sorted(f"{service}:{operation}" for service, operation in engine.operations)
            for engine in engines
        }
        self._rest = RestServices(service for engine in engines for service, _ in engine.operations)
        self._query = QueryServices(service for engine in engines for service, _ in engine.operations)
        self._routes: dict[tuple[str, str], _Route] = {}
        for engine in engines:
            # Threads of its own: an engine whose every call is slow never keeps another one waiting.
            executor = ThreadPoolExecutor(max_workers=THREADS_OF_AN_ENGINE, thread_name_prefix=engine.name)
            for route, handler in engine.operations.items():
                if route in self._routes:
                    raise ValueError(f"two engines claim {route[0]}:{route[1]}")
                self._routes[route] = _Route(handler, executor)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._backend(scope, receive, send)
            return
        own = await self._own(scope, receive)
        if own is not None:
            await send_answer(send, *own)
            return
        address = address_of(scope["headers"])
        refusal = self._refusals.refusal(address, scope)
        if refusal is not None:
            await send_answer(send, *refusal)
            return
        is_json = is_json_call(address, scope)
        rest = None if address.operation else self._rest.get(address.service)
        query = None if address.operation else self._query.get(address.service)
        if rest is not None:
            endpoint, path = graph_endpoint(raw_path(scope))
            scope = {**scope, "raw_path": path.encode("latin-1")}
            address = replace(address, operation=rest.operation(scope), endpoint=endpoint)
        elif query is not None:
            body = await read_body(receive)
            receive = replay(body, receive)
            address = replace(address, operation=query.operation(body))
        route = self._routes.get((address.service or "", address.operation or ""))
        if route is not None:
            body = await read_body(receive)
            await send_answer(send, *await self._answer(route, rest or query, address, scope, body))
        elif address.service in self._owned:
            await send_answer(send, *unsupported(address, scope))
        elif is_json:
            body = await read_body(receive)
            problem = unreadable(address, scope, body)
            if problem is None:
                await self._backend(scope, replay(body, receive), send)
            else:
                await send_answer(send, *problem)
        else:
            await self._backend(scope, receive, send)

    async def _own(self, scope: Scope, receive: Receive) -> Answer | None:
        """The answer of the stage's own pages, of websites and of domains; None to a call of AWS's API."""
        bucket = website_bucket(host_of(scope))
        domain = search_domain(host_of(scope))
        if domain is not None:
            return await self._domains.answer(domain, scope, await read_body(receive))
        if bucket is not None:
            return await asyncio.to_thread(self._websites.answer, bucket, scope)
        if scope["path"] == HEALTH_PATH:
            health = dict(self._health)
            _, headers, body = json_answer(health)
            return 200 if health["status"] in UP else 503, headers, body
        if scope["path"] == OPERATIONS_PATH:
            return json_answer(self._operations)
        if scope["path"] == WEBSITES_PATH:
            return await asyncio.to_thread(self._websites.listed)
        return None

    async def _answer(
        self,
        route: _Route,
        protocol: RestService | QueryService | None,
        address: Address,
        scope: Scope,
        body: bytes,
    ) -> Answer:
        wire = wire_of(address.service, scope["headers"], scope.get("query_string", b"")) if protocol else Wire.JSON
        content_type = answer_type(scope["headers"])
        operation = address.operation or ""
        try:
            if isinstance(protocol, QueryService):
                payload = protocol.parameters(operation, body)
            elif protocol:
                payload = protocol.parameters(operation, scope, body)
            elif content_type == CBOR:
                payload = cbor.parameters(address.service or "", operation, body)
            else:
                payload = decode(body)
        except ValueError as error:
            message = (
                f"The request body is no CBOR that can be read: {error}"
                if content_type == CBOR
                else "The request body is no JSON object, or is nested too deeply"
            )
            return error_answer("SerializationException", message, 400, wire, content_type)
        call = Call(address.service or "", operation, payload, address.endpoint)
        started = time.perf_counter()
        try:
            result = await asyncio.get_running_loop().run_in_executor(route.executor, route.handler, call)
        except AwsError as error:
            logger.info("%s:%s refused: %s", call.service, call.operation, error)
            return error_answer(error.code, error.message, error.status, wire, content_type, members=error.members)
        except RecursionError:
            message = "The request body is nested too deeply"
            return error_answer("SerializationException", message, 400, wire, content_type)
        except Exception as error:
            wrong = mismatch(call.service, call.operation, payload)
            if wrong is not None:
                return error_answer("SerializationException", wrong, 400, wire, content_type)
            logger.exception("%s:%s failed", call.service, call.operation)
            message = f"{type(error).__name__}: {error}"
            return error_answer("InternalServerException", message, 500, wire, content_type)
        if not _UNREMARKABLE.match(call.operation):
            logger.info("%s:%s in %.0f ms", call.service, call.operation, 1000 * (time.perf_counter() - started))
        if protocol:
            return protocol.answer(operation, result)
        if content_type == CBOR:
            return await asyncio.to_thread(cbor.answer, call.service, operation, result)
        return json_answer(result, content_type)
