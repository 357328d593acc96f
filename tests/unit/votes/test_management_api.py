"""Posting to connections: the request that boto3 would send, and boto3's errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
import urllib3
from aws_stage.testing.waiting import PATIENCE
from botocore import auth
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ReadTimeoutError

from datastreamer.votes.management_api import GoneException, ManagementApi

CONNECTION = "L0SM9cOFvHcCIhw="
MESSAGE = b'{"type":"totals"}'
REGION = "eu-west-1"
CREDENTIALS = Credentials("key", "secret", "token")


class Api(ThreadingHTTPServer):
    """Answers with ``answer`` (status, error type, body), or, without one, not at all until ``held`` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: tuple[int, str, bytes] | None = (200, "", b"")
        self.held = threading.Event()
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/live"


class _Handler(BaseHTTPRequestHandler):
    server: Api
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if self.server.answer is None:
            self.server.held.wait(PATIENCE)
            return
        status, kind, content = self.server.answer
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        if kind:
            self.send_header("x-amzn-ErrorType", kind)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.held.set()
    server.shutdown()
    server.server_close()


def management_api(endpoint: str, seconds: float = 10.0) -> ManagementApi:
    return ManagementApi(endpoint, CREDENTIALS, REGION, urllib3.PoolManager(timeout=seconds))


def test_the_request_is_the_one_that_boto3_sends_signature_and_all(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_, **__: now)
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=api.endpoint,
        region_name=REGION,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        aws_session_token="token",
    )
    client.post_to_connection(ConnectionId=CONNECTION, Data=MESSAGE)
    management_api(api.endpoint).post_to_connection(ConnectionId=CONNECTION, Data=MESSAGE)
    (path, boto3s, body), (own_path, own, own_body) = api.requests
    assert (own_path, own_body) == (path, body)
    for name in ("authorization", "x-amz-date", "x-amz-security-token", "host", "content-length"):
        assert own[name] == boto3s[name], name
    assert "Signature=" in own["authorization"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((410, "GoneException", b""), "GoneException"),
        ((410, "", b""), "GoneException"),
        ((429, "LimitExceededException:http://x", b'{"message": "slow down"}'), "LimitExceededException"),
        ((403, "ForbiddenException", b"[]"), "ForbiddenException"),
        ((500, "", b"oops"), "500"),
    ],
)
def test_a_refusal_is_an_error_as_boto3_raises_it(api: Api, answer: tuple[int, str, bytes], code: str) -> None:
    api.answer = answer
    with pytest.raises(ClientError) as raised:
        management_api(api.endpoint).post_to_connection(ConnectionId=CONNECTION, Data=MESSAGE)
    assert raised.value.response["Error"]["Code"] == code
    assert isinstance(raised.value, ManagementApi.exceptions.GoneException) == (code == "GoneException")
    assert raised.value.operation_name == "PostToConnection"
    assert len(api.requests) == 1


def test_an_answer_that_does_not_come_is_waited_for_once(api: Api) -> None:
    api.answer = None
    with pytest.raises(ReadTimeoutError):
        management_api(api.endpoint, seconds=0.05).post_to_connection(ConnectionId=CONNECTION, Data=MESSAGE)
    assert len(api.requests) == 1


def test_an_endpoint_that_is_not_there_is_boto3s_error_too(api: Api) -> None:
    api.shutdown()
    api.server_close()
    with pytest.raises(EndpointConnectionError) as raised:
        management_api(api.endpoint).post_to_connection(ConnectionId=CONNECTION, Data=MESSAGE)
    assert isinstance(raised.value, BotoCoreError)
    assert not isinstance(raised.value, GoneException)
