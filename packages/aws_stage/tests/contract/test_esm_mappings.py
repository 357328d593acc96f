"""Event source mappings as the API shows them: what is kept, what is refused, how states pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.mapped_functions import ROLE, WAITS_FOR_RELEASE, Bench, Function
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError

EVERY_OPTION: dict[str, Any] = {
    "BatchSize": 500,
    "MaximumBatchingWindowInSeconds": 1,
    "ParallelizationFactor": 10,
    "MaximumRecordAgeInSeconds": 86_400,
    "MaximumRetryAttempts": 5,
    "BisectBatchOnFunctionError": True,
    "TumblingWindowInSeconds": 30,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "FilterCriteria": {"Filters": [{"Pattern": '{"data": {"id": [{"exists": true}]}}'}]},
    "MetricsConfig": {"Metrics": ["EventCount"]},
}

REGIONAL = "arn:aws:{}:ap-northeast-1:000000000000"


def parked_in(arn: str) -> dict[str, Any]:
    return {"DestinationConfig": {"OnFailure": {"Destination": arn}}}


@pytest.fixture
def bench(stage: RunningStage, tmp_path: Path) -> Bench:
    return Bench(stage, tmp_path)


@pytest.fixture
def pair(bench: Bench) -> tuple[str, Function]:
    return bench.stream(), bench.function()


def refusal(bench: Bench, operation: str, **parameters: Any) -> tuple[str, str, int]:
    """Code, message and status of the refusal."""
    with pytest.raises(ClientError) as refused:
        getattr(bench.client("lambda"), operation)(**parameters)
    error = refused.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def refused_creation(bench: Bench, pair: tuple[str, Function], **parameters: Any) -> tuple[str, str, int]:
    stream, function = pair
    request = {
        "EventSourceArn": bench.stream_arn(stream),
        "FunctionName": function.name,
        "StartingPosition": "TRIM_HORIZON",
        **parameters,
    }
    named = {name: value for name, value in request.items() if value is not None}
    return refusal(bench, "create_event_source_mapping", **named)


def test_a_function_gets_the_records_of_its_stream_as_lambda_sends_them(
    bench: Bench, pair: tuple[str, Function]
) -> None:
    stream, function = pair
    bench.map(stream, function)
    [sequence_number] = bench.put(stream, "hello", key="sensor-1")
    [invocation] = eventually(function.invocations)
    [record] = invocation["event"]["Records"]
    arrival = record["kinesis"].pop("approximateArrivalTimestamp")
    assert isinstance(arrival, float)
    assert abs(arrival - invocation["at"]) < 60
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "sensor-1",
            "sequenceNumber": sequence_number,
            "data": "aGVsbG8=",
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": ROLE,
        "awsRegion": "ap-northeast-1",
        "eventSourceARN": bench.stream_arn(stream),
    }


def test_a_new_mapping_has_the_defaults_of_aws(bench: Bench, pair: tuple[str, Function]) -> None:
    stream, function = pair
    created = bench.client("lambda").create_event_source_mapping(
        EventSourceArn=bench.stream_arn(stream), FunctionName=function.arn, StartingPosition="LATEST"
    )
    assert created.pop("ResponseMetadata")["HTTPStatusCode"] == 202
    assert created.pop("LastModified")
    uuid = created["UUID"]
    assert created == {
        "UUID": uuid,
        "BatchSize": 100,
        "BisectBatchOnFunctionError": False,
        "DestinationConfig": {"OnFailure": {}},
        "EventSourceArn": bench.stream_arn(stream),
        "EventSourceMappingArn": f"arn:aws:lambda:ap-northeast-1:000000000000:event-source-mapping:{uuid}",
        "FunctionArn": function.arn,
        "FunctionResponseTypes": [],
        "LastProcessingResult": "No records processed",
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "StartingPosition": "LATEST",
        "State": "Creating",
        "StateTransitionReason": "User action",
        "TumblingWindowInSeconds": 0,
    }
    assert bench.settled(uuid) == "Enabled"


def test_every_option_is_kept_and_changed_by_an_update(bench: Bench, pair: tuple[str, Function]) -> None:
    stream, function = pair
    bucket, other = bench.bucket(), bench.bucket()
    options = {**EVERY_OPTION, **parked_in(f"arn:aws:s3:::{bucket}")}
    uuid = bench.map(stream, function, **options)
    found = bench.mapping(uuid)
    assert {name: found[name] for name in options} == options
    changes = {
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": 0,
        "BisectBatchOnFunctionError": False,
        "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        "FilterCriteria": {"Filters": [{"Pattern": '{"partitionKey": ["a"]}'}]},
        **parked_in(f"arn:aws:s3:::{other}"),
    }
    assert bench.client("lambda").update_event_source_mapping(UUID=uuid, **changes)["State"] == "Updating"
    assert bench.settled(uuid) == "Enabled"
    found = bench.mapping(uuid)
    assert {name: found[name] for name in changes} == changes
    assert found["MetricsConfig"] == EVERY_OPTION["MetricsConfig"]


def test_filters_metrics_and_the_destination_can_be_taken_away(bench: Bench, pair: tuple[str, Function]) -> None:
    uuid = bench.map(*pair, **EVERY_OPTION, **parked_in(f"arn:aws:s3:::{bench.bucket()}"))
    bench.update(uuid, FilterCriteria={}, MetricsConfig={"Metrics": []}, **parked_in(""))
    found = bench.mapping(uuid)
    assert "FilterCriteria" not in found
    assert "MetricsConfig" not in found
    assert found["DestinationConfig"] == {"OnFailure": {}}


def test_a_mapping_is_disabled_enabled_and_deleted_through_passing_states(
    bench: Bench, pair: tuple[str, Function]
) -> None:
    lambda_ = bench.client("lambda")
    uuid = bench.map(*pair, Enabled=False)
    assert bench.mapping(uuid)["State"] == "Disabled"
    assert lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    assert bench.settled(uuid) == "Enabled"
    assert lambda_.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    assert bench.settled(uuid) == "Disabled"
    deleted = lambda_.delete_event_source_mapping(UUID=uuid)
    assert deleted["State"] == "Deleting"
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 202
    eventually(lambda: not lambda_.list_event_source_mappings(FunctionName=pair[1].name)["EventSourceMappings"])
    assert refusal(bench, "get_event_source_mapping", UUID=uuid)[::2] == ("ResourceNotFoundException", 404)


def test_a_mapping_that_is_changing_is_in_use(bench: Bench) -> None:
    stream = bench.stream()
    function = bench.function(WAITS_FOR_RELEASE)
    uuid = bench.map(stream, function)
    bench.put(stream, "slow")
    eventually(function.invocations)
    bench.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)
    for operation in ("update_event_source_mapping", "delete_event_source_mapping"):
        assert refusal(bench, operation, UUID=uuid)[::2] == ("ResourceInUseException", 400)
    function.release()
    assert bench.settled(uuid) == "Disabled"


def test_the_result_of_the_last_processing_is_told(bench: Bench) -> None:
    stream = bench.stream()
    function = bench.function("def answer_to(event, texts): assert 'bad' not in texts")
    uuid = bench.map(stream, function, MaximumRetryAttempts=1)
    bench.put(stream, "good")
    eventually(lambda: bench.mapping(uuid)["LastProcessingResult"] == "OK")
    bench.put(stream, "bad")
    eventually(lambda: bench.mapping(uuid)["LastProcessingResult"] == "PROBLEM: Function call failed")


def test_mappings_are_listed_by_function_and_stream_in_pages(bench: Bench, pair: tuple[str, Function]) -> None:
    lambda_ = bench.client("lambda")
    stream, function = pair
    second = bench.function()
    both = {bench.map(stream, function), bench.map(stream, second)}
    third = bench.map(bench.stream(), function)

    def listed(**filters: Any) -> set[str]:
        pages = lambda_.get_paginator("list_event_source_mappings").paginate(
            **filters, PaginationConfig={"PageSize": 1}
        )
        return {item["UUID"] for page in pages for item in page["EventSourceMappings"]}

    assert listed(EventSourceArn=bench.stream_arn(stream)) == both
    assert third in listed(FunctionName=function.name)
    assert listed(FunctionName=function.arn) == listed(FunctionName=function.name)
    assert len(listed(FunctionName=function.name)) == 2
    assert listed(FunctionName=second.name, EventSourceArn=bench.stream_arn(stream)) < both
    assert both <= listed()


def test_a_mapping_of_a_queue_is_still_ministacks(bench: Bench) -> None:
    lambda_, sqs = bench.client("lambda"), bench.client("sqs")
    function = bench.function("def answer_to(event, texts): return None")
    queue = sqs.create_queue(QueueName=f"queue-{uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    uuid = lambda_.create_event_source_mapping(
        EventSourceArn=arn, FunctionName=function.name, BatchSize=7, Tags={"a": "1"}
    )["UUID"]
    ours = bench.map(bench.stream(), function)
    listed = lambda_.list_event_source_mappings(FunctionName=function.name)["EventSourceMappings"]
    assert {item["UUID"] for item in listed} == {uuid, ours}
    assert bench.mapping(uuid)["BatchSize"] == 7
    assert lambda_.update_event_source_mapping(UUID=uuid, BatchSize=8)["BatchSize"] == 8
    assert lambda_.list_tags(Resource=bench.mapping(uuid)["EventSourceMappingArn"])["Tags"] == {"a": "1"}
    lambda_.delete_event_source_mapping(UUID=uuid)


def test_tags_of_mappings_and_of_functions_are_kept_apart(bench: Bench, pair: tuple[str, Function]) -> None:
    lambda_ = bench.client("lambda")
    uuid = bench.map(*pair, Tags={"PIPELINE": "inference", "STACK": "s"})
    arn = bench.mapping(uuid)["EventSourceMappingArn"]
    lambda_.tag_resource(Resource=arn, Tags={"STACK": "t", "x": "y"})
    lambda_.untag_resource(Resource=arn, TagKeys=["PIPELINE", "absent"])
    assert lambda_.list_tags(Resource=arn)["Tags"] == {"STACK": "t", "x": "y"}
    lambda_.tag_resource(Resource=pair[1].arn, Tags={"of": "the function"})
    assert lambda_.list_tags(Resource=pair[1].arn)["Tags"] == {"of": "the function"}
    lambda_.untag_resource(Resource=pair[1].arn, TagKeys=["of"])
    assert lambda_.list_tags(Resource=pair[1].arn)["Tags"] == {}


def test_a_mapping_of_an_alias_invokes_that_alias(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    lambda_ = bench.client("lambda")
    version = lambda_.publish_version(FunctionName=function.name)["Version"]
    lambda_.create_alias(FunctionName=function.name, Name="live", FunctionVersion=version)
    uuid = lambda_.create_event_source_mapping(
        EventSourceArn=bench.stream_arn(stream), FunctionName=f"{function.name}:live", StartingPosition="TRIM_HORIZON"
    )["UUID"]
    bench.settled(uuid)
    assert bench.mapping(uuid)["FunctionArn"] == f"{function.arn}:live"
    bench.put(stream, "a")
    eventually(function.invocations)


def test_a_second_mapping_of_the_same_pair_is_a_conflict(bench: Bench, pair: tuple[str, Function]) -> None:
    uuid = bench.map(*pair)
    code, message, status = refused_creation(bench, pair)
    assert (code, status) == ("ResourceConflictException", 409)
    assert uuid in message


def test_unknown_functions_and_streams_are_refused(bench: Bench, pair: tuple[str, Function]) -> None:
    code, message, status = refused_creation(bench, pair, FunctionName="nobody")
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert "Function does not exist" in message
    code, message, status = refused_creation(bench, pair, EventSourceArn=bench.stream_arn("nowhere"))
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert message == f"Stream not found: {bench.stream_arn('nowhere')}"
    absent = str(uuid4())
    for operation in ("get_event_source_mapping", "update_event_source_mapping", "delete_event_source_mapping"):
        assert refusal(bench, operation, UUID=absent)[::2] == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize(
    ("parameters", "code", "words"),
    [
        ({"BatchSize": 10_001}, "ValidationException", "less than or equal to 10000"),
        ({"MaximumBatchingWindowInSeconds": 301}, "ValidationException", "less than or equal to 300"),
        ({"ParallelizationFactor": 11}, "ValidationException", "less than or equal to 10"),
        ({"MaximumRecordAgeInSeconds": 604_801}, "ValidationException", "less than or equal to 604800"),
        ({"MaximumRecordAgeInSeconds": 59}, "InvalidParameterValueException", "at least 60"),
        ({"MaximumRetryAttempts": 10_001}, "ValidationException", "less than or equal to 10000"),
        ({"TumblingWindowInSeconds": 901}, "ValidationException", "less than or equal to 900"),
        ({"StartingPosition": "MIDDLE"}, "ValidationException", "enum value set"),
        ({"StartingPosition": None}, "InvalidParameterValueException", "'startingPosition'"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "InvalidParameterValueException", "StartingPositionTimestamp"),
        ({"StartingPositionTimestamp": 1}, "InvalidParameterValueException", "StartingPositionTimestamp"),
        (
            {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 4_000_000_000},
            "InvalidParameterValueException",
            "future",
        ),
        ({"FunctionResponseTypes": ["Whatever"]}, "ValidationException", "enum value set"),
        ({"MetricsConfig": {"Metrics": ["ErrorCount"]}}, "InvalidParameterValueException", "EventCount"),
        ({"ScalingConfig": {"MaximumConcurrency": 5}}, "InvalidParameterValueException", "ScalingConfig"),
        ({"Topics": ["topic"]}, "InvalidParameterValueException", "Topics"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}, "InvalidParameterValueException", "filter pattern"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}] * 6}}, "InvalidParameterValueException", "at most 5"),
        (
            parked_in(f"{REGIONAL.format('lambda')}:function:f"),
            "InvalidParameterValueException",
            "standard SQS",
        ),
        (parked_in(f"{REGIONAL.format('sqs')}:queue.fifo"), "InvalidParameterValueException", "standard SQS"),
        (parked_in(f"{REGIONAL.format('sqs')}:no-queue"), "InvalidParameterValueException", "cannot be reached"),
        (parked_in(f"{REGIONAL.format('sns')}:no-topic"), "InvalidParameterValueException", "cannot be reached"),
        (parked_in("arn:aws:s3:::there-is-no-such-bucket"), "InvalidParameterValueException", "cannot be reached"),
    ],
)
def test_what_cannot_be_is_refused(
    bench: Bench, pair: tuple[str, Function], parameters: dict[str, Any], code: str, words: str
) -> None:
    found, message, status = refused_creation(bench, pair, **parameters)
    assert (found, status) == (code, 400)
    assert words in message
    assert not bench.client("lambda").list_event_source_mappings(FunctionName=pair[1].name)["EventSourceMappings"]


def test_an_update_is_held_to_the_same_rules(bench: Bench, pair: tuple[str, Function]) -> None:
    uuid = bench.map(*pair)
    for changes in ({"BatchSize": 10_001}, {"MaximumRecordAgeInSeconds": 5}, {"FunctionName": "nobody"}):
        code, _, status = refusal(bench, "update_event_source_mapping", UUID=uuid, **changes)
        assert code in ("ValidationException", "InvalidParameterValueException")
        assert status == 400
    assert bench.mapping(uuid)["BatchSize"] == 100
