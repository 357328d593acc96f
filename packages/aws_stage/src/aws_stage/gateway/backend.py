"""ministack, mounted in this process: its settings, and calls to it from worker threads."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aws_stage.gateway.asgi import AsgiApp, Message, Scope
from aws_stage.gateway.rest import RestService
from aws_stage.gateway.wire import Answer, Headers
from aws_stage.kernel.engine import AwsError, Call, Engine
from aws_stage.kernel.settings import ACCOUNT_ID, HOST, Settings

_TARGETS = {
    "firehose": "Firehose_20150804",
    "glue": "AWSGlue",
    "athena": "AmazonAthena",
    "dynamodb": "DynamoDB_20120810",
    "logs": "Logs_20140328",
}


def configure_ministack(settings: Settings) -> None:
    """Set ministack's environment; it reads it at import, so this must come first."""
    os.environ.update(
        {
            "GATEWAY_PORT": str(settings.port),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": settings.region,
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(settings.state_dir / "ministack"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(settings.state_dir / "s3"),
        }
    )


class Served:
    """Whether an engine or ministack serves a service, by its SigV4 signing name."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        from ministack import app

        of_engines = {service for engine in engines for service, _ in engine.operations}
        self._names = of_engines | app.SERVICE_HANDLERS.keys() | app.SERVICE_NAME_ALIASES.keys()

    def __call__(self, service: str, scope: Scope) -> bool:
        """A name that is not a service's own (``s3express``) is looked up as ministack's router does."""
        if service in self._names:
            return True
        from ministack import app
        from ministack.core.router import detect_service

        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        return detect_service(scope["method"], scope["path"], headers, {}) in app.SERVICE_HANDLERS


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    headers: Headers
    body: bytes


class Backend:
    """The ministack application and a way to call it in-process, past the gateway."""

    def __init__(self, app: AsgiApp, region: str) -> None:
        self.app = app
        self._region = region
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rest: dict[str, RestService] = {}

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the loop on which ministack runs."""
        self._loop = loop

    def forward(self, call: Call) -> dict[str, Any]:
        """Let ministack answer a call; blocks, so never from the event loop. Raises AwsError when it refuses."""
        if self._loop is None:
            raise RuntimeError("the backend is not running")
        rest = None if call.service in _TARGETS else self._rest_service(call.service)
        if rest is None:
            target = f"{_TARGETS[call.service]}.{call.operation}".encode()
            headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"x-amz-target", target)]
            request = _Request("POST", "/", headers, json.dumps(call.payload).encode())
        else:
            request = _Request(*rest.request(call.operation, call.payload))
        answered = asyncio.run_coroutine_threadsafe(self._send(call.service, request), self._loop).result()
        status, answer_headers, body = answered
        if status >= 400:
            document = json.loads(body) if body else {}
            named = {name.lower(): value.decode("latin-1") for name, value in answer_headers}
            code = str(document.get("__type") or named.get(b"x-amzn-errortype") or "InternalServerException")
            message = str(document.get("message") or document.get("Message") or "")
            raise AwsError(code.rpartition("#")[2].partition(":")[0], message, status)
        if rest is not None:
            return rest.result(call.operation, status, answer_headers, body)
        answer: dict[str, Any] = json.loads(body) if body else {}
        return answer

    def _rest_service(self, service: str) -> RestService:
        if service not in self._rest:
            self._rest[service] = RestService(service)
        return self._rest[service]

    def publish(self, source: str, detail_type: str, detail: dict[str, Any], resources: Sequence[str] = ()) -> None:
        """Put an event of an AWS service on the default bus, as ministack's own services do."""
        from ministack.services import eventbridge

        entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "Resources": [*resources]}
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    async def _send(self, service: str, request: _Request) -> Answer:
        credential = f"{ACCOUNT_ID}/20000101/{self._region}/{service}/aws4_request"
        authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"
        path, _, query = request.path.partition("?")
        scope: Scope = {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [
                (b"host", b"localhost"),
                (b"content-length", str(len(request.body)).encode()),
                (b"authorization", authorization.encode()),
                *request.headers,
            ],
            "client": (HOST, 0),
        }
        status, headers, chunks = 500, [], []
        received = False

        async def receive() -> Message:
            nonlocal received
            if received:
                return {"type": "http.disconnect"}
            received = True
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], message["headers"]
            else:
                chunks.append(message.get("body", b""))

        await self.app(scope, receive, send)
        return status, headers, b"".join(chunks)
