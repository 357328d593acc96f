"""Which calls have a service's state written before they are answered."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from aws_stage.gateway.asgi import Message, Receive, Scope, Send
from aws_stage.gateway.durable import Durable
from aws_stage.storage.manifest.writes import Writes
from aws_stage.storage.state_files import StateFiles
from event_loops import run


class Noted(StateFiles):
    """Notes which files are to be written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.written: list[str] = []

    def save(self, keys: Iterable[str] | None = None) -> float:
        self.written += keys or ()
        return 0.0


async def answers(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def written_after(service: str, path: str, folder: Path) -> list[str]:
    """The files that a POST has written before it is answered."""
    files, sent = Noted(folder), []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message["type"])

    credential = f"AWS4-HMAC-SHA256 Credential=key/20261120/ap-northeast-1/{service}/aws4_request, Signature=0"
    headers = [(b"authorization", credential.encode())]
    scope: Scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    run(Durable(answers, files, Writes(folder))(scope, receive, send))
    assert sent == ["http.response.start", "http.response.body"]
    return files.written


@pytest.mark.parametrize("path", ["/_aws/execute-api/abc/live/@connections/1", "/_aws/execute-api/abc/live/votes"])
def test_a_call_of_a_deployed_api_writes_nothing(path: str, tmp_path: Path) -> None:
    assert written_after("execute-api", path, tmp_path) == []


def test_a_change_of_an_api_is_written(tmp_path: Path) -> None:
    assert "apigateway" in written_after("apigateway", "/v2/apis", tmp_path)
