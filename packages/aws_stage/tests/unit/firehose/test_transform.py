"""The Lambda transform: batches, the three results, and what becomes of a failure."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.firehose.fakes import STREAM_ARN, FakeLambda, Rig, client_error, destination

ARN = "arn:aws:lambda:ap-northeast-1:000000000000:function:transform"
LOGGING = {"Enabled": True, "LogGroupName": "group", "LogStreamName": "stream"}


def rig_with(path: Path, function: Callable[[dict[str, Any]], Any], **parameters: str) -> Rig:
    values = {"LambdaArn": ARN, "BufferIntervalInSeconds": "1", **parameters}
    processor = {
        "Type": "Lambda",
        "Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in values.items()],
    }
    rig = Rig(
        path,
        destination(
            Prefix="data/",
            ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
            CloudWatchLoggingOptions=LOGGING,
            ProcessingConfiguration={"Enabled": True, "Processors": [processor]},
        ),
    )
    rig.function = FakeLambda(function)
    rig.restart()
    return rig


def answer(event: dict[str, Any], decide: Callable[[bytes], tuple[str, bytes]]) -> dict[str, Any]:
    records = []
    for record in event["records"]:
        result, data = decide(base64.b64decode(record["data"]))
        records.append({"recordId": record["recordId"], "result": result, "data": base64.b64encode(data).decode()})
    return {"records": records}


def decide(data: bytes) -> tuple[str, bytes]:
    if data.startswith(b"drop"):
        return "Dropped", b""
    if data.startswith(b"fail"):
        return "ProcessingFailed", b"ignored"
    return "Ok", data.upper()


def errors(rig: Rig) -> list[dict[str, Any]]:
    bodies = rig.s3.bodies(prefix="errors/processing-failed/")
    return [json.loads(line) for line in b"".join(bodies).splitlines()]


def test_ok_is_delivered_dropped_is_not_and_failed_goes_to_the_error_prefix(tmp_path: Path) -> None:
    rig = rig_with(tmp_path, lambda event: answer(event, decide))
    arrival = round(rig.clock.seconds * 1000)
    for data in (b"a\n", b"drop me\n", b"fail me\n", b"b\n"):
        rig.kinesis.put(data)
    rig.run(70)
    assert rig.s3.bodies(prefix="data/") == [b"A\nB\n"]
    (error,) = errors(rig)
    ended = error.pop("attemptEndingTimestamp")
    assert ended >= arrival
    assert error == {
        "attemptsMade": 1,
        "arrivalTimestamp": arrival,
        "errorCode": "Lambda.ProcessingFailedStatus",
        "errorMessage": "ProcessingFailed status set for record",
        "rawData": base64.b64encode(b"fail me\n").decode(),
        "lambdaArn": ARN,
    }


def test_the_event_is_that_of_firehose(tmp_path: Path) -> None:
    rig = rig_with(tmp_path, lambda event: answer(event, decide))
    arrival = round(rig.clock.seconds * 1000)
    rig.kinesis.put(b"a", key="device-7")
    rig.run(70)
    assert rig.function is not None
    (event,) = rig.function.events
    (record,) = event["records"]
    assert event["invocationId"]
    assert event["deliveryStreamArn"] == rig.stream.arn
    assert event["region"] == "ap-northeast-1"
    assert event["sourceKinesisStreamArn"] == STREAM_ARN
    assert base64.b64decode(record["data"]) == b"a"
    assert record["approximateArrivalTimestamp"] == arrival
    assert record["kinesisRecordMetadata"] == {
        "sequenceNumber": f"{1:056d}",
        "subsequenceNumber": 0,
        "partitionKey": "device-7",
        "shardId": "shard-0",
        "approximateArrivalTimestamp": arrival,
    }


def test_a_batch_waits_for_its_interval(tmp_path: Path) -> None:
    rig = rig_with(tmp_path, lambda event: answer(event, decide), BufferIntervalInSeconds="20")
    assert rig.function is not None
    rig.kinesis.put(b"a")
    rig.run(15)
    rig.kinesis.put(b"b")
    rig.run(4)
    assert rig.function.events == []
    rig.run(2)
    assert [len(event["records"]) for event in rig.function.events] == [2]


def test_a_batch_is_cut_at_its_size(tmp_path: Path) -> None:
    rig = rig_with(tmp_path, lambda event: answer(event, decide), BufferSizeInMBs="0.2")
    assert rig.function is not None
    for _ in range(5):
        rig.kinesis.put(b"x" * 100_000)
    rig.run(3)
    assert [len(event["records"]) for event in rig.function.events] == [2, 2, 1]


def test_the_destination_counts_transformed_bytes(tmp_path: Path) -> None:
    rig = rig_with(tmp_path, lambda event: answer(event, lambda data: ("Ok", data * 600_000)))
    for _ in range(4):
        rig.kinesis.put(b"x")
    rig.run(3)
    assert [len(body) for body in rig.s3.bodies()] == [1_200_000, 1_200_000]


@pytest.mark.parametrize(
    ("function", "code", "attempts"),
    [
        (lambda _event: ValueError("raised"), "Lambda.FunctionError", 4),
        (lambda _event: {"statusCode": 200}, "Lambda.JsonProcessingException", 1),
        (lambda _event: {"records": []}, "Lambda.MissingRecordId", 1),
        (lambda event: {"records": answer(event, decide)["records"] * 2}, "Lambda.DuplicatedRecordId", 1),
        (lambda event: answer(event, lambda data: ("Fine", data)), "Lambda.JsonProcessingException", 1),
        (
            lambda event: {"records": [{"recordId": event["records"][0]["recordId"], "result": "Ok"}]},
            "Lambda.JsonProcessingException",
            1,
        ),
    ],
)
def test_a_failure_keeps_the_record_with_its_reason_and_is_logged(
    tmp_path: Path, function: Callable[[dict[str, Any]], Any], code: str, attempts: int
) -> None:
    rig = rig_with(tmp_path, function)
    rig.kinesis.put(b"raw")
    rig.run(80)
    (error,) = errors(rig)
    assert (error["errorCode"], error["attemptsMade"]) == (code, attempts)
    assert base64.b64decode(error["rawData"]) == b"raw"
    assert rig.s3.bodies(prefix="data/") == []
    logged = [json.loads(event["logEvents"][0]["message"]) for event in rig.cloudwatch.events]
    assert [(item["errorCode"], item["destination"]) for item in logged] == [(code, ARN)]


def test_an_invocation_is_tried_again_as_often_as_configured(tmp_path: Path) -> None:
    calls = 0

    def function(event: dict[str, Any]) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise client_error("TooManyRequestsException", 429)
        return answer(event, decide)

    rig = rig_with(tmp_path / "enough", function, NumberOfRetries="2")
    rig.kinesis.put(b"a")
    rig.run(80)
    assert rig.s3.bodies(prefix="data/") == [b"A"]
    calls = 0
    rig = rig_with(tmp_path / "too-few", function, NumberOfRetries="1")
    rig.kinesis.put(b"a")
    rig.run(80)
    assert [(error["errorCode"], error["attemptsMade"]) for error in errors(rig)] == [
        ("Lambda.TooManyRequestsException", 2)
    ]


def test_a_buffer_of_dropped_records_only_writes_no_object_and_is_not_read_again(tmp_path: Path) -> None:
    rig = rig_with(tmp_path, lambda event: answer(event, lambda _data: ("Dropped", b"")))
    rig.kinesis.put(b"a")
    rig.run(70)
    rig.restart()
    rig.run(70)
    assert rig.s3.objects == {}
    assert rig.function is not None
    assert len(rig.function.events) == 1


def test_finishing_transforms_what_waits_for_its_batch(tmp_path: Path) -> None:
    rig = rig_with(tmp_path, lambda event: answer(event, decide), BufferIntervalInSeconds="900")
    rig.kinesis.put(b"a")
    rig.run(5)
    rig.consumer.finish()
    assert rig.s3.bodies(prefix="data/") == [b"A"]


def test_metrics_tell_of_the_processing(tmp_path: Path) -> None:
    rig = rig_with(tmp_path, lambda event: answer(event, decide))
    for data in (b"a", b"fail"):
        rig.kinesis.put(data)
    rig.run(80)
    assert rig.cloudwatch.total("SucceedProcessing.Records") == 1
    assert rig.cloudwatch.total("ExecuteProcessing.Success") == 1
