"""The function as Lambda calls it: an event in, items in the table, what failed in the answer."""

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
from datastreamer.errors import UsageError
from datastreamer.inference.processing.connections import connect
from datastreamer.inference.processing.settings import Settings
from datastreamer.scoring.pacing import Budget
from tests.unit.inference.fakes import (
    FakeEndpoint,
    FakeSageMaker,
    client_error,
    event_records,
    good,
    model_error,
    sequence_number,
)

FOLDER = Path(__file__).resolve().parents[4] / "lambdas" / "inference_score"
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "s-processor",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "ENDPOINT_NAME": "s-endpoint",
    "TABLE_NAME": "s-predictions",
    "DLQ_BUCKET": "s-dlq",
    "SCORE_THRESHOLD": "2.5",
    "POWERTOOLS_SERVICE_NAME": "s-processor",
    "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Inference",
}


class Function:
    """The handler's module, loaded anew as a cold start does, on a mocked account."""

    def __init__(
        self, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch, sagemaker: FakeSageMaker | None = None
    ) -> None:
        spec = importlib.util.spec_from_file_location("inference_score_handler", FOLDER / "handler.py")
        assert spec is not None
        assert spec.loader is not None
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)
        made = boto3.Session.client

        def client(session: boto3.Session, service: str, **options: Any) -> Any:
            ours = {"sagemaker-runtime": endpoint, "sagemaker": control}
            return ours[service] if service in ours else made(session, service, **options)  # type: ignore[call-overload]

        control = sagemaker or FakeSageMaker()

        monkeypatch.setattr(boto3.Session, "client", client)

    def __call__(self, records: list[dict[str, Any]], *, left_ms: int = 60_000, **event: Any) -> Any:
        return self.module.handler({"Records": records, **event}, self.context(left_ms))

    @staticmethod
    def context(left_ms: int) -> Any:
        return SimpleNamespace(get_remaining_time_in_millis=lambda: left_ms, aws_request_id="r-1")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="s-predictions",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        boto3.client("s3").create_bucket(
            Bucket="s-dlq", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
        )
        yield


def items() -> list[Any]:
    return boto3.client("dynamodb").scan(TableName="s-predictions")["Items"]


def parked() -> dict[str, Any]:
    s3 = boto3.client("s3")
    listed = s3.list_objects_v2(Bucket="s-dlq").get("Contents", [])
    return {entry["Key"]: json.load(s3.get_object(Bucket="s-dlq", Key=entry["Key"])["Body"]) for entry in listed}


def metrics(output: str) -> dict[str, float]:
    """The metrics of the log's EMF lines: ``<name>``, ``<name>/<Reason>`` or ``<name>/<Kind>`` -> their sum."""
    found: dict[str, float] = {}
    for line in output.splitlines():
        entry = json.loads(line)
        for directive in entry.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "Datastreamer/Inference"
            for metric in directive["Metrics"]:
                (dimensions,) = directive["Dimensions"]
                name = "/".join([metric["Name"], *(entry[each] for each in dimensions if each != "service")])
                found[name] = found.get(name, 0) + sum(entry[metric["Name"]])
    return found


@pytest.mark.usefixtures("account")
def test_clients_leave_retries_to_the_function_and_give_up_in_time() -> None:
    budget = Budget.of(60)
    work = connect(Settings.from_env(ENVIRONMENT), budget, Clock())
    scoring: Any = work.scoring
    table: Any = work.store
    for client, read_timeout in (
        (scoring.endpoint.client, budget.endpoint_timeout),
        (table.client, budget.table_timeout),
        (work.parking.client, budget.table_timeout),
    ):
        config = client.meta.config
        assert config.retries == {"total_max_attempts": 1, "mode": "legacy"}  # type: ignore[attr-defined]
        assert (config.connect_timeout, config.read_timeout) == (1.0, read_timeout)


