"""Bodies that AWS would not read: larger than any call of their protocol may be, or no JSON that can be read.

A body is held against its limit while it arrives and before anybody else sees it, so that none fills the memory.
"""

from __future__ import annotations

import zlib

from aws_stage.gateway.asgi import AsgiApp, Receive, Scope, Send, host_of, read_body, replay, send_answer
from aws_stage.gateway.own_names import search_domain
from aws_stage.gateway.protocol import Address, address_of, decode
from aws_stage.gateway.wire import Answer, Wire, answer_type, error_answer

JSON_BYTES = 16 * 1024 * 1024
"""The largest call that names its operation in X-Amz-Target: DynamoDB's BatchWriteItem. (Kinesis takes 10 MiB of data,
13.4 MiB in base64; the engines and ministack hold each operation to its own limit.)"""
API_BYTES = 10 * 1024 * 1024
"""The payload that API Gateway takes, for REST and HTTP APIs alike. CloudFront takes more, but sites are only read."""
DOMAIN_BYTES = 100 * 1024 * 1024
"""The payload that a domain of OpenSearch takes with all but the smallest instances (quotas of the service)."""
_REST_JSON = frozenset({"apigateway", "lambda", "scheduler"})
"""Services of ministack whose calls have JSON bodies, beside those that name their operation."""


class Bodies:
    """An ASGI application around ``app`` that lets through what is within its limit."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = _limit(scope) if scope["type"] == "http" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        body = await _bounded(receive, limit)
        if body is None:
            await send_answer(send, *_too_large(scope))
            return
        await self._app(scope, replay(body, receive), send)


def _limit(scope: Scope) -> int | None:
    """The limit of a request's body in bytes; None for bodies that are streamed."""
    if address_of(scope["headers"]).operation is not None:
        return JSON_BYTES
    host = host_of(scope)
    if search_domain(host) is not None:
        return DOMAIN_BYTES
    return API_BYTES if _is_api(scope, host) else None


def _too_large(scope: Scope) -> Answer:
    if address_of(scope["headers"]).operation is None:
        content = b'{"message":"Request Too Long"}'
        if search_domain(host_of(scope)) is not None:
            content = b'{"Message":"Request size exceeded %d bytes"}' % DOMAIN_BYTES
        return 413, [(b"content-type", b"application/json")], content
    message = f"The request is larger than {JSON_BYTES} bytes"
    return error_answer("RequestEntityTooLargeException", message, 413, Wire.JSON, answer_type(scope["headers"]))


def _is_api(scope: Scope, host: str) -> bool:
    from ministack import app

    api = app._parse_execute_api_url(host, scope["path"])
    return api is not None or app._parse_cloudfront_dataplane_host(host) is not None


async def _bounded(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None for one over the limit: read to its end, or its sender would see no answer."""
    chunks, size = [], 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(chunks) if size <= limit else None


class Inflating:
    """An ASGI application around ``app`` that gives it the bodies of compressed calls as they were before.

    SDKs gzip metric data from 10 KiB on (botocore's setting ``disable_request_compression``). The signature is of what
    was sent, so it is checked before.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or address_of(scope["headers"]).operation is None or not _is_compressed(scope):
            await self._app(scope, receive, send)
            return
        body = inflated(await read_body(receive), JSON_BYTES)
        if body is None:
            message = f"The compressed request body is damaged, or holds more than {JSON_BYTES} bytes"
            refusal = error_answer("SerializationException", message, 400, Wire.JSON, answer_type(scope["headers"]))
            await send_answer(send, *refusal)
            return
        headers = [each for each in scope["headers"] if each[0] not in (b"content-encoding", b"content-length")]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._app({**scope, "headers": headers}, replay(body, receive), send)


def _is_compressed(scope: Scope) -> bool:
    return any(name == b"content-encoding" and value.strip().lower() == b"gzip" for name, value in scope["headers"])


def inflated(body: bytes, most: int) -> bytes | None:
    """The content of a body in gzip, or None for one that is damaged or has more than ``most`` bytes."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        content = inflater.decompress(body, most + 1)
    except zlib.error:
        return None
    return content if inflater.eof and len(content) <= most else None


def is_json_call(address: Address, scope: Scope) -> bool:
    """Whether a call's body is a JSON object by its protocol; a function's payload is its caller's own."""
    if address.operation is not None:
        return any(
            name == b"content-type" and value.startswith(b"application/x-amz-json") for name, value in scope["headers"]
        )
    return address.service in _REST_JSON and not scope["path"].rstrip("/").endswith("/invocations")


def unreadable(address: Address, scope: Scope, body: bytes) -> Answer | None:
    """The answer to a JSON call whose body is none: SerializationException, as AWS gives it; None for a good one."""
    try:
        decode(body)
    except ValueError:
        wire = Wire.REST_JSON if address.operation is None else Wire.JSON
        message = "The request body is no JSON object, or is nested too deeply"
        return error_answer("SerializationException", message, 400, wire, answer_type(scope["headers"]))
    return None
