"""The function as Lambda calls it: an event in, predictions on the delivery stream, what waits in the answer."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.aws.clock import Clock
from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.scoring.pacing import Budget
from datastreamer.taxi.scoring.connections import connect
from datastreamer.taxi.scoring.settings import Settings
from tests.unit.inference.fakes import FakeEndpoint, event_records, model_error, sequence_number
from tests.unit.taxi.scoring.fakes import FakeFirehose, by_the_mile, payload, thresholds

FOLDER = Path(__file__).resolve().parents[4] / "lambdas" / "taxi_score"
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "taxi-score",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "STAGE": "test",
    "ENDPOINT_NAME": "fare",
    "THRESHOLDS_TABLE": "thresholds",
    "DELIVERY_STREAM": "predictions",
    "PARKING_BUCKET": "dlq",
    "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Taxi",
}


class Function:
    """The handler's module, loaded as a cold start does, on a mocked account."""

    def __init__(self, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
        spec = importlib.util.spec_from_file_location("taxi_score_handler", FOLDER / "handler.py")
        assert spec is not None
        assert spec.loader is not None
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)
        self.firehose = FakeFirehose()
        made = boto3.Session.client

        def client(session: boto3.Session, service: str, **options: Any) -> Any:
            ours = {"sagemaker-runtime": endpoint, "firehose": self.firehose}
            return ours[service] if service in ours else made(session, service, **options)  # type: ignore[call-overload]

        monkeypatch.setattr(boto3.Session, "client", client)

    def __call__(self, records: list[dict[str, Any]], left_ms: int = 60_000) -> Any:
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: left_ms, aws_request_id="r-1")
        return self.module.handler({"Records": records}, context)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "POWERTOOLS_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="thresholds",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "model_version", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "model_version", "AttributeType": "S"}],
        )
        boto3.resource("dynamodb").Table("thresholds").put_item(Item=thresholds("7", 5.0).item())
        boto3.client("s3").create_bucket(
            Bucket="dlq", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
        )
        yield


def metrics(output: str) -> dict[str, float]:
    """The metrics of the log's EMF lines, ``<name>`` and ``<name>/<Dimension>=<value>…`` -> their sum."""
    found: dict[str, float] = {}
    for line in output.splitlines():
        entry = json.loads(line)
        for directive in entry.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "Datastreamer/Taxi"
            for metric in directive["Metrics"]:
                for dimensions in directive["Dimensions"]:
                    name = "/".join([metric["Name"], *(f"{each}={entry[each]}" for each in sorted(dimensions))])
                    found[name] = found.get(name, 0) + sum(entry[metric["Name"]])
    return found


@pytest.mark.usefixtures("account")
class TestHandler:
    def test_the_sample_event_becomes_one_prediction(self, monkeypatch: pytest.MonkeyPatch) -> None:
        event = json.loads((FOLDER / "event.json").read_text())
        function = Function(FakeEndpoint(model=by_the_mile(5.0)), monkeypatch)
        assert function(event["Records"]) == {"batchItemFailures": []}
        [found] = function.firehose.predictions
        assert (found["trip_id"], found["model_version"]) == ("5b0e7a5c3c1f4a0a9d2f6b7c8d9e0f1a", "7")
        assert found["event_time"] == "2025-01-15T13:45:00.000Z"

    def test_counts_and_figures_of_the_model_are_metrics(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        function = Function(FakeEndpoint(model=by_the_mile(5.0)), monkeypatch)
        fares = (15.6, 16.0, 40.0, 14.0)
        function([*event_records([*(payload(n, fare_amount=fare) for n, fare in enumerate(fares)), b"poison"])])
        found = metrics(capsys.readouterr().out)
        assert found == {
            "EndpointCalls/Stage=test": 1,
            "EndpointCallsFailed/Stage=test": 0,
            "Scored/Stage=test": 4,
            "Outliers/Stage=test": 1,
            "Parked/Stage=test": 1,
            "Parked/Reason=invalid_json/Stage=test": 1,
            "Waiting/Stage=test": 0,
            "OutlierRate": 0.25,
            "OutlierRate/Stage=test": 0.25,
            "OutlierRate/ModelVersion=7": 0.25,
            "MedianResidual": 1.0,
            "MedianResidual/Stage=test": 1.0,
            "MedianResidual/ModelVersion=7": 1.0,
        }

    def test_a_second_batch_is_counted_by_itself(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        function = Function(FakeEndpoint(model=by_the_mile(5.0)), monkeypatch)
        for batch in ([payload(0)], [payload(1), payload(2)]):
            capsys.readouterr()
            function(event_records(batch))
        assert metrics(capsys.readouterr().out)["Scored/Stage=test"] == 2

    def test_trips_that_wait_are_named_from_the_first_on(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        function = Function(FakeEndpoint([model_error(500)] * 1000), monkeypatch)
        answer = function(event_records([payload(0), payload(1)]), left_ms=800)
        assert answer["batchItemFailures"] == [{"itemIdentifier": sequence_number(n)} for n in (0, 1)]
        found = metrics(capsys.readouterr().out)
        assert found["Waiting/Stage=test"] == 2
        assert found["EndpointCallsFailed/Kind=model_5xx/Stage=test"] >= 1
        assert "OutlierRate" not in found

    def test_an_event_of_something_else_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        function = Function(FakeEndpoint(), monkeypatch)
        with pytest.raises(UsageError, match="no Records"):
            function.module.handler({}, SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000))


@pytest.mark.usefixtures("account")
def test_clients_leave_retries_to_the_function_and_give_up_in_time() -> None:
    budget = Budget.of(60)
    scorer, store = connect(Settings.from_env(ENVIRONMENT), budget, Clock())
    scoring: Any = scorer.scoring
    for client, read_timeout in (
        (scoring.endpoint.client, budget.endpoint_timeout),
        (scoring.versions.client, budget.table_timeout),
        (store.client, budget.table_timeout),
        (scorer.parking.client, budget.table_timeout),
    ):
        config = client.meta.config
        assert config.retries == {"total_max_attempts": 1, "mode": "legacy"}
        assert (config.connect_timeout, config.read_timeout) == (1.0, read_timeout)


@pytest.mark.parametrize("name", [name for name in ENVIRONMENT if name.isupper() and "AWS_" not in name][:5])
def test_a_variable_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is not set"):
        Settings.from_env({**ENVIRONMENT, name: ""})


@pytest.mark.parametrize("name", ["MAX_ROWS_PER_CALL", "THRESHOLDS_SECONDS"])
def test_a_number_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} must be a whole number"):
        Settings.from_env({**ENVIRONMENT, name: "0"})