@pytest.mark.usefixtures("account")
class TestHandler:
    def test_the_sample_event_becomes_one_item(self, monkeypatch: pytest.MonkeyPatch) -> None:
        event = json.loads((FOLDER / "event.json").read_text())
        assert Function(FakeEndpoint(), monkeypatch)(event["Records"]) == {"batchItemFailures": []}
        (item,) = items()
        assert item["pk"] == {"S": "sensor-001"}
        assert item["sk"] == {"S": "2025-10-15T08:30:00.12349590338271490256608559692538361571095921575989136588898Z"}
        assert item["input"] == {
            "M": {"id": {"S": "sensor-001"}, "data": {"L": [{"N": "25.5"}, {"N": "60"}, {"N": "1013.25"}]}}
        }
        assert item["prediction"]["M"]["score"] == {"N": "1098.75"}
        assert item["prediction"]["M"]["label"] == {"N": "1"}
        assert item["prediction"]["M"]["variant"] == {"S": "AllTraffic"}
        assert item["timestamp"] == {"N": "1760517000123"}
        assert item["kinesis_sequence"] == {"S": "49590338271490256608559692538361571095921575989136588898"}

    def test_a_batch_is_one_call(self, monkeypatch: pytest.MonkeyPatch) -> None:
        endpoint = FakeEndpoint()
        Function(endpoint, monkeypatch)(event_records([good(number) for number in range(500)]))
        assert endpoint.calls == 1
        assert len(items()) == 500

    def test_poison_is_parked_and_its_neighbours_are_scored(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        records = event_records([good(0), b"\xff", good(2)])
        assert Function(FakeEndpoint(), monkeypatch)(records) == {"batchItemFailures": []}
        assert {item["pk"]["S"] for item in items()} == {"sensor-000", "sensor-002"}
        ((key, body),) = parked().items()
        assert key == f"failures/2025/10/15/08/shardId-000000000006-{sequence_number(1)}.json"
        assert (body["reason"], body["function"], body["record"]) == ("invalid_utf8", "s-processor", records[1])
        seen = metrics("\n".join(line for line in capsys.readouterr().out.splitlines() if "_aws" in line))
        assert seen == {
            "RecordsScored": 2,
            "RecordsParked": 1,
            "RecordsParked/invalid_utf8": 1,
            "RecordsFailed": 0,
            "EndpointRetries": 0,
            "EndpointCalls": 1,
            "EndpointCallsFailed": 0,
        }

    def test_a_model_that_is_down_fails_every_record_and_no_item_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def down(_row: list[str]) -> str:
            raise model_error(500)

        records = event_records([good(0), good(1)])
        answer = Function(FakeEndpoint(model=down), monkeypatch)(records, left_ms=1_000)
        assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == [
            sequence_number(0),
            sequence_number(1),
        ]
        assert (items(), parked()) == ([], {})

    def test_a_model_of_which_every_call_fails_is_counted_by_kind(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        function = Function(FakeEndpoint([b"<html>"] * 1000), monkeypatch)
        function(event_records([good(0)]), left_ms=1_000)
        seen = metrics("\n".join(line for line in capsys.readouterr().out.splitlines() if "_aws" in line))
        assert seen["EndpointCallsFailed/unreadable_answer"] == seen["EndpointCallsFailed"] == seen["EndpointCalls"] > 0
        assert (seen["RecordsScored"], seen["RecordsFailed"]) == (0, 1)

    def test_a_replay_counts_nothing_as_scored_anew(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Function(FakeEndpoint(), monkeypatch)(event_records([good(0)]), replay=True)
        assert metrics(capsys.readouterr().out)["RecordsScored"] == 0

    def test_an_item_names_its_model(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Function(FakeEndpoint(), monkeypatch)(event_records([good(0)]))
        assert items()[0]["model"] == {"S": "model-1"}

    def test_a_model_that_may_not_be_looked_up_is_told_once_and_scores(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        function = Function(
            FakeEndpoint(), monkeypatch, FakeSageMaker([client_error("AccessDeniedException", 400, "not yours")] * 9)
        )
        function(event_records([good(0)]))
        function(event_records([good(1)]))
        assert ["model" in item for item in items()] == [False, False]
        (told,) = (record for record in caplog.records if record.message == "some predictions name no model")
        assert "not yours" in vars(told)["model_problem"]
        assert metrics("\n".join(capsys.readouterr().out.splitlines()[-1:]))["PredictionsWithoutModel"] == 1

    def test_a_replay_parks_nothing_and_names_what_still_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        records = event_records([good(0), b"[]"])
        answer = Function(FakeEndpoint(), monkeypatch)(records, replay=True)
        assert answer["batchItemFailures"] == []
        (failure,) = answer["failures"]
        assert (failure["eventID"], failure["reason"]) == (records[1]["eventID"], "not_an_object")
        assert len(items()) == 1
        assert parked() == {}

    def test_a_batch_without_records_is_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert Function(FakeEndpoint(), monkeypatch)([]) == {"batchItemFailures": []}

    def test_an_event_of_another_kind_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        function = Function(FakeEndpoint(), monkeypatch)
        with pytest.raises(UsageError, match="no Records"):
            function.module.handler({"body": "{}"}, function.context(60_000))

    def test_clients_are_built_on_the_first_invocation_and_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        function = Function(FakeEndpoint(), monkeypatch)
        assert function.module._warm == []
        function(event_records([good(0)]))
        (first,) = function.module._warm
        function(event_records([good(1)]))
        assert function.module._warm == [first]


def test_importing_the_handler_reads_no_environment_and_makes_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    assert Function(FakeEndpoint(), monkeypatch).module.handler
