"""InvokeEndpoint over a server that is too slow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aws_stage.engines.sagemaker.hosting.invocation import Invocations
from aws_stage.engines.sagemaker.hosting.server_client import ServerAnswer, ServerTimeoutError
from aws_stage.engines.sagemaker.hosting.specification import VariantSpecification
from aws_stage.kernel.engine import AwsError, Call


class FakeVariant:
    name = "AllTraffic"
    config = "c"
    instances = (1, 2)
    specification = VariantSpecification("AllTraffic", "image", "xgboost", None, instances=2)

    def lost(self, client: object) -> None:
        raise AssertionError(client)


class FakeMetrics:
    def __init__(self) -> None:
        self.statuses: list[int] = []

    def invoked(self, _endpoint: str, _variant: str, *, status: int, **_more: object) -> None:
        self.statuses.append(status)


class FakeLive:
    """One server; ``outcome`` is its answer, or what it raises."""

    def __init__(self, outcome: ServerAnswer | Exception) -> None:
        self._outcome = outcome
        self.timeout = 0.0

    @contextmanager
    def server(self, _endpoint: str, _target: str | None) -> Iterator[tuple[FakeVariant, Any]]:
        yield FakeVariant(), self

    def invoke(self, _body: bytes, _headers: dict[str, str], timeout: float) -> ServerAnswer:
        self.timeout = timeout
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


def invoke(live: FakeLive, metrics: FakeMetrics, **more: Any) -> dict[str, Any]:
    invocations = Invocations("ap-northeast-1", live, metrics, **more)  # type: ignore[arg-type]
    return invocations.invoke(Call("sagemaker", "InvokeEndpoint", {"EndpointName": "e", "Body": b"1"}))


def test_a_model_has_sixty_seconds() -> None:
    live = FakeLive(ServerAnswer(200, {"content-type": "text/csv"}, b"1"))
    assert invoke(live, FakeMetrics())["Body"] == b"1"
    assert live.timeout == 60


def test_a_model_that_does_not_answer_in_time_is_a_model_error() -> None:
    metrics = FakeMetrics()
    with pytest.raises(AwsError) as caught:
        invoke(FakeLive(ServerTimeoutError()), metrics)
    assert (caught.value.code, caught.value.status) == ("ModelError", 424)
    assert caught.value.members["OriginalStatusCode"] == 0
    assert caught.value.message.startswith('Received server error (0) from primary with message "Your invocation timed')
    assert metrics.statuses == [0]


def test_attributes_that_a_model_answers_are_passed_on() -> None:
    headers = {"content-type": "text/csv", "x-amzn-sagemaker-custom-attributes": "trace=1"}
    answer = invoke(FakeLive(ServerAnswer(200, headers, b"1")), FakeMetrics())
    assert answer["CustomAttributes"] == "trace=1"


def test_more_invocations_than_there_are_threads_for_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aws_stage.engines.sagemaker.hosting.invocation.MAX_IN_FLIGHT", 1)
    live = FakeLive(ServerAnswer(200, {}, b"1"))
    invocations = Invocations("ap-northeast-1", live, FakeMetrics())  # type: ignore[arg-type]
    call = Call("sagemaker", "InvokeEndpoint", {"EndpointName": "e", "Body": b"1"})
    codes = []

    def invoke_within(*_arguments: object) -> ServerAnswer:
        try:
            invocations.invoke(call)
        except AwsError as error:
            codes.append((error.code, error.status))
        return ServerAnswer(200, {}, b"1")

    monkeypatch.setattr(live, "invoke", invoke_within)
    invocations.invoke(call)
    assert codes == [("ServiceUnavailable", 503)]
