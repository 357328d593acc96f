"""rescore: what it asks before it begins, what it tells, how it ends."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.unit.inference.fakes import sequence_number
from tests.unit.inference_cli.conftest import CommandLine
from tests.unit.inference_cli.test_replay import Function

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datastreamer.cli.inference.session.Session.now", lambda _: NOW)


def put(cli: CommandLine, number: int, model: str, *, ago: timedelta = timedelta(minutes=1), name: str = "") -> None:
    """An item of record ``number``."""
    from datastreamer.inference.processing.item import sort_key

    arrival = int((NOW - ago).timestamp() * 1000)
    identifier = name or f"sensor-{number}"
    cli.client("dynamodb").put_item(
        TableName="shop-predictions",
        Item={
            "pk": {"S": identifier},
            "sk": {"S": sort_key(arrival, sequence_number(number))},
            "input": {"M": {"id": {"S": identifier}, "data": {"L": [{"N": str(number)}]}}},
            "timestamp": {"N": str(arrival)},
            "kinesis_sequence": {"S": sequence_number(number)},
            "model": {"S": model},
        },
    )


@pytest.fixture
def stack(cli: CommandLine) -> None:
    """A stack whose endpoint is served by ``good-model``."""
    cli.client("dynamodb").create_table(
        TableName="shop-predictions",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    cli.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    told = {"ENDPOINT_NAME": "shop-endpoint", "TABLE_NAME": "shop-predictions", "DLQ_BUCKET": "b"}
    cli.client("lambda").create_function(
        FunctionName="shop-processor",
        Runtime="python3.11",
        Handler="h.h",
        Role="arn:aws:iam::123456789012:role/r",
        Code={"ZipFile": b"PK\x05\x06" + b"\0" * 18},
        Timeout=120,
        Environment={"Variables": told},
    )
    sagemaker = cli.client("sagemaker")
    sagemaker.create_model(
        ModelName="good-model", PrimaryContainer={"Image": "i"}, ExecutionRoleArn="arn:aws:iam::123456789012:role/r"
    )
    variant = {"VariantName": "AllTraffic", "ModelName": "good-model", "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="c", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    sagemaker.create_endpoint(EndpointName="shop-endpoint", EndpointConfigName="c")


@pytest.fixture
def function(stack: None) -> Iterator[Function]:  # noqa: ARG001
    """The processor of the stack."""
    fake = Function()
    session: Any = boto3.DEFAULT_SESSION
    session.events.register("before-call.lambda.Invoke", fake)
    yield fake
    session.events.unregister("before-call.lambda.Invoke", fake)


def sent(function: Function) -> list[Any]:
    """The records that the function was given."""
    return [
        json.loads(base64.b64decode(record["kinesis"]["data"]))
        for event in function.events
        for record in event["Records"]
    ]


def test_the_predictions_of_a_model_go_through_the_processor_again(cli: CommandLine, function: Function) -> None:
    put(cli, 1, "bad-model")
    put(cli, 2, "good-model")
    answer = cli.done("rescore", "shop", "--model", "bad-model", "--from", "1h", "--yes")
    assert sent(function) == [{"id": "sensor-1", "data": [1]}]
    assert function.events[0]["replay"] is True
    assert answer.out == "scored again 1 prediction of bad-model by good-model, of 2 items\n"


def test_json_tells_counts_and_what_is_kept(cli: CommandLine, function: Function) -> None:
    put(cli, 1, "bad-model")
    put(cli, 2, "bad-model", name="poison")
    put(cli, 3, "bad-model", ago=timedelta(hours=3))

    def poison(data: bytes) -> bool:
        return b"poison" in data

    function.refuses = poison
    answer = cli("rescore", "shop", "--model", "bad-model", "--from", "2h", "--to", "30s", "--yes", "--json")
    assert answer.code == 1
    document = answer.document
    kept = document.pop("kept")
    assert [each["reason"] for each in kept] == ["invalid_json"]
    assert document == {
        "stack": "shop",
        "table": "shop-predictions",
        "function": "shop-processor",
        "model": "bad-model",
        "from": "2026-01-31T10:00:00+00:00",
        "to": "2026-01-31T11:59:30+00:00",
        "serving": ["good-model"],
        "scanned": 3,
        "found": 2,
        "rescored": 1,
    }


def test_a_model_that_serves_now_is_refused(cli: CommandLine, function: Function) -> None:
    put(cli, 1, "good-model")
    answer = cli("rescore", "shop", "--model", "good-model", "--from", "1h", "--yes")
    assert answer.code == 2
    assert "serves endpoint shop-endpoint now and would predict the same" in " ".join(answer.err.split())
    assert function.events == []


def test_it_asks_and_takes_no_for_no(cli: CommandLine, function: Function) -> None:
    put(cli, 1, "bad-model")
    answer = cli("rescore", "shop", "--model", "bad-model", "--from", "1h", stdin=b"n\n", terminal=True)
    assert answer.code == 2
    asked = " ".join(answer.err.split())
    assert "Replace the predictions of bad-model for records from 2026-01-31 11:00:00" in asked
    assert "by those of good-model?" in asked
    assert function.events == []


@pytest.mark.usefixtures("stack")
def test_a_dry_run_names_the_invocation_and_makes_none(cli: CommandLine) -> None:
    put(cli, 1, "bad-model")
    calls = cli.dry("rescore", "shop", "--model", "bad-model", "--from", "1h")
    assert [name for name, _ in calls] == ["lambda.Invoke"]
    assert json.loads(calls[0][1]["Payload"])["replay"] is True


@pytest.mark.usefixtures("function")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from", "1h"], "give either --model NAME or --unnamed"),
        (["--from", "1h", "--model", "m", "--unnamed"], "give either --model NAME or --unnamed"),
        (["--from", "1h", "--to", "2h", "--model", "m"], "must be before --to"),
        (["--from", "noon", "--model", "m"], "is no moment"),
    ],
)
def test_options_that_contradict_are_told(cli: CommandLine, words: list[str], message: str) -> None:
    answer = cli("rescore", "shop", *words, "--yes")
    assert answer.code == 2
    assert message in answer.err


@pytest.mark.usefixtures("function")
def test_nothing_to_score_again_is_said(cli: CommandLine) -> None:
    out = cli.done("rescore", "shop", "--unnamed", "--from", "1h", "--yes").out
    assert out == "no predictions that name no model in that time, of 0 items\n"


def test_a_missing_stack_is_one_line(cli: CommandLine) -> None:
    answer = cli("rescore", "nowhere", "--model", "m", "--from", "1h", "--yes")
    assert answer.code == 2
    assert "there is no processor nowhere-processor" in answer.err
