"""Replaying what is parked: both kinds of objects, any number of them, and safely again, at once and interrupted."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from datastreamer.errors import ConfigurationError
from datastreamer.inference.reprocessing.parked import FailureBucket
from datastreamer.inference.reprocessing.replay import Replayed, ReplayTally, replay_failures
from datastreamer.scoring.batch import BatchScorer
from tests.unit.inference.fakes import (
    BUDGET,
    FakeBucket,
    FakeEndpoint,
    FakeTable,
    client_error,
    event_record,
    event_records,
    good,
    model_error,
    processor,
)

BUCKET = "s-dlq-123456789012"


class FakeLambda:
    """Lambda with the function in it, as an invocation with ``replay`` runs it."""

    def __init__(self, work: BatchScorer[Any, Any], before: Callable[[], None] = lambda: None) -> None:
        self._work = work
        self._before = before
        self.events: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert (FunctionName, InvocationType) == ("f", "RequestResponse")
        assert len(Payload) <= 6 * 1024 * 1024
        self._before()
        event = json.loads(Payload)
        assert event["replay"] is True
        self.events.append(event)
        report = self._work.process(event["Records"], BUDGET, park=False)
        answer = {"batchItemFailures": [], "failures": report.failures()}
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode())}


class AnsweringLambda:
    """Lambda that answers each invocation with the same, or raises it."""

    def __init__(self, answer: Any, error: str | None = None) -> None:
        self._answer = answer
        self._error = error

    def invoke(self, **_request: Any) -> dict[str, Any]:
        if isinstance(self._answer, Exception):
            raise self._answer
        body = {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(self._answer).encode())}
        return body | ({"FunctionError": self._error} if self._error else {})


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        client.create_bucket(Bucket=BUCKET)
        yield client


def put(s3: Any, key: str, document: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document).encode())


def park_records(s3: Any, payloads: list[bytes]) -> list[str]:
    """Park a record of each payload as the function does, by the function's own code."""
    kept = FakeBucket()
    processor(FakeEndpoint(model=lambda _row: "nan"), bucket=kept).process(event_records(payloads), BUDGET)
    for key, body in kept.objects.items():
        put(s3, key, body)
    assert len(kept.objects) == len(payloads)
    return sorted(kept.objects)


def park_batch(s3: Any, name: str, records: list[Any]) -> str:
    """Park a batch as an event source mapping does."""
    key = f"aws/lambda/0b7e2a5c-0000-4000-8000-000000000000/shardId-000000000006/2025/10/15/2025-10-15T08.31.00-{name}"
    invocation = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "version": "1.0", "KinesisBatchInfo": {}}
    put(s3, key, {**invocation, "payload": json.dumps({"Records": records})})
    return key


def keys(s3: Any) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def replay(s3: Any, functions: Any) -> list[Replayed]:
    return list(replay_failures(FailureBucket(s3, BUCKET), functions, "f"))


def tally(outcomes: list[Replayed]) -> ReplayTally:
    total = ReplayTally()
    for one in outcomes:
        total = total.plus(one)
    return total


def test_both_kinds_of_objects_are_replayed_and_put_away(s3: Any) -> None:
    single = park_records(s3, [good(0), good(1)])
    batch = park_batch(s3, "a", [event_record(number, good(number)) for number in range(2, 9)])
    table = FakeTable()
    lambdas = FakeLambda(processor(table=table))
    outcomes = replay(s3, lambdas)
    assert tally(outcomes) == ReplayTally(objects=3, moved=3, stored=9, failing=0)
    assert sorted(keys(s3)) == sorted("replayed/" + key for key in [*single, batch])
    assert len(table.items) == 9
    assert len(lambdas.events) == 1


def test_a_replayed_record_has_the_item_that_its_first_delivery_would_have_had(s3: Any) -> None:
    first, again = FakeTable(), FakeTable()
    records = event_records([good(0), good(1)])
    processor(table=first).process(records, BUDGET)
    park_batch(s3, "a", records)
    replay(s3, FakeLambda(processor(table=again)))
    assert again.items == first.items


