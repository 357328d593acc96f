"""status: every part, what makes it unhealthy, and which stacks there are."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from datastreamer.inference.names import stack_tags
from datastreamer.scoring.calls import KINDS
from tests.unit.inference_cli.conftest import CommandLine

BUCKET = "shop-dlq-123456789012"
NOW = datetime.now(UTC).replace(second=30, microsecond=0)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datastreamer.cli.inference.session.Session.now", lambda _: NOW)


@pytest.fixture
def stack(cli: CommandLine) -> str:
    """A whole stack ``shop``."""
    cli.client("kinesis").create_stream(StreamName="shop-stream", ShardCount=1)
    cli.client("dynamodb").create_table(
        TableName="shop-predictions",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    cli.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    cli.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    lambda_ = cli.client("lambda")
    lambda_.create_function(
        FunctionName="shop-processor",
        Runtime="python3.11",
        Handler="h.h",
        Role="arn:aws:iam::123456789012:role/r",
        Code={"ZipFile": b"PK\x05\x06" + b"\0" * 18},
        Environment={
            "Variables": {"ENDPOINT_NAME": "shop-endpoint", "TABLE_NAME": "shop-predictions", "DLQ_BUCKET": BUCKET}
        },
        Tags=stack_tags("shop"),
    )
    lambda_.create_event_source_mapping(
        FunctionName="shop-processor",
        EventSourceArn="arn:aws:kinesis:ap-northeast-1:123456789012:stream/shop-stream",
        StartingPosition="TRIM_HORIZON",
    )
    sagemaker = cli.client("sagemaker")
    sagemaker.create_model(
        ModelName="m", PrimaryContainer={"Image": "i"}, ExecutionRoleArn="arn:aws:iam::123456789012:role/r"
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName="c",
        ProductionVariants=[
            {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        ],
    )
    sagemaker.create_endpoint(EndpointName="shop-endpoint", EndpointConfigName="c")
    return "shop"


def count(cli: CommandLine, namespace: str, name: str, value: float, ago: timedelta = timedelta(0), **of: str) -> None:
    cli.client("cloudwatch").put_metric_data(
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": dimension} for key, dimension in of.items()],
                "Timestamp": NOW - ago,
                "Value": value,
            }
        ],
    )


def parts(cli: CommandLine, *, healthy: bool) -> dict[str, dict[str, Any]]:
    """The parts of ``shop`` by name."""
    answer = cli("status", "shop", "--json")
    assert answer.code == (0 if healthy else 1), answer.out
    document = answer.document
    assert document["healthy"] is healthy
    [listed] = document["stacks"]
    assert (listed["stack"], listed["healthy"]) == ("shop", healthy)
    return {part["name"]: part for part in listed["parts"]}


@pytest.mark.usefixtures("stack")
class TestParts:
    def test_a_stack_that_is_as_it_should_be_is_healthy(self, cli: CommandLine) -> None:
        found = parts(cli, healthy=True)
        assert {name: (part["resource"], part["state"]) for name, part in found.items()} == {
            "stream": ("shop-stream", "ACTIVE"),
            "processor": ("shop-processor", "Active"),
            "reading": ("shop-stream", "Enabled"),
            "lag": ("shop-stream", "idle"),
            "endpoint": ("shop-endpoint", "InService"),
            "table": ("shop-predictions", "ACTIVE"),
            "parked records": ("shop-dlq-123456789012", "0"),
            "given up batches": ("shop-dlq-123456789012", "0"),
        }

    def test_people_see_it_in_80_columns(self, cli: CommandLine) -> None:
        out = cli.done("status", "shop").out
        assert out.startswith("shop: healthy")
        assert max(map(len, out.splitlines())) <= 80

    def test_counts_of_the_last_quarter_of_an_hour_are_told(self, cli: CommandLine) -> None:
        count(cli, "AWS/Kinesis", "IncomingRecords", 40, StreamName="shop-stream")
        count(cli, "AWS/Kinesis", "IncomingRecords", 2, timedelta(minutes=10), StreamName="shop-stream")
        count(cli, "AWS/Kinesis", "IncomingRecords", 1000, timedelta(minutes=20), StreamName="shop-stream")
        count(cli, "AWS/Lambda", "Invocations", 7, FunctionName="shop-processor")
        count(cli, "Datastreamer/Inference", "RecordsScored", 1042, service="shop-processor")
        found = parts(cli, healthy=True)
        assert found["stream"]["detail"] == "1 shard, 42 records in 15 min"
        assert found["processor"]["detail"] == "7 runs, 0 errors, 0 throttles in 15 min"

    def test_a_function_that_fails_now_is_unhealthy(self, cli: CommandLine) -> None:
        count(cli, "AWS/Lambda", "Errors", 3, FunctionName="shop-processor")
        assert parts(cli, healthy=False)["processor"]["state"] == "Failing"

    def test_a_function_that_failed_a_while_ago_is_not(self, cli: CommandLine) -> None:
        count(cli, "AWS/Lambda", "Errors", 3, timedelta(minutes=10), FunctionName="shop-processor")
        assert parts(cli, healthy=True)["processor"]["detail"] == "0 runs, 3 errors, 0 throttles in 15 min"

    @pytest.mark.parametrize(("age", "healthy"), [(59_000, True), (61_000, False)])
    def test_a_lag_beyond_a_minute_is_unhealthy(self, cli: CommandLine, age: float, healthy: bool) -> None:
        count(cli, "AWS/Lambda", "IteratorAge", age, FunctionName="shop-processor")
        assert parts(cli, healthy=healthy)["lag"]["state"] == f"{age / 1000:.1f} s"

    def test_records_that_nobody_reads_are_unhealthy(self, cli: CommandLine) -> None:
        [mapping] = cli.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ago = timedelta(hours=2)
        count(cli, "AWS/Kinesis", "IncomingRecords", 50, ago, StreamName="shop-stream")
        count(cli, "Datastreamer/Inference", "RecordsScored", 20, ago, service="shop-processor")
        count(cli, "Datastreamer/Inference", "RecordsParked", 3, ago, service="shop-processor")
        given_up = "OnFailureDestinationDeliveredEventCount"
        count(cli, "AWS/Lambda", given_up, 7, ago, EventSourceMappingUUID=mapping["UUID"])
        lag = parts(cli, healthy=False)["lag"]
        assert (lag["state"], lag["detail"]) == ("stalled", "at least 20 records not scored yet")

    def test_a_stream_that_is_read_to_its_end_has_no_lag_whatever_an_earlier_batch_had(self, cli: CommandLine) -> None:
        count(cli, "AWS/Kinesis", "IncomingRecords", 50, StreamName="shop-stream")
        count(cli, "Datastreamer/Inference", "RecordsScored", 50, service="shop-processor")
        count(cli, "AWS/Lambda", "IteratorAge", 90_000, timedelta(minutes=6), FunctionName="shop-processor")
        assert parts(cli, healthy=True)["lag"]["state"] == "none"

    def test_a_record_that_is_old_and_comes_again_now_is_unhealthy_whatever_was_counted(self, cli: CommandLine) -> None:
        count(cli, "AWS/Kinesis", "IncomingRecords", 50, StreamName="shop-stream")
        count(cli, "Datastreamer/Inference", "RecordsScored", 50, service="shop-processor")
        count(cli, "AWS/Lambda", "IteratorAge", 349_000, FunctionName="shop-processor")
        lag = parts(cli, healthy=False)["lag"]
        assert (lag["state"], lag["detail"]) == ("349.0 s", "no counted record waits")

    def test_a_missing_endpoint_is_unhealthy(self, cli: CommandLine) -> None:
        cli.client("sagemaker").delete_endpoint(EndpointName="shop-endpoint")
        endpoint = parts(cli, healthy=False)["endpoint"]
        assert (endpoint["state"], endpoint["detail"]) == ("MISSING", "to make it: create-endpoint")

    @pytest.mark.parametrize("metric", ["Invocation4XXErrors", "Invocation5XXErrors"])
    def test_a_model_that_answers_4xx_or_5xx_alone_is_unhealthy_before_the_processor_says_so(
        self, cli: CommandLine, metric: str
    ) -> None:
        of = {"EndpointName": "shop-endpoint", "VariantName": "AllTraffic"}
        count(cli, "AWS/SageMaker", "Invocations", 100, timedelta(minutes=2), **of)
        count(cli, "AWS/SageMaker", "Invocations", 5, **of)
        count(cli, "AWS/SageMaker", metric, 5, **of)
        endpoint = parts(cli, healthy=False)["endpoint"]
        assert endpoint["state"] == "Failing"
        assert "5 of the newest 5 calls failed" in endpoint["detail"]
        assert "datastreamer inference rollback shop-endpoint" in endpoint["detail"]

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_a_model_of_which_every_call_fails_in_any_way_is_unhealthy_and_says_in_which(
        self, cli: CommandLine, kind: str
    ) -> None:
        inference = "Datastreamer/Inference"
        count(cli, inference, "EndpointCalls", 90, timedelta(minutes=1), service="shop-processor")
        count(cli, inference, "EndpointCalls", 4, service="shop-processor")
        count(cli, inference, "EndpointCallsFailed", 4, service="shop-processor")
        count(cli, inference, "EndpointCallsFailed", 4, service="shop-processor", Kind=kind)
        endpoint = parts(cli, healthy=False)["endpoint"]
        assert endpoint["state"] == "Failing"
        assert f"4 {kind} ({KINDS[kind]})" in endpoint["detail"]

    def test_a_variant_of_any_name_counts(self, cli: CommandLine) -> None:
        sagemaker = cli.client("sagemaker")
        sagemaker.create_endpoint_config(
            EndpointConfigName="blue",
            ProductionVariants=[
                {"VariantName": "blue", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
            ],
        )
        sagemaker.delete_endpoint(EndpointName="shop-endpoint")
        sagemaker.create_endpoint(EndpointName="shop-endpoint", EndpointConfigName="blue")
        of = {"EndpointName": "shop-endpoint", "VariantName": "blue"}
        count(cli, "AWS/SageMaker", "Invocations", 5, **of)
        count(cli, "AWS/SageMaker", "Invocation5XXErrors", 5, **of)
        assert parts(cli, healthy=False)["endpoint"]["state"] == "Failing"

    @pytest.mark.parametrize(("made", "failed"), [(2, 2), (10, 7)])
    def test_a_call_or_two_and_the_half_of_them_that_a_bad_row_costs_are_no_illness(
        self, cli: CommandLine, made: int, failed: int
    ) -> None:
        count(cli, "Datastreamer/Inference", "EndpointCalls", made, service="shop-processor")
        count(cli, "Datastreamer/Inference", "EndpointCallsFailed", failed, service="shop-processor")
        assert parts(cli, healthy=True)["endpoint"]["state"] == "InService"

    def test_a_model_that_failed_and_answers_now_is_healthy(self, cli: CommandLine) -> None:
        inference, minute = "Datastreamer/Inference", timedelta(minutes=1)
        count(cli, inference, "EndpointCalls", 50, minute, service="shop-processor")
        count(cli, inference, "EndpointCallsFailed", 50, minute, service="shop-processor")
        count(cli, inference, "EndpointCalls", 3, service="shop-processor")
        assert parts(cli, healthy=True)["endpoint"]["state"] == "InService"

    def test_predictions_without_a_models_name_want_attention(self, cli: CommandLine) -> None:
        count(cli, "Datastreamer/Inference", "PredictionsWithoutModel", 12, service="shop-processor")
        endpoint = parts(cli, healthy=True)["endpoint"]
        assert endpoint["attention"] is True
        assert "12 predictions without a model's name" in endpoint["detail"]

    def test_a_processor_that_nothing_feeds_is_unhealthy(self, cli: CommandLine) -> None:
        lambda_ = cli.client("lambda")
        [mapping] = lambda_.list_event_source_mappings()["EventSourceMappings"]
        lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
        assert parts(cli, healthy=False)["reading"]["state"] == "MISSING"

    def test_a_processor_that_is_switched_off_is_unhealthy(self, cli: CommandLine) -> None:
        lambda_ = cli.client("lambda")
        [mapping] = lambda_.list_event_source_mappings()["EventSourceMappings"]
        lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        assert parts(cli, healthy=False)["reading"]["state"] == "Disabled"

    def test_a_parked_record_wants_attention_and_a_batch_given_up_is_unhealthy(self, cli: CommandLine) -> None:
        s3 = cli.client("s3")
        s3.put_object(Bucket=BUCKET, Key="failures/2026/01/01/00/x.json", Body=b"{}")
        parked = parts(cli, healthy=True)["parked records"]
        assert (parked["state"], parked["attention"]) == ("1", True)
        s3.put_object(Bucket=BUCKET, Key="aws/lambda/u/s/x", Body=b"{}")
        assert parts(cli, healthy=False)["given up batches"]["state"] == "1"

    def test_an_alarm_of_the_stack_is_unhealthy_and_anothers_is_not(self, cli: CommandLine) -> None:
        cloudwatch = cli.client("cloudwatch")
        for name in ("shop-processor-errors", "shop-two-processor-errors"):
            cloudwatch.put_metric_alarm(
                AlarmName=name,
                MetricName="Errors",
                Namespace="AWS/Lambda",
                Period=60,
                EvaluationPeriods=1,
                Statistic="Sum",
                Threshold=0,
                ComparisonOperator="GreaterThanThreshold",
            )
        cloudwatch.set_alarm_state(AlarmName="shop-two-processor-errors", StateValue="ALARM", StateReason="r")
        assert "alarm" not in parts(cli, healthy=True)
        cloudwatch.set_alarm_state(AlarmName="shop-processor-errors", StateValue="ALARM", StateReason="3 errors")
        alarm = parts(cli, healthy=False)["alarm"]
        assert (alarm["resource"], alarm["state"], alarm["detail"]) == ("shop-processor-errors", "ALARM", "3 errors")

    def test_without_a_name_every_stack_is_shown(self, cli: CommandLine) -> None:
        kinesis = cli.client("kinesis")
        kinesis.create_stream(StreamName="garage-stream", ShardCount=1)
        kinesis.add_tags_to_stream(StreamName="garage-stream", Tags=stack_tags("garage"))
        kinesis.create_stream(StreamName="foreign", ShardCount=1)
        answer = cli("status", "--json")
        assert answer.code == 1
        assert [(each["stack"], each["healthy"]) for each in json.loads(answer.out)["stacks"]] == [
            ("garage", False),
            ("shop", True),
        ]

    def test_a_missing_stack_names_the_nearest(self, cli: CommandLine) -> None:
        answer = cli("status", "shopp")
        assert answer.code == 2
        assert "there is no stack shopp in ap-northeast-1. Did you mean shop?" in answer.err


def test_a_region_without_stacks_says_so_and_is_healthy(cli: CommandLine) -> None:
    assert cli.done("status").out.startswith("no stack in ap-northeast-1; to make one: datastreamer inference deploy")
    assert cli.done("status", "--json").document == {"region": "ap-northeast-1", "healthy": True, "stacks": []}
