"""Parts that several pipelines have: how each says that it is well, and that it is not there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from datastreamer.aws import parts
from datastreamer.aws.status import MISSING, Part, all_healthy, ask, is_off

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def refusal(code: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}}
    return ClientError(response, "Operation")


class FakeClient:
    """Answers an operation with what it was given, or raises it."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def __call__(self, _service: str) -> FakeClient:
        return self

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**_: Any) -> Any:
            answer = self._answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.mark.parametrize(
    "part",
    [
        lambda: parts.stream(FakeClient(describe_stream_summary=refusal("ResourceNotFoundException")), "x"),
        lambda: parts.delivery(FakeClient(describe_delivery_stream=refusal("ResourceNotFoundException")), "x", NOW),
        lambda: parts.table(FakeClient(describe_table=refusal("ResourceNotFoundException")), "x"),
        lambda: parts.function(FakeClient(get_function_configuration=refusal("ResourceNotFoundException")), "x"),
        lambda: parts.reading(FakeClient(list_event_source_mappings={"EventSourceMappings": []}), "f", "x"),
        lambda: parts.bucket(FakeClient(head_bucket=refusal("404")), "x", "site"),
        lambda: parts.job(FakeClient(get_job=refusal("EntityNotFoundException")), "x", "start it"),
        lambda: parts.schedule(FakeClient(get_schedule=refusal("ResourceNotFoundException")), "x"),
        lambda: parts.catalogue_table(FakeClient(get_table=refusal("EntityNotFoundException")), "db", "x"),
    ],
)
def test_what_is_not_there_is_missing_and_unhealthy(part: Callable[[], Part]) -> None:
    found = part()
    assert (found.resource, found.state, found.healthy) == ("x", MISSING, False)


def test_an_error_that_says_something_else_is_not_taken_for_a_missing_part() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        parts.table(FakeClient(describe_table=refusal("AccessDeniedException")), "x")


@pytest.mark.parametrize(
    ("state", "update", "healthy"),
    [
        ("Active", "Successful", True),
        ("Inactive", "Successful", True),
        ("Pending", "InProgress", True),
        ("Failed", "Successful", False),
        ("Active", "Failed", False),
    ],
)
def test_a_function_is_well_unless_it_or_its_update_failed(state: str, update: str, *, healthy: bool) -> None:
    answer = {"State": state, "LastUpdateStatus": update, "MemorySize": 512}
    found = parts.function(FakeClient(get_function_configuration=answer), "f")
    assert (found.state, found.healthy) == (state, healthy)


@pytest.mark.parametrize(
    ("state", "result", "healthy", "attention"),
    [
        ("Enabled", "OK", True, False),
        ("Enabled", "PROBLEM: Function call failed", True, True),
        ("Disabled", "OK", False, False),
    ],
)
def test_a_mapping_is_well_while_it_is_enabled_and_a_failed_batch_wants_attention(
    state: str, result: str, *, healthy: bool, attention: bool
) -> None:
    mappings = [
        {"EventSourceArn": "arn:aws:kinesis:r:1:stream/other", "State": "Disabled"},
        {"EventSourceArn": "arn:aws:kinesis:r:1:stream/x", "State": state, "LastProcessingResult": result},
    ]
    found = parts.reading(FakeClient(list_event_source_mappings={"EventSourceMappings": mappings}), "f", "x")
    assert (found.state, found.healthy, found.attention) == (state, healthy, attention)


@pytest.mark.parametrize(
    "source", ["arn:aws:kinesis:r:1:stream/x", "arn:aws:kinesis:r:1:stream/x/consumer/f:1764460800"]
)
def test_a_mapping_of_a_stream_is_found_with_and_without_enhanced_fan_out(source: str) -> None:
    mappings = [{"EventSourceArn": source, "State": "Enabled"}]
    assert parts.reading(FakeClient(list_event_source_mappings={"EventSourceMappings": mappings}), "f", "x").healthy


def test_a_table_that_is_being_deleted_is_not_well() -> None:
    for state, healthy in (("ACTIVE", True), ("UPDATING", True), ("CREATING", False), ("DELETING", False)):
        answer = {"Table": {"TableStatus": state, "ItemCount": 3}}
        assert parts.table(FakeClient(describe_table=answer), "t").healthy is healthy


def test_a_pipeline_is_off_when_nothing_of_it_is_there_and_broken_when_a_part_is_missing() -> None:
    here, gone = Part("a", "a", "ACTIVE", healthy=True), Part("b", "b", MISSING, healthy=False)
    assert is_off([gone, gone])
    assert not is_off([here, gone])
    assert not all_healthy([here, gone])
    assert all_healthy([here, here])


def test_advice_says_how_to_make_what_is_missing() -> None:
    def check() -> Part:
        raise refusal("ResourceNotFoundException")

    assert ask("stream", "x", check, "make it").detail == "make it"


def test_a_job_is_as_well_as_its_last_run() -> None:
    run = {"JobRunState": "FAILED", "StartedOn": NOW, "ExecutionTime": 7, "ErrorMessage": "no such column"}

    def job(*runs: dict[str, Any]) -> Part:
        return parts.job(FakeClient(get_job={}, get_job_runs={"JobRuns": list(runs)}), "x", "taxi silver")

    assert (job().state, job().healthy, job().detail) == ("NEVER RUN", True, "start it: taxi silver")
    failed = job(run)
    assert (failed.state, failed.healthy) == ("FAILED", False)
    assert failed.detail == "started 2026-01-01 00:00:00 UTC, 7 s: no such column"
    assert job({**run, "JobRunState": "SUCCEEDED"}).healthy


def test_a_schedule_that_is_off_is_unhealthy() -> None:
    for state in ("ENABLED", "DISABLED"):
        found = parts.schedule(FakeClient(get_schedule={"State": state, "ScheduleExpression": "rate(1 day)"}), "x")
        assert (found.healthy, found.detail) == (state == "ENABLED", "rate(1 day)")