def test_what_still_fails_stays_and_says_why(s3: Any) -> None:
    park_records(s3, [good(0)])
    poison = park_batch(s3, "a", [event_record(5, good(5)), event_record(6, b"{")])
    outcomes = replay(s3, FakeLambda(processor()))
    assert poison in keys(s3)
    (left,) = (outcome for outcome in outcomes if outcome.moved_to is None)
    assert (left.key, left.records, left.stored) == (poison, 2, 1)
    assert [(failure.event_id, failure.reason) for failure in left.failing] == [
        (event_record(6, b"")["eventID"], "invalid_json")
    ]
    assert tally(outcomes) == ReplayTally(2, 1, 2, 1, (("invalid_json", 1),))


def test_records_that_fail_for_now_stay_too(s3: Any) -> None:
    parked = park_records(s3, [good(0)])
    (outcome,) = replay(s3, FakeLambda(processor(FakeEndpoint([model_error(500)] * 100))))
    assert keys(s3) == parked
    assert outcome.failing[0].reason == "not_scored"


def test_replaying_twice_adds_nothing(s3: Any) -> None:
    park_records(s3, [good(0)])
    table = FakeTable()
    lambdas = FakeLambda(processor(table=table))
    assert len(replay(s3, lambdas)) == 1
    assert replay(s3, lambdas) == []
    assert len(table.items) == table.puts == 1


