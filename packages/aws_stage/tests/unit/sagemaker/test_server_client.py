"""HTTP to a server that answers, is slow, ends, or is not there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from aws_stage.engines.sagemaker.hosting.server_client import (
    ServerAbsentError,
    ServerClient,
    ServerGoneError,
    ServerTimeoutError,
)
from aws_stage.engines.sagemaker.serving.model import Answer, Request
from aws_stage.engines.sagemaker.serving.server import Server
from aws_stage.testing.waiting import PATIENCE

Behaviour = Callable[[Request], Answer]


class FakeModel:
    def __init__(self) -> None:
        self.behaviour: Behaviour = lambda request: Answer(request.body, request.content_type)

    def invoke(self, request: Request) -> Answer:
        return self.behaviour(request)


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def client(model: FakeModel) -> Iterator[ServerClient]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener, model)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield ServerClient(listener.getsockname()[1])
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_body_and_its_type_go_there_and_back(client: ServerClient) -> None:
    answer = client.invoke(b"a" * 100_000, {"Content-Type": "text/csv"}, PATIENCE)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"a" * 100_000, "text/csv")


def test_connections_stay_open(client: ServerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.invoke(b"1", {}, PATIENCE)
    monkeypatch.setattr("http.client.HTTPConnection.connect", pytest.fail)
    assert [client.invoke(b"%d" % n, {}, PATIENCE).body for n in range(3)] == [b"0", b"1", b"2"]


def test_a_ping_is_answered_while_the_model_is_busy(client: ServerClient, model: FakeModel) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def block(_request: Request) -> Answer:
        entered.set()
        go_on.wait(PATIENCE)
        return Answer(b"", "text/csv")

    model.behaviour = block
    busy = threading.Thread(target=client.invoke, args=(b"1", {}, PATIENCE))
    busy.start()
    entered.wait(PATIENCE)
    assert client.ping(PATIENCE)
    go_on.set()
    busy.join()


def test_an_answer_that_does_not_come_in_time_is_a_timeout(client: ServerClient, model: FakeModel) -> None:
    go_on = threading.Event()
    model.behaviour = lambda _request: Answer(str(go_on.wait(PATIENCE)).encode(), "text/csv")
    with pytest.raises(ServerTimeoutError):
        client.invoke(b"1", {}, 0.05)
    go_on.set()


def test_a_server_that_ends_before_it_answers_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = ServerClient(listener.getsockname()[1])

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.recv(10_000)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(ServerGoneError):
            client.invoke(b"1", {}, PATIENCE)
        thread.join()


def test_a_server_that_ended_while_nothing_was_asked_is_absent_and_not_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = ServerClient(listener.getsockname()[1])

        def answer_once() -> None:
            connection, _ = listener.accept()
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=answer_once)
        thread.start()
        assert client.ping(PATIENCE)
        thread.join()
    with pytest.raises(ServerAbsentError):
        client.invoke(b"1", {}, PATIENCE)


def test_a_server_that_takes_no_connection_is_absent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ServerAbsentError):
        ServerClient(port).invoke(b"1", {}, PATIENCE)
    assert not ServerClient(port).ping(1)


@pytest.mark.parametrize("error", [ValueError("no such row"), KeyError("a")])
def test_what_a_model_raises_is_a_server_error(client: ServerClient, model: FakeModel, error: Exception) -> None:
    def fail(_request: Request) -> Answer:
        raise error

    model.behaviour = fail
    answer = client.invoke(b"1", {}, PATIENCE)
    assert (answer.status, answer.body.decode()) == (500, f"{type(error).__name__}: {error}")
