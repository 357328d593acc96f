"""Names below ``localhost`` are asked at loopback, under their own names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import urllib3

from datastreamer.aws.loopback import reachable


@pytest.mark.parametrize(
    ("url", "asked", "host"),
    [
        (
            "http://a1.execute-api.localhost:4566/live?x=1",
            "http://127.0.0.1:4566/live?x=1",
            "a1.execute-api.localhost:4566",
        ),
        ("http://A1.Execute-API.LOCALHOST:80/", "http://127.0.0.1:80/", "A1.Execute-API.LOCALHOST:80"),
        ("http://site.localhost.", "http://127.0.0.1", "site.localhost."),
    ],
)
def test_a_name_below_localhost_is_loopback_and_keeps_its_name(url: str, asked: str, host: str) -> None:
    assert reachable(url) == (asked, {"Host": host})


@pytest.mark.parametrize(
    "url",
    [
        "https://a1.execute-api.ap-northeast-1.amazonaws.com/live",
        "http://localhost:4566/live",
        "http://127.0.0.1:4566/",
        "http://localhost.example.com/",
        "http://notlocalhost/",
        "https://site.localhost/",
    ],
)
def test_every_other_name_is_left_to_the_resolver(url: str) -> None:
    assert reachable(url) == (url, {})


def test_a_server_sees_the_name_that_was_asked_for() -> None:
    with _server() as port:
        url, headers = reachable(f"http://a1.execute-api.localhost:{port}/live")
        answer = urllib3.request("GET", url, headers=headers)
    assert answer.data.decode() == f"a1.execute-api.localhost:{port} /live"


@contextmanager
def _server() -> Iterator[int]:
    """A server that answers with what it was asked for."""

    class Echo(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = f"{self.headers['Host']} {self.path}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