def test_an_interrupted_replay_is_finished_by_the_next(s3: Any) -> None:
    park_records(s3, [good(number) for number in range(3)])

    class Interrupted(Exception):  # noqa: N818
        pass

    class Breaking:
        """Ends between copying an object and deleting it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(s3, name)

        def delete_object(self, **_request: Any) -> None:
            raise Interrupted

    table = FakeTable()
    with pytest.raises(Interrupted):
        replay(Breaking(), FakeLambda(processor(table=table)))
    assert len(keys(s3)) > 3
    assert tally(replay(s3, FakeLambda(processor(table=table)))).moved == 3
    assert all(key.startswith("replayed/") for key in keys(s3))
    assert (len(keys(s3)), len(table.items)) == (3, 3)


def test_two_replays_at_once_do_not_hinder_each_other(s3: Any) -> None:
    park_records(s3, [good(number) for number in range(3)])
    table = FakeTable()
    inner: list[Replayed] = []
    outer = replay(
        s3, FakeLambda(processor(table=table), lambda: inner.extend(replay(s3, FakeLambda(processor(table=table)))))
    )
    assert tally(inner).stored == tally(outer).stored == 3
    assert tally(inner).moved == 3
    assert tally(outer).failing == 0
    assert len(table.items) == len(keys(s3)) == 3


def test_an_object_that_another_replay_moves_before_it_is_read_is_left_to_that_one(s3: Any) -> None:
    park_records(s3, [good(number) for number in range(3)])

    class Late:
        """Another replay has moved each object just before it is read."""

        def __getattr__(self, name: str) -> Any:
            return getattr(s3, name)

        def get_object(self, **request: str) -> Any:
            FailureBucket(s3, BUCKET).move(request["Key"])
            return s3.get_object(**request)

    lambdas = FakeLambda(processor())
    assert replay(Late(), lambdas) == []
    assert lambdas.events == []
    assert len(keys(s3)) == 3


def test_more_objects_than_a_listing_has_are_all_replayed_together(s3: Any) -> None:
    park_records(s3, [good(number) for number in range(50)])
    lambdas: Any = FakeLambda(processor())
    outcomes = list(replay_failures(FailureBucket(s3, BUCKET, page=20), lambdas, "f"))
    assert tally(outcomes).moved == 50
    assert [len(event["Records"]) for event in lambdas.events] == [50]


def test_events_have_no_more_records_than_the_function_is_made_for(s3: Any) -> None:
    park_batch(s3, "a", [event_record(number, good(number)) for number in range(1_010)])
    park_batch(s3, "b", [event_record(number, good(number)) for number in range(1_010, 1_100)])
    table = FakeTable()
    lambdas = FakeLambda(processor(table=table))
    assert tally(replay(s3, lambdas)).moved == 2
    assert len(table.items) == 1_100
    assert [len(event["Records"]) for event in lambdas.events] == [500, 500, 10, 90]


def test_events_stay_below_what_lambda_takes(s3: Any) -> None:
    heavy = json.dumps({"id": "a", "data": [1], "note": "x" * 300_000}).encode()
    park_batch(s3, "a", [event_record(number, heavy) for number in range(10)])
    park_batch(s3, "b", [event_record(number, heavy) for number in range(10, 25)])
    table = FakeTable()
    lambdas = FakeLambda(processor(table=table))
    assert tally(replay(s3, lambdas)).stored == len(table.items) == 25
    assert 2 < len(lambdas.events) < 5


def test_one_record_in_two_objects_is_sent_once_and_both_are_put_away(s3: Any) -> None:
    park_records(s3, [good(0)])
    park_batch(s3, "a", [event_record(0, good(0))])
    lambdas = FakeLambda(processor())
    assert tally(replay(s3, lambdas)).moved == 2
    assert len(lambdas.events[0]["Records"]) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"no json",
        b"[]",
        b"{}",
        b'{"record": {}}',
        b'{"record": {"eventID": "a", "kinesis": {}}}',
        b'{"record": {"eventID": 1, "kinesis": {"data": ""}}}',
    ],
)
def test_an_object_that_nobody_parked_is_left_and_named(s3: Any, content: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key="failures/odd.json", Body=content)
    s3.put_object(Bucket=BUCKET, Key="aws/lambda/odd", Body=content)
    park_records(s3, [good(0)])
    outcomes = replay(s3, FakeLambda(processor()))
    assert tally(outcomes) == ReplayTally(3, 1, 1, 2, (("unreadable_object", 2),))
    assert {"failures/odd.json", "aws/lambda/odd"} <= set(keys(s3))


def test_a_batch_without_records_is_left_and_named(s3: Any) -> None:
    park_batch(s3, "a", [])
    assert tally(replay(s3, FakeLambda(processor()))).reasons == (("unreadable_object", 1),)


def test_other_objects_of_the_bucket_are_not_touched(s3: Any) -> None:
    put(s3, "notes/readme.json", {})
    assert replay(s3, FakeLambda(processor())) == []
    assert keys(s3) == ["notes/readme.json"]


@pytest.mark.parametrize(
    ("functions", "detail"),
    [
        (AnsweringLambda({"errorMessage": "TABLE_NAME is not set"}, "Unhandled"), "TABLE_NAME is not set"),
        (AnsweringLambda(client_error("TooManyRequestsException", 429)), "TooManyRequestsException"),
    ],
)
def test_a_function_that_fails_leaves_everything_where_it_is(s3: Any, functions: Any, detail: str) -> None:
    parked = park_records(s3, [good(0), good(1)])
    outcomes = replay(s3, functions)
    assert keys(s3) == parked
    assert all(detail in outcome.failing[0].detail for outcome in outcomes)
    assert tally(outcomes).reasons == (("function_failed", 2),)


def test_a_caller_who_may_not_invoke_the_function_is_told_so(s3: Any) -> None:
    parked = park_records(s3, [good(0)])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        replay(s3, AnsweringLambda(client_error("AccessDeniedException", 403)))
    assert keys(s3) == parked


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        (AnsweringLambda(client_error("ResourceNotFoundException", 404)), "there is no function f"),
        (AnsweringLambda({"batchItemFailures": []}), "cannot replay"),
    ],
)
def test_a_wrong_function_is_named_and_nothing_is_moved(s3: Any, functions: Any, message: str) -> None:
    parked = park_records(s3, [good(0)])
    with pytest.raises(ConfigurationError, match=message):
        replay(s3, functions)
    assert keys(s3) == parked


def test_a_missing_bucket_is_named(s3: Any) -> None:
    with pytest.raises(ConfigurationError, match="there is no bucket absent-bucket"):
        list(replay_failures(FailureBucket(s3, "absent-bucket"), AnsweringLambda({}), "f"))  # type: ignore[arg-type]
