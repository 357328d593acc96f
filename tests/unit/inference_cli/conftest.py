"""The command line in this process, against moto's AWS, with every call that left boto3 on record."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import pytest
import typer
from botocore.client import ClientCreator
from moto import mock_aws

from datastreamer.aws.clock import Clock
from datastreamer.cli import main

REGION = "ap-northeast-1"


build_tree = typer.main.get_command


@cache
def command_tree(app: typer.Typer) -> Any:
    """Typer's commands, built once."""
    return build_tree(app)


@dataclass
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class _Input(io.TextIOWrapper):
    def __init__(self, data: bytes, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@dataclass
class CommandLine:
    """Runs ``datastreamer inference …``; ``calls`` are the AWS operations of the last command, with parameters."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    """Operations whose request was really sent."""
    _clients: dict[str, Any] = field(default_factory=dict)

    def __call__(self, *words: str, stdin: bytes = b"", terminal: bool = False) -> Answer:
        self.monkeypatch.setattr(sys, "argv", ["datastreamer", "inference", *words])
        self.monkeypatch.setattr(sys, "stdin", _Input(stdin, terminal=terminal))
        self.calls.clear()
        self.left.clear()
        self.capsys.readouterr()
        code: Any = 0
        try:
            main()
        except SystemExit as exit_:
            code = exit_.code
        captured = self.capsys.readouterr()
        assert "Traceback" not in captured.err
        return Answer(code or 0, captured.out, captured.err)

    def done(self, *words: str, stdin: bytes = b"") -> Answer:
        """The answer of a command that must succeed."""
        answer = self(*words, stdin=stdin)
        assert answer.code == 0, answer.err
        return answer

    def dry(self, *words: str) -> list[tuple[str, dict[str, Any]]]:
        """The calls that a dry run names; none that changes anything may have left."""
        document = self.done(*words, "--dry-run", "--json").document
        assert document["dry_run"] is True
        assert not self.left & {call["operation"] for call in document["calls"]}
        return [(f"{call['service']}.{call['operation']}", call["parameters"]) for call in document["calls"]]

    def client(self, service: str) -> Any:
        if service not in self._clients:
            new_client: Any = boto3.client
            self._clients[service] = new_client(service, region_name=REGION)
        return self._clients[service]

    def parameters(self, operation: str) -> dict[str, Any]:
        """Those of the last call of ``operation``."""
        return [given for name, given in self.calls if name == operation][-1]

    @property
    def operations(self) -> list[str]:
        return [name for name, _ in self.calls]


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits, waits no time: the clock goes on by what was waited."""
    now = [0.0]
    monkeypatch.setattr(Clock, "now", lambda _: now[0])
    monkeypatch.setattr(Clock, "sleep", lambda _, seconds: now.__setitem__(0, now[0] + seconds))


@pytest.fixture(scope="session")
def shared_session() -> Iterator[boto3.Session]:
    """One session for all tests: reading service models takes time, and making classes of them too."""
    classes: dict[str, type] = {}
    make_class: Any = ClientCreator._create_client_class

    def once(creator: ClientCreator, service_name: str, service_model: object) -> type:
        if service_name not in classes:
            classes[service_name] = make_class(creator, service_name, service_model)
        return classes[service_name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientCreator, "_create_client_class", once)
        yield boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shared_session: boto3.Session
) -> Iterator[CommandLine]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "DATASTREAMER_STAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", shared_session)
    # Typer builds every command anew at each call: half of a quick command's time.
    monkeypatch.setattr("typer.main.get_command", command_tree)
    line = CommandLine(capsys, monkeypatch)

    def remember(params: dict[str, Any], model: Any, **_: object) -> None:
        line.calls.append((model.name, dict(params)))

    def sent(event_name: str, **_: object) -> None:
        line.left.add(event_name.rpartition(".")[2])

    shared_session.events.register("before-parameter-build", remember)
    shared_session.events.register_first("before-send", sent)
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        yield line
    shared_session.events.unregister("before-parameter-build", remember)
    shared_session.events.unregister("before-send", sent)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let AWS refuse an operation with a code, a message and whatever else its error has."""

    def refuse(operation: str, code: str, message: str, *, times: int = 1_000_000, **more: Any) -> None:
        from botocore.client import BaseClient

        left = [times]
        true_call: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(self: Any, operation_name: str, api_params: Any) -> Any:
            if operation_name == operation and left[0] > 0:
                left[0] -= 1
                error: Any = {"Error": {"Code": code, "Message": message}, **more}
                raise self.exceptions.from_code(code)(error, operation_name)
            return true_call(self, operation_name, api_params)

        monkeypatch.setattr(BaseClient, "_make_api_call", call)

    return refuse
