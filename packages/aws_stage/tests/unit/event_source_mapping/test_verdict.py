"""What an answer of the function means."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from aws_stage.engines.event_source_mapping.invocation import Invoked
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.records import Batch, WindowPart
from aws_stage.engines.event_source_mapping.verdict import Failed, NotInvoked, Succeeded, Verdict, judge
from unit.event_source_mapping.lanes import records

REPORTING = Options(report_item_failures=True)


def judged(response: Any, options: Options = REPORTING, window: WindowPart | None = None) -> Verdict:
    return judge(Invoked(200, orjson.dumps(response)), Batch(records(0, 1, 2), window), options)


def reported(*identifiers: Any) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


@pytest.mark.parametrize("response", ["", [], None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_an_answer_that_reports_nothing_is_a_success(response: Any) -> None:
    assert judged(response) == Succeeded()


@pytest.mark.parametrize(
    "response",
    [
        reported(""),
        reported(None),
        reported(123),
        reported("999"),
        reported({"a": 1}),
        {"batchItemFailures": [{"foo": "1001"}]},
        {"batchItemFailures": ["1001"]},
        {"batchItemFailures": "1001"},
        "1001",
        ["1001"],
    ],
)
def test_an_answer_that_names_no_record_of_the_batch_fails_it_whole(response: Any) -> None:
    assert judged(response) == Failed(0)


def test_the_lowest_sequence_number_reported_is_where_the_failure_begins() -> None:
    assert judged(reported("1002", "1001")) == Failed(1)


def test_one_identifier_that_is_wrong_fails_the_batch_whole() -> None:
    assert judged(reported("1002", "")) == Failed(0)


def test_without_reporting_the_answer_does_not_matter() -> None:
    assert judged(reported("1001"), Options()) == Succeeded()


def test_a_function_error_fails_the_batch_whatever_it_says() -> None:
    answer = Invoked(200, orjson.dumps(reported("1001")), function_error="Unhandled")
    assert judge(answer, Batch(records(0, 1)), REPORTING) == Failed(0)


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429, 500, 503])
def test_an_invocation_that_lambda_refused_never_ran(status: int) -> None:
    assert isinstance(judge(Invoked(status, b"{}"), Batch(records(0)), REPORTING), NotInvoked)


def test_an_answer_that_is_not_json_fails_a_reporting_function() -> None:
    assert judge(Invoked(200, b"\xff"), Batch(records(0)), REPORTING) == Failed(0)


def test_in_a_tumbling_window_the_state_is_handed_on() -> None:
    assert judged({"state": {"n": 1}}, Options(tumbling=60), WindowPart(0, 60)) == Succeeded({"n": 1})


def test_in_a_tumbling_window_a_report_hands_on_the_state_of_what_was_processed() -> None:
    assert judged({**reported("1001"), "state": {"n": 1}}, REPORTING, WindowPart(0, 60)) == Failed(1, {"n": 1})


def test_in_a_tumbling_window_an_answer_without_a_state_is_a_failure() -> None:
    assert judged({}, Options(tumbling=60), WindowPart(0, 60)) == Failed(0)
    assert judged(reported("1001"), REPORTING, WindowPart(0, 60)) == Failed(0)
    assert judged({}, Options(tumbling=60), WindowPart(0, 60, final=True)) == Succeeded()
