"""SageMaker's hosting contract over HTTP: ``GET /ping`` and ``POST /invocations``.

A thread a connection, so that a slow request keeps neither the others nor the health check waiting.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aws_stage.engines.sagemaker.serving.model import Answer, Model, Request, RequestRefusedError

logger = logging.getLogger("serving")

_TEXT = "text/plain; charset=utf-8"


class Server(ThreadingHTTPServer):
    """Serves ``model`` on a socket that listens already."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, model: Model) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.model = model


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet
    server: Server

    def do_GET(self) -> None:
        self._send(Answer(b"", _TEXT, 200 if self.path == "/ping" else 404))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/invocations":
            self._send(Answer(b"", _TEXT, 404))
            return
        request = Request(body, self.headers.get("Content-Type") or "", self.headers.get("Accept") or "")
        self._send(_answer(self.server.model, request))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """A line for each request would be most of the log."""


def _answer(model: Model, request: Request) -> Answer:
    try:
        return model.invoke(request)
    except RequestRefusedError as refused:
        logger.warning("%d: %s", refused.status, refused)
        return Answer(str(refused).encode(), _TEXT, refused.status)
    except SystemExit as ended:
        sys.stderr.write(f"the model's code ended the process (exit {ended.code})\n")
        sys.stderr.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1)
    except Exception as error:
        logger.exception("the model failed")
        return Answer("".join(traceback.format_exception_only(error)).strip().encode(), _TEXT, 500)
