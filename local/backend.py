"""ministack, mounted in this process: its settings, and calls to it from worker threads."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from typing import Any

from local.asgi import AsgiApp, Message, Scope
from local.engine import AwsError, Call, Engine
from local.settings import ACCOUNT_ID, HOST, Settings

_TARGETS = {"firehose": "Firehose_20150804", "glue": "AWSGlue", "athena": "AmazonAthena"}


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


class Backend:
    """The ministack application and a way to call it in-process, past the gateway."""

    def __init__(self, app: AsgiApp, region: str) -> None:
        self.app = app
        self._region = region
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the loop on which ministack runs."""
        self._loop = loop

    def forward(self, call: Call) -> dict[str, Any]:
        """Let ministack answer a JSON-protocol call; blocks, so never from the event loop."""
        if self._loop is None:
            raise RuntimeError("the backend is not running")
        status, body = asyncio.run_coroutine_threadsafe(self._request(call), self._loop).result()
        answer: dict[str, Any] = json.loads(body) if body else {}
        if status >= 400:
            code = str(answer.get("__type", "InternalServerException")).rpartition("#")[2]
            raise AwsError(code, str(answer.get("message") or answer.get("Message") or ""), status)
        return answer

    def publish(self, source: str, detail_type: str, detail: dict[str, Any]) -> None:
        """Put an event of an AWS service on the default bus, as ministack's own services do."""
        from ministack.services import eventbridge

        entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    async def _request(self, call: Call) -> tuple[int, bytes]:
        body = json.dumps(call.payload).encode()
        credential = f"{ACCOUNT_ID}/20000101/{self._region}/{call.service}/aws4_request"
        headers = {
            "host": "localhost",
            "content-type": "application/x-amz-json-1.1",
            "content-length": str(len(body)),
            "x-amz-target": f"{_TARGETS[call.service]}.{call.operation}",
            "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
        }
        scope: Scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": (HOST, 0),
        }
        status, chunks = 500, []
        received = False

        async def receive() -> Message:
            nonlocal received
            if received:
                return {"type": "http.disconnect"}
            received = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                chunks.append(message.get("body", b""))

        await self.app(scope, receive, send)
        return status, b"".join(chunks)
