"""The Runtime API of one process: who may ask, and what comes of it."""

from __future__ import annotations

import http.client
import selectors
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest
from aws_stage.engines.lambda_runtime.functions import MOST_BYTES
from aws_stage.engines.lambda_runtime.runtime_api import NEXT, Request, RuntimeApi
from aws_stage.testing.waiting import PATIENCE


class Served:
    """An API whose requests are read here."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.api = RuntimeApi(self.selector)

    def wait(self, seconds: float = PATIENCE) -> Request | None:
        deadline = time.monotonic() + seconds
        while (request := self.api.take()) is None and (left := deadline - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                key.data()
        return request


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.selector.close()
    served.api.close()


def ask(address: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, str | None, bytes]:
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    connection.request(method, NEXT, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.getheader("Lambda-Runtime-Aws-Request-Id"), answer.read()
    connection.close()
    return found


def test_a_request_is_answered_when_there_is_something_to_do(served: Served) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, served.api.address)
        request = served.wait()
        assert request is not None
        assert request.target == NEXT
        assert not asked.done()
        payload = b"x" * 3_000_000
        request.answer(HTTPStatus.OK, time.monotonic() + PATIENCE, {"Lambda-Runtime-Aws-Request-Id": "id"}, payload)
        assert asked.result() == (200, "id", payload)


@pytest.mark.parametrize(
    "header",
    [{"Origin": "https://example.com"}, {"Sec_Fetch_Site": "cross-site"}, {"Host": "rebound.example.com"}],
)
def test_a_page_in_a_browser_takes_no_invocation_away(served: Served, header: dict[str, str]) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, served.api.address, **header)
        while not asked.done():
            assert served.wait(0.01) is None
        assert asked.result()[0] == 403


def test_an_answer_is_kept_no_further_than_past_the_limit(served: Served) -> None:
    with ThreadPoolExecutor(1) as pool:
        posted = pool.submit(ask, served.api.address, "POST", b"x" * 30_000_000)
        request = served.wait()
        assert request is not None
        assert MOST_BYTES < len(request.body) < 2 * MOST_BYTES
        request.answer(HTTPStatus.ACCEPTED, time.monotonic() + PATIENCE)
        assert posted.result()[0] == 202


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01 no HTTP\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: other\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
)
def test_what_is_not_http_closes_its_connection_alone(served: Served, said: bytes) -> None:
    host, _, port = served.api.address.partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as odd:
        odd.sendall(said)
        with ThreadPoolExecutor(1) as pool:
            heard = pool.submit(odd.recv, 1000)
            while not heard.done():
                assert served.wait(0.01) is None
        assert heard.result().partition(b"\r\n")[0] in (b"", b"HTTP/1.1 403 Forbidden")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, served.api.address)
        request = served.wait()
        assert request is not None
        request.answer(HTTPStatus.OK, time.monotonic() + PATIENCE)
        assert asked.result()[0] == 200
