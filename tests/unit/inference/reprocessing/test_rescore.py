"""Scoring again: each prediction that a model made is replaced by the present one's, and nothing else changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from datastreamer.inference.predictions import plain
from datastreamer.inference.processing.item import unscored_item
from datastreamer.inference.record import parse_record
from datastreamer.inference.reprocessing.rescore import Rescored, Wanted, event_record, rescore
from datastreamer.scoring.delivery import Delivery
from tests.unit.inference.fakes import (
    ARRIVAL_MS,
    BUDGET,
    FakeEndpoint,
    FakeSageMaker,
    event_records,
    good,
    model_error,
    processor,
)
from tests.unit.inference.fakes import event_record as kinesis_record
from tests.unit.inference.reprocessing.test_replay import FakeLambda

ARRIVED = datetime.fromtimestamp(ARRIVAL_MS // 1000, UTC)
ALL_DAY = (ARRIVED - timedelta(hours=1), ARRIVED + timedelta(hours=1))


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="ap-northeast-1")
        dynamodb.create_table(
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        yield dynamodb


def items(table: Any) -> dict[str, Any]:
    return {item["pk"]["S"]: item for item in table.scan(TableName="t")["Items"]}


def behind(config: str) -> FakeSageMaker:
    sagemaker = FakeSageMaker()
    sagemaker.move(config)
    return sagemaker


def predict(table: Any, config: str, records: list[dict[str, Any]], score: str = "1e300") -> None:
    endpoint = FakeEndpoint(model=lambda _row: score)
    assert processor(endpoint, table, sagemaker=behind(config)).process(records, BUDGET).failed == {}


def again(table: Any, wanted: Wanted, endpoint: FakeEndpoint | None = None) -> tuple[list[Rescored], FakeLambda]:
    functions = FakeLambda(processor(endpoint or FakeEndpoint(), table, sagemaker=behind("config-1")))
    lambda_: Any = functions
    return list(rescore(table, lambda_, table="t", function="f", wanted=wanted)), functions


def test_what_a_model_predicted_is_replaced_and_the_rest_of_the_item_stays(table: Any) -> None:
    predict(table, "config-2", event_records([good(0), good(1)]))
    before = items(table)
    done, _ = again(table, Wanted("model-2", *ALL_DAY))
    assert (sum(one.scanned for one in done), sum(one.found for one in done)) == (2, 2)
    after = items(table)
    assert after.keys() == before.keys()
    for pk, item in after.items():
        assert item["model"] == {"S": "model-1"}
        assert item["prediction"]["M"]["score"] != before[pk]["prediction"]["M"]["score"]
        for name in ("sk", "input", "timestamp", "kinesis_sequence"):
            assert item[name] == before[pk][name]


def test_another_models_predictions_and_other_times_are_left_alone(table: Any) -> None:
    predict(table, "config-1", [kinesis_record(0, good(0))], "7")
    predict(table, "config-2", [kinesis_record(1, good(1))])
    predict(table, "config-2", [kinesis_record(2, good(2), ARRIVAL_MS + 3_600_000)])
    before = items(table)
    done, _ = again(table, Wanted("model-2", *ALL_DAY))
    assert sum(one.found for one in done) == 1
    after = items(table)
    assert [pk for pk in before if before[pk] != after[pk]] == ["sensor-001"]


def test_the_beginning_of_the_time_is_in_it_and_the_end_is_not(table: Any) -> None:
    predict(table, "config-2", [kinesis_record(number, good(number), ARRIVAL_MS + number) for number in range(3)])
    since = datetime.fromtimestamp((ARRIVAL_MS + 1) / 1000, UTC)
    again(table, Wanted("model-2", since, since + timedelta(milliseconds=1)))
    assert [pk for pk, item in sorted(items(table).items()) if item["model"] == {"S": "model-1"}] == ["sensor-001"]


def test_a_model_whose_name_only_holds_the_others_is_left_alone(table: Any) -> None:
    predict(table, "config-2", event_records([good(0)]))
    done, _ = again(table, Wanted("model", *ALL_DAY))
    assert sum(one.found for one in done) == 0


def test_what_either_of_two_models_made_is_scored_again(table: Any) -> None:
    sagemaker = FakeSageMaker()
    sagemaker.move("config-1", coming="config-2")
    processor(table=table, sagemaker=sagemaker).process(event_records([good(0)]), BUDGET)
    again(table, Wanted("model-2", *ALL_DAY))
    assert items(table)["sensor-000"]["model"] == {"S": "model-1"}


def test_predictions_that_name_no_model_can_be_scored_again(table: Any) -> None:
    predict(table, "config-1", event_records([good(0), good(1)]), "7")
    key = {name: items(table)["sensor-000"][name] for name in ("pk", "sk")}
    table.update_item(TableName="t", Key=key, UpdateExpression="REMOVE #m", ExpressionAttributeNames={"#m": "model"})
    done, _ = again(table, Wanted(None, *ALL_DAY))
    assert sum(one.found for one in done) == 1
    assert items(table)["sensor-000"]["model"] == {"S": "model-1"}


def test_what_cannot_be_scored_keeps_its_old_prediction_and_is_named(table: Any) -> None:
    predict(table, "config-2", event_records([good(0), good(1)]))

    def refusing(row: list[str]) -> str:
        if row[0] == "1":
            raise model_error(400)
        return "0.5"

    done, _ = again(table, Wanted("model-2", *ALL_DAY), FakeEndpoint(model=refusing))
    (failing,) = (failure for one in done for failure in one.failing)
    assert failing.reason == "refused_by_model"
    after = items(table)
    assert (after["sensor-000"]["model"], after["sensor-001"]["model"]) == ({"S": "model-1"}, {"S": "model-2"})


def test_interrupted_and_begun_again_it_goes_on_with_what_is_left(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datastreamer.inference.reprocessing.invocations.MOST_RECORDS", 5)
    predict(table, "config-2", event_records([good(number) for number in range(12)]))
    lambda_: Any = FakeLambda(processor(FakeEndpoint(), table, sagemaker=behind("config-1")))
    some = rescore(table, lambda_, table="t", function="f", wanted=Wanted("model-2", *ALL_DAY))
    while not next(some).found:
        pass
    some.close()
    done, functions = again(table, Wanted("model-2", *ALL_DAY))
    assert sum(one.found for one in done) == 7
    assert max(len(event["Records"]) for event in functions.events) <= 5
    assert {item["model"]["S"] for item in items(table).values()} == {"model-1"}
    assert sum(one.found for one in again(table, Wanted("model-2", *ALL_DAY))[0]) == 0


def test_an_item_that_some_other_hand_made_is_named_and_left_alone(table: Any) -> None:
    strange = {"pk": {"S": "x"}, "sk": {"S": "y"}, "model": {"S": "model-2"}, "timestamp": {"N": str(ARRIVAL_MS)}}
    table.put_item(TableName="t", Item=strange)
    done, functions = again(table, Wanted("model-2", *ALL_DAY))
    (failing,) = (failure for one in done for failure in one.failing)
    assert (failing.reason, functions.events) == ("unreadable_item", [])
    assert items(table)["x"] == strange


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.text(st.characters(codec="utf-8"), max_size=8)
    | st.integers(-(10**45), 10**45)
    | st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**40), max_value=10**40),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    data=st.lists(st.sampled_from(["0", "-0.0", "1E+2", "25.50", "0.1" * 1 + "2" * 45, "1e-200", "7e300"]), min_size=1),
    further=st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), JSON, max_size=3),
)
def test_the_record_that_an_item_holds_makes_the_same_item(data: list[str], further: dict[str, Any]) -> None:
    fields = {name: value for name, value in further.items() if name not in ("id", "data")}
    rest = json.dumps(fields, default=float)[1:-1]
    text = f'{{"id": "a", "data": [{", ".join(data)}]{", " if rest else ""}{rest}}}'
    delivery = Delivery.of(kinesis_record(3, text.encode()))
    stored = unscored_item(delivery, parse_record(delivery.payload), None)
    made = event_record(plain(stored), 1)
    assert made is not None
    once_more = Delivery.of(made)
    assert unscored_item(once_more, parse_record(once_more.payload), None) == stored
