"""A proxy before the stage that spoils answers as a test says, for clients that are told to go through it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """A request of the function, as the proxy sees it."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def forward(self, target: str) -> Reply:
        """The answer of the service itself."""
        parts = urlsplit(target)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        connection.request("POST", self.path, body=self.body, headers=headers)
        answer = connection.getresponse()
        reply = Reply(answer.status, answer.read(), dict(answer.getheaders()))
        connection.close()
        return reply


@dataclass(frozen=True)
class Reply:
    """An answer to the function."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Gone(Exception):  # noqa: N818 - it is no error but what a spoiler wants
    """Raised by a spoiler: close the connection without an answer."""


Spoiler = Callable[[Request, Callable[[], Reply]], Reply]
"""Gets a request and the way to have it answered; returns an answer, the service's or its own, or raises Gone."""


def honest(_request: Request, answered: Callable[[], Reply]) -> Reply:
    """Spoils nothing."""
    return answered()


def refusal(code: str, status: int = 400) -> Reply:
    """An error as DynamoDB and SageMaker's runtime give it."""
    body = {"__type": code, "message": "the test says so"}
    return Reply(status, json.dumps(body).encode(), {"x-amzn-errortype": code, "content-type": "application/json"})


class FaultyProxy:
    """A proxy before ``target`` (a URL). Set ``spoiler`` to change what it does; it counts what comes through."""

    def __init__(self, target: str) -> None:
        self.spoiler: Spoiler = honest
        self.requests = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                request = Request(self.path, dict(self.headers), body)
                with proxy._lock:
                    proxy.requests += 1
                try:
                    reply = proxy.spoiler(request, lambda: request.forward(target))
                except Gone:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    if name.lower() not in {"content-length", "transfer-encoding", "connection", "x-amz-crc32"}:
                        self.send_header(name, value)
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Times:
    """A spoiler that does one thing the first ``count`` times and nothing after."""

    def __init__(self, count: int, spoiler: Spoiler) -> None:
        self._left = count
        self._lock = threading.Lock()
        self._spoiler = spoiler

    def __call__(self, request: Request, answered: Callable[[], Reply]) -> Reply:
        with self._lock:
            self._left -= 1
            due = self._left >= 0
        return self._spoiler(request, answered) if due else answered()

    @property
    def done(self) -> bool:
        return self._left <= 0
