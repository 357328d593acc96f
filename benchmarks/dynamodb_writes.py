"""A way to DynamoDB that counts what is written: every item of every request that comes through."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_OF_ONE_ITEM = {"PutItem", "UpdateItem", "DeleteItem"}


class CountedWrites:
    """Passes requests on to ``target`` (a URL). ``requests`` and ``items``: writes so far, by operation."""

    def __init__(self, target: str) -> None:
        self.requests: Counter[str] = Counter()
        self.items: Counter[str] = Counter()
        self._lock = threading.Lock()
        parts = urlsplit(target)
        counted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                self.onward = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

            def finish(self) -> None:
                self.onward.close()
                super().finish()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                counted._note(self.headers["X-Amz-Target"].rpartition(".")[2], body)
                self.onward.request("POST", self.path, body=body, headers=dict(self.headers))
                answer = self.onward.getresponse()
                content = answer.read()
                head = [f"HTTP/1.1 {answer.status} {answer.reason}"]
                head += [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() != "connection"]
                self.wfile.write("\r\n".join([*head, "", ""]).encode() + content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the base class's
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self) -> tuple[int, int]:
        """Requests and items since the last time this was asked."""
        with self._lock:
            found = self.requests.total(), self.items.total()
            self.requests.clear()
            self.items.clear()
        return found

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()

    def _note(self, operation: str, body: bytes) -> None:
        items = len(json.loads(body)["TransactItems"]) if operation == "TransactWriteItems" else 1
        if operation in _OF_ONE_ITEM or operation == "TransactWriteItems":
            with self._lock:
                self.requests[operation] += 1
                self.items[operation] += items
