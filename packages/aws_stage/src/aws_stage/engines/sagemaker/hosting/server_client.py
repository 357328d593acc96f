"""HTTP to one server process over connections that stay open."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from urllib3.util.wait import wait_for_read

from aws_stage.kernel.settings import HOST


class ServerAbsentError(Exception):
    """The process takes no connections: it never saw the request."""


class ServerGoneError(Exception):
    """The process ended before it answered."""


class ServerTimeoutError(Exception):
    """The process did not answer in time."""


@dataclass(frozen=True)
class ServerAnswer:
    """What the model's server answered; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ServerClient:
    """Safe between threads: a connection serves one request at a time, and as many are opened as are needed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._closed = False

    def ping(self, timeout: float) -> bool:
        """Whether ``GET /ping`` answers 200 within ``timeout`` seconds."""
        try:
            return self._request("GET", "/ping", None, {}, timeout).status == 200
        except (ServerAbsentError, ServerGoneError, ServerTimeoutError):
            return False

    def invoke(self, body: bytes, headers: Mapping[str, str], timeout: float) -> ServerAnswer:
        """``POST /invocations``; raises ServerAbsentError, ServerGoneError or ServerTimeoutError."""
        return self._request("POST", "/invocations", body, headers, timeout)

    def close(self) -> None:
        """Close what is idle, now and from now on."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _request(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> ServerAnswer:
        connection = self._take()
        connection.timeout = timeout
        if connection.sock is None:
            try:
                connection.connect()
            except OSError as error:
                raise ServerAbsentError(str(error)) from error
        connection.sock.settimeout(timeout)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            answer = ServerAnswer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        except TimeoutError as error:
            connection.close()
            raise ServerTimeoutError from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ServerGoneError(str(error)) from error
        self._give_back(connection)
        return answer

    def _take(self) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                if not self._idle:
                    return http.client.HTTPConnection(HOST, self.port)
                connection = self._idle.pop()
            # Something to read where nothing was asked is the end: the process has gone, and would not see the request.
            if not wait_for_read(connection.sock, timeout=0):
                return connection
            connection.close()

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()
