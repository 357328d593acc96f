"""The account of an inference run: what is lost, twice or misplaced is named, and nothing else is."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.events.labels import ANOMALY, NORMAL, POISON, Label
from datastreamer.inference.audit.account import account, percentile
from datastreamer.inference.audit.stored import Stored, read_stored

GOOD = Label("0123456789ab-001-0000000001", "sensor-001", NORMAL, "")
HOT = Label("0123456789ab-002-0000000001", "sensor-002", ANOMALY, "overheating")
DRIFTING = Label("0123456789ab-003-0000000001", "sensor-003", ANOMALY, "temperature_drift")
BAD = Label("0123456789ab-004-0000000001", "sensor-004", POISON, "no_id")
ALL = (GOOD, HOT, DRIFTING, BAD)


def stored(**changes: Any) -> Stored:
    """Every record of ``ALL`` where it belongs; the drift was not found."""
    fine = {
        "items": Counter({GOOD.event_id: 1, HOT.event_id: 1, DRIFTING.event_id: 1}),
        "parked": {BAD.event_id: ["missing_id"]},
        "label": {GOOD.event_id: 0, HOT.event_id: 1, DRIFTING.event_id: 0},
    }
    return Stored(**{**fine, **changes})


def test_a_run_in_which_all_went_well_balances() -> None:
    found = account(ALL, stored(milliseconds=[5, 7, 9]))
    assert found.balanced
    assert (found.sent, found.scored, dict(found.parked), found.missing) == (4, 3, {"missing_id": 1}, 0)
    assert (found.precision, found.recall) == (1.0, 0.5)
    assert found.faults == {"overheating": (1, 1), "temperature_drift": (0, 1)}
    assert found.scoring_ms == (7, 9)


def test_a_false_alarm_lowers_precision_and_breaks_no_law() -> None:
    found = account(ALL, stored(label={GOOD.event_id: 1, HOT.event_id: 1, DRIFTING.event_id: 0}))
    assert (found.precision, found.recall) == (0.5, 0.5)
    assert found.balanced


@pytest.mark.parametrize(
    ("changes", "law", "culprit"),
    [
        ({"items": Counter({HOT.event_id: 1, DRIFTING.event_id: 1})}, "neither in the table nor parked", GOOD),
        ({"parked": {}}, "neither in the table nor parked", BAD),
        (
            {"items": Counter({GOOD.event_id: 2, HOT.event_id: 1, DRIFTING.event_id: 1})},
            "in the table more than once",
            GOOD,
        ),
        (
            {"parked": {BAD.event_id: ["missing_id"], HOT.event_id: ["model_failed"]}},
            "in the table, and parked by the function as well",
            HOT,
        ),
        ({"parked": {BAD.event_id: ["missing_id"] * 2}}, "parked by the function more than once", BAD),
        ({"parked": {BAD.event_id: ["missing_data"]}}, "parked as missing_data, but it is missing_id", BAD),
        (
            {
                "items": Counter({HOT.event_id: 1, DRIFTING.event_id: 1}),
                "parked": {BAD.event_id: ["missing_id"], GOOD.event_id: ["model_failed"]},
            },
            "a good record, but parked by the function as model_failed",
            GOOD,
        ),
        (
            {"items": Counter(dict.fromkeys((label.event_id for label in ALL), 1)), "parked": {}},
            "poison, but in the table",
            BAD,
        ),
    ],
)
def test_what_breaks_the_law_is_named(changes: dict[str, Any], law: str, culprit: Label) -> None:
    found = account(ALL, stored(**changes))
    assert not found.balanced
    assert found.findings == {law: [culprit.event_id]}
    assert found.document()["findings"][law] == {"count": 1, "first": [culprit.event_id]}


def test_an_event_id_that_was_sent_twice_is_named() -> None:
    assert account((*ALL, GOOD), stored()).findings == {
        "an event id that two records were sent with": [GOOD.event_id],
    }


def test_a_record_of_a_batch_that_lambda_gave_up_counts_as_parked() -> None:
    outage = stored(items=Counter({HOT.event_id: 1, DRIFTING.event_id: 1}), undelivered=Counter({GOOD.event_id: 1}))
    found = account(ALL, outage)
    assert found.balanced
    assert (found.parked["batch_not_delivered"], found.good_parked) == (1, 1)


def test_a_record_of_such_a_batch_that_was_stored_all_the_same_counts_once() -> None:
    found = account(ALL, stored(undelivered=Counter({GOOD.event_id: 1})))
    assert found.balanced
    assert (found.scored, sum(found.parked.values())) == (3, 1)


def test_records_without_a_label_are_not_judged() -> None:
    other = "ba9876543210-001-0000000001"
    assert account(ALL, stored(items=stored().items + Counter({other: 2}))).balanced


def test_without_a_threshold_there_is_no_precision() -> None:
    found = account(ALL, stored(label={}))
    assert math.isnan(found.precision)
    assert math.isnan(found.recall)
    assert found.unlabelled == 3


@pytest.mark.parametrize(
    ("values", "percent", "expected"), [([5], 99, 5), ([1, 2, 3, 4], 50, 2), (range(1, 101), 99, 99), ([3, 1], 100, 3)]
)
def test_a_percentile_is_one_of_the_values(values: Any, percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected
    assert math.isnan(percentile([], percent))


@pytest.fixture
def aws() -> Iterator[tuple[Any, Any]]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="ap-northeast-1")
        dynamodb.create_table(
            TableName="predictions",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            BillingMode="PAY_PER_REQUEST",
        )
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="dlq")
        yield dynamodb, s3


def put_item(dynamodb: Any, sk: str, event_id: str | None, label: int | None) -> None:
    prediction = {"score": {"N": "0.7"}, "scored_at": {"N": "1012"}}
    dynamodb.put_item(
        TableName="predictions",
        Item={
            "pk": {"S": "sensor-001"},
            "sk": {"S": sk},
            "timestamp": {"N": "1000"},
            "input": {"M": {"event_id": {"S": event_id}} if event_id else {}},
            "prediction": {"M": {**prediction, **({"label": {"N": str(label)}} if label is not None else {})}},
        },
    )


def event_record(payload: bytes) -> dict[str, Any]:
    return {"kinesis": {"data": base64.b64encode(payload).decode(), "sequenceNumber": "1"}}


def test_items_and_parked_objects_are_found_by_their_event_ids(aws: tuple[Any, Any]) -> None:
    dynamodb, s3 = aws
    put_item(dynamodb, "1", HOT.event_id, 1)
    put_item(dynamodb, "2", HOT.event_id, 1)
    put_item(dynamodb, "3", None, None)
    broken = b"\xffERR " + BAD.event_id.encode()
    for key, record in (("a", event_record(broken)), ("b", event_record(b"nothing"))):
        body = json.dumps({"reason": "invalid_utf8", "record": record}).encode()
        s3.put_object(Bucket="dlq", Key=f"failures/2026/11/20/09/{key}.json", Body=body)
    batch = json.dumps({"Records": [event_record(label.event_id.encode()) for label in (GOOD, DRIFTING)]})
    s3.put_object(Bucket="dlq", Key="aws/lambda/u/s/2026/11/20/t-u", Body=json.dumps({"payload": batch}).encode())
    s3.put_object(Bucket="dlq", Key="replayed/failures/x.json", Body=b"not read")
    found = read_stored(dynamodb, s3, "predictions", "dlq")
    assert found.items == {HOT.event_id: 2}
    assert found.label == {HOT.event_id: 1}
    assert dict(found.parked) == {BAD.event_id: ["invalid_utf8"]}
    assert found.undelivered == {GOOD.event_id: 1, DRIFTING.event_id: 1}
    assert found.milliseconds == [12, 12]
    assert found.nameless == 2, "an item and an object of somebody else"
