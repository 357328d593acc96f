"""The answer to one call: held until what the call changed is on disk, and an error of AWS's shape when it is not."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from aws_stage.gateway.asgi import Message, Scope, Send
from aws_stage.gateway.protocol import address_of
from aws_stage.gateway.wire import Wire, answer_type, error_answer, wire_of
from aws_stage.storage.manifest.writes import Writes

logger = logging.getLogger("aws_stage.durable")

_CODES = {"s3": "InternalError", "dynamodb": "InternalServerError", "sqs": "InternalFailure"}
"""What their API references call a fault of the service's own; elsewhere it is InternalFailure (common errors)."""

_JSON = frozenset({Wire.JSON, Wire.REST_JSON})


class Reply:
    """An ASGI ``send``. An error of ministack's own, which it always writes as JSON, gets the call's protocol.

    ``save`` runs before the answer goes out, None when there is nothing to save."""

    def __init__(self, scope: Scope, send: Send, writes: Writes, save: Callable[[], None] | None) -> None:
        self._scope = scope
        self._send = send
        self._writes = writes
        self._save = save
        self._refusals = writes.refusals
        self._service = address_of(scope["headers"]).service or ""
        self._wire = wire_of(self._service, scope["headers"], scope.get("query_string", b""))
        self._head: Message | None = None
        self._begun = self._over = False

    async def __call__(self, message: Message) -> None:
        if self._over:
            return
        if message["type"] != "http.response.start" and self._save is not None and not message.get("more_body"):
            try:
                self._save()
            except OSError as error:
                await self.fail(error)
                return
        if message["type"] == "http.response.start":
            self._head = message
            return
        if self._head is not None and self._head["status"] >= 500:
            why = _said(message.get("body", b""))
            if why is not None and (self._wire not in _JSON or self._writes.refusals > self._refusals):
                await self.fail(OSError(why))
                return
        if self._head is not None:
            self._begun = True
            await self._send(self._head)
            self._head = None
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        """Answer with an error instead; too late when the answer has begun."""
        if self._begun or self._over:
            raise error
        self._over = True
        logger.error("%s %s: %s", self._scope["method"], self._scope["path"], error)
        advice = " Free some disk space and repeat the call." if self._writes.refusals > self._refusals else ""
        code = _CODES.get(self._service, "InternalFailure")
        content_type = answer_type(self._scope["headers"])
        status, headers, body = error_answer(code, f"{error}.{advice}", 500, self._wire, content_type)
        headers = [*headers, (b"content-length", str(len(body)).encode())]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body if self._scope["method"] != "HEAD" else b""})


def _said(body: bytes) -> str | None:
    """The message of an error that ministack's dispatcher made of an exception; None for any other answer."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    message = document.get("message") if isinstance(document, dict) else None
    return message if isinstance(message, str) else None
