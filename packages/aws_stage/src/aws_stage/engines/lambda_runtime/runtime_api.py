"""Lambda's Runtime API for one process: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

It has no thread of its own: who waits for the process reads its requests, by a selector, and answers them.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus

import httptools

from aws_stage.engines.lambda_runtime.functions import MOST_BYTES
from aws_stage.kernel.settings import HOST

_RUNTIME = "/2018-06-01/runtime"
NEXT = f"{_RUNTIME}/invocation/next"
INIT_ERROR = f"{_RUNTIME}/init/error"
_CHUNK = 1024 * 1024


def response_to(request_id: str) -> str:
    """Where the answer of an invocation is posted."""
    return f"{_RUNTIME}/invocation/{request_id}/response"


def error_of(request_id: str) -> str:
    """Where the error of an invocation is posted."""
    return f"{_RUNTIME}/invocation/{request_id}/error"


class Request:
    """A request, with the way to answer it; ``body`` is cut off one byte or more past MOST_BYTES."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.target = ""
        self.headers: dict[str, str] = {}
        self.body = bytearray()

    def answer(
        self, status: HTTPStatus, deadline: float, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> None:
        """Send an answer; raises TimeoutError past ``deadline`` (monotonic), and OSError when nobody takes it."""
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()
        self._connection.settimeout(max(0.001, deadline - time.monotonic()))
        if len(body) < _CHUNK:
            self._connection.sendall(head + body)
        else:
            self._connection.sendall(head)
            self._connection.sendall(body)
        self._connection.setblocking(False)


class _Connection:
    """Parses what comes in; the parser calls its ``on_`` methods."""

    def __init__(self, connection: socket.socket, requests: deque[Request]) -> None:
        self._connection = connection
        self._requests = requests
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request(connection)

    def receive(self) -> bool:
        """Read some of what there is; whether there may be more later."""
        try:
            content = self._connection.recv(_CHUNK)
            self._parser.feed_data(content)
        except BlockingIOError:
            return True
        except (OSError, httptools.HttpParserError, httptools.HttpParserUpgrade):
            return False
        return bool(content)

    def close(self) -> None:
        self._connection.close()

    def on_message_begin(self) -> None:
        self._request = Request(self._connection)

    def on_url(self, target: bytes) -> None:
        self._request.target += target.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, content: bytes) -> None:
        if len(self._request.body) <= MOST_BYTES:
            self._request.body += content

    def on_message_complete(self) -> None:
        self._requests.append(self._request)


class RuntimeApi:
    """Listens on a port of its own, ``address`` (host:port), and puts what was asked into ``requests``."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._listener = socket.create_server((HOST, 0))
        self._listener.setblocking(False)
        self._connections: set[_Connection] = set()
        self._received: deque[Request] = deque()
        self.address = f"{HOST}:{self._listener.getsockname()[1]}"
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def take(self) -> Request | None:
        """The next request of the process; None when there is none yet."""
        while self._received:
            request = self._received.popleft()
            if not self._is_foreign(request):
                return request
            with contextlib.suppress(OSError):  # it has hung up
                request.answer(HTTPStatus.FORBIDDEN, time.monotonic() + 1.0)
        return None

    def close(self) -> None:
        """Close the port and every connection."""
        for connection in self._connections:
            connection.close()
        self._listener.close()

    def _is_foreign(self, request: Request) -> bool:
        """A page in a browser can send requests to any port of this machine, and would take an invocation away."""
        return request.headers.get("host") != self.address or bool(
            {"origin", "sec-fetch-site"} & request.headers.keys()
        )

    def _accept(self) -> None:
        try:
            accepted, _ = self._listener.accept()
        except OSError:
            return  # it has hung up already
        accepted.setblocking(False)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(accepted, self._received)

        def receive() -> None:
            if not connection.receive():
                self._selector.unregister(accepted)
                self._connections.discard(connection)
                connection.close()

        self._connections.add(connection)
        self._selector.register(accepted, selectors.EVENT_READ, receive)
