"""The guard: an ASGI application around the gateway, which lets through what may pass."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aws_stage.gateway.asgi import AsgiApp, Receive, Scope, Send, read_body, replay, send_answer
from aws_stage.gateway.guard import browsers, cors, forms, unsigned
from aws_stage.gateway.guard.credentials import Credentials, Failure
from aws_stage.gateway.guard.doors import Door, door_of, serves_web_socket
from aws_stage.gateway.guard.hosts import is_own
from aws_stage.gateway.guard.request import Request
from aws_stage.gateway.guard.signatures import Signatures
from aws_stage.gateway.protocol import json_answer
from aws_stage.gateway.wire import Answer, Wire, answer_type, error_answer, wire_of

logger = logging.getLogger("aws_stage.guard")

SEE_DOCS = "docs/local-stage.md says who may talk to it."
HASHED_ASIDE_BYTES = 1024 * 1024
"""A body at least this large is hashed on another thread, so that others do not wait for it."""

SIGNED = "aws_stage.signed"
"""In the scope of a request to a domain whose signature is good."""

_MISSING = Failure("MissingAuthenticationToken", "Request is missing Authentication Token")


class Guard:
    """Passes on what may go on, and answers the rest.

    Calls to AWS go to ``app``, calls to deployed APIs and function URLs to ``apis``, where no header can make a call
    to AWS out of them.
    """

    def __init__(self, app: AsgiApp, apis: AsgiApp, credentials: Credentials, signatures: Signatures) -> None:
        self._app = app
        self._apis = apis
        self._credentials = credentials
        self._signatures = signatures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if scope["type"] == "websocket":
            await self._web_socket(request, receive, send)
            return
        if not request.hosts or not all(map(is_own, request.hosts)):
            message = f"The local stage answers to localhost and no other name, not to {request.host!r}. {SEE_DOCS}"
            await send_answer(send, *_refused(request, message))
            return
        door = door_of(request)
        if door is Door.OWN:
            await self._app(scope, receive, send)
        elif door is Door.DOMAIN:
            await self._domain(request, receive, send)
        elif door is Door.SHUT:
            await send_answer(send, *_shut(request))
        elif door is Door.AWS:
            await self._aws(request, receive, send)
        elif request.method != "OPTIONS" and unsigned.api_wants_signature(request):
            await self._signed(self._apis, request, receive, send)
        else:
            await self._apis(scope, receive, send)

    async def _web_socket(self, request: Request, receive: Receive, send: Send) -> None:
        """A socket of an API takes any page, as API Gateway does: whoever opens it, the API's own code decides."""
        if request.hosts and all(map(is_own, request.hosts)) and serves_web_socket(request):
            await self._apis(request.scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403

    async def _aws(self, request: Request, receive: Receive, send: Send) -> None:
        if request.method == "OPTIONS":
            await send_answer(send, *cors.preflight(request))
            return
        refusal = browsers.refusal(request)
        if refusal is not None:
            await send_answer(send, *_refused(request, f"{refusal} {SEE_DOCS}"))
            return
        await self._signed(self._app, request, receive, cors.answering(request, send))

    async def _domain(self, request: Request, receive: Receive, send: Send) -> None:
        """A signature is checked where there is one; whom the domain lets in without, its engine knows."""
        refusal = browsers.domain_refusal(request)
        if refusal is not None:
            await send_answer(send, *_refused(request, f"{refusal} {SEE_DOCS}"))
        elif self._signatures.is_version_4(request):
            request.scope[SIGNED] = True
            await self._signed(self._app, request, receive, send)
        else:
            await self._app(request.scope, receive, send)

    async def _signed(self, app: AsgiApp, request: Request, receive: Receive, send: Send) -> None:
        attempted = self._signatures.attempted(request)
        if not attempted or self._signatures.covers_body(request):
            if not attempted and unsigned.is_public(request) and not forms.is_form(request):
                await app(request.scope, receive, send)
                return
            body = await read_body(receive)
            receive = replay(body, receive)
            if len(body) >= HASHED_ASIDE_BYTES:
                failure = await asyncio.to_thread(self._failure, request, body, attempted)
            else:
                failure = self._failure(request, body, attempted)
        else:
            failure = self._failure(request, b"", attempted)
        if failure is None:
            await app(request.scope, receive, send)
            return
        logger.info("%s %s refused: %s", request.method, request.path, failure.message)
        await send_answer(send, *_failed(request, failure))

    def _failure(self, request: Request, body: bytes, attempted: bool) -> Failure | None:
        if attempted:
            return self._signatures.failure(request, body)
        if request.object is not None and forms.is_form(request):
            return forms.failure(forms.fields_of(request, body), self._credentials)
        return None if unsigned.is_for_everybody(request, body) else _MISSING


def _refused(request: Request, message: str) -> Answer:
    logger.warning("%s %s refused: %s", request.method, request.path, message)
    service = "s3" if request.address.service is None else request.address.service
    wire = wire_of(service, request.scope["headers"], request.query_string.encode("latin-1"))
    code = "AccessDenied" if wire.is_xml else "AccessDeniedException"
    return error_answer(code, message, 403, wire, answer_type(request.scope["headers"]))


def _shut(request: Request) -> Answer:
    message = f"The local stage has nothing at {request.path}: only what AWS serves, and what is below /_aws_stage/."
    _, headers, body = json_answer({"message": message}, b"application/json")
    return 404, headers, body


def _failed(request: Request, failure: Failure) -> Answer:
    """The failure with the code, the status and the words that the service has for it."""
    from ministack.core import iam_actions

    headers: Any = request.scope["headers"]
    service = request.address.service or request.service
    wire = wire_of(service, headers, request.query_string.encode("latin-1"))
    if request.address.service is None and wire is Wire.QUERY:
        service = "sts"  # an unsigned form names no service; those that take forms word their errors alike
    code, status, message = failure.code, failure.status, failure.message
    if status is None:
        found: tuple[str, int, str] = iam_actions._auth_failure(service, code, message, request.headers)
        code, status, message = found
    return error_answer(code, f"{message} ({SEE_DOCS})", status, wire, answer_type(headers))
