"""What becomes of records that a function does not process."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.mapped_functions import Bench
from aws_stage.testing.waiting import eventually

FAILS_ON_BAD = "def answer_to(event, texts): assert 'bad' not in texts, 'poison'"
FAILS = "def answer_to(event, texts): raise RuntimeError('always')"
REPORTS_BAD = """
def answer_to(event, texts):
    numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
    bad = [number for number, text in zip(numbers, texts) if text.startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in reversed(bad)]}
"""


@pytest.fixture
def bench(stage: RunningStage, tmp_path: Path) -> Bench:
    return Bench(stage, tmp_path)


def parked_in(bucket: str) -> dict[str, Any]:
    return {"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}}


def test_a_failed_batch_is_retried_as_often_as_told_and_the_shard_goes_on(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function(FAILS_ON_BAD)
    bench.put(stream, "bad", "good")
    bench.map(stream, function, BatchSize=1, MaximumRetryAttempts=2)
    eventually(lambda: "good" in function.texts())
    assert function.texts() == ["bad", "bad", "bad", "good"]


def test_without_a_limit_a_failing_batch_blocks_its_shard_until_it_succeeds(bench: Bench) -> None:
    stream = bench.stream()
    function = bench.function("def answer_to(event, texts): assert open(os.environ['NOTES']).read().count('texts') > 4")
    bench.put(stream, "a", "b")
    bench.map(stream, function, BatchSize=1)
    eventually(lambda: "b" in function.texts())
    assert function.texts() == ["a"] * 5 + ["b"]


def test_attempts_are_further_and_further_apart(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function(FAILS)
    bench.put(stream, "a")
    bench.map(stream, function)
    eventually(lambda: len(function.invocations()) == 4)
    starts = [invocation["at"] for invocation in function.invocations()]
    pauses = [after - before for before, after in pairwise(starts)]
    assert all(pause >= least for pause, least in zip(pauses, (0.1, 0.2, 0.4), strict=True))


def test_bisecting_parks_the_bad_record_alone(bench: Bench) -> None:
    stream, function, bucket = bench.stream(), bench.function(FAILS_ON_BAD), bench.bucket()
    bench.put(stream, "1", "2", "bad", "4", "5")
    bench.map(
        stream,
        function,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        DestinationConfig=parked_in(bucket),
    )
    eventually(lambda: bench.parked_texts(bucket) and "5" in function.batches()[-1])
    assert bench.parked_texts(bucket) == [["bad"]]
    assert function.batches() == [["1", "2", "bad", "4", "5"], ["1", "2", "bad"], ["1", "2"], ["bad"], ["4", "5"]]


def test_without_bisecting_the_whole_batch_is_parked(bench: Bench) -> None:
    stream, function, bucket = bench.stream(), bench.function(FAILS_ON_BAD), bench.bucket()
    bench.put(stream, "1", "bad", "3")
    bench.map(stream, function, MaximumRetryAttempts=0, DestinationConfig=parked_in(bucket))
    assert eventually(lambda: bench.parked_texts(bucket)) == [["1", "bad", "3"]]


def test_reported_failures_are_retried_from_the_lowest_on_with_new_attempts(bench: Bench) -> None:
    stream, function, bucket = bench.stream(), bench.function(REPORTS_BAD), bench.bucket()
    bench.put(stream, "1", "2", "bad 3", "4", "bad 5")
    bench.map(
        stream,
        function,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
        DestinationConfig=parked_in(bucket),
    )
    assert eventually(lambda: bench.parked_texts(bucket)) == [["bad 3", "4", "bad 5"]]
    rest = ["bad 3", "4", "bad 5"]
    assert function.batches() == [["1", "2", *rest], rest, rest]


def test_without_the_response_type_a_report_means_nothing(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function(REPORTS_BAD)
    bench.put(stream, "bad", "2")
    bench.map(stream, function)
    eventually(function.texts)
    bench.put(stream, "3")
    eventually(lambda: function.texts() == ["bad", "2", "3"])


def test_reports_and_bisecting_together_park_each_bad_record_alone(bench: Bench) -> None:
    stream, function, bucket = bench.stream(), bench.function(REPORTS_BAD), bench.bucket()
    texts = ["bad 0", "1", "2", "bad 3", "4", "bad 5"]
    bench.put(stream, *texts)
    bench.map(
        stream,
        function,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        DestinationConfig=parked_in(bucket),
    )
    eventually(lambda: len(bench.parked_texts(bucket)) == 3)
    assert sorted(bench.parked_texts(bucket)) == [["bad 0"], ["bad 3"], ["bad 5"]]


def test_a_bucket_gets_the_whole_event_under_lambdas_key(bench: Bench) -> None:
    stream, function, bucket = bench.stream(), bench.function(FAILS), bench.bucket()
    first, last = bench.put(stream, "a", "b")
    uuid = bench.map(stream, function, MaximumRetryAttempts=1, DestinationConfig=parked_in(bucket))
    [(key, content)] = eventually(lambda: bench.parked(bucket))
    moment = r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}"
    assert re.fullmatch(rf"aws/lambda/{uuid}/shardId-000000000000/\d{{4}}/\d\d/\d\d/{moment}", key)
    assert json.loads(content["payload"]) == function.invocations()[0]["event"]
    assert content["version"] == "1.0"
    assert key.rpartition("/")[2].startswith(content["timestamp"][:19].replace(":", "."))
    assert content["requestContext"].pop("requestId")
    assert content["requestContext"] == {
        "functionArn": function.arn,
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 2,
    }
    assert content["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    info = content["KinesisBatchInfo"]
    arrival = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    assert arrival.fullmatch(info.pop("approximateArrivalOfFirstRecord"))
    assert arrival.fullmatch(info.pop("approximateArrivalOfLastRecord"))
    assert info == {
        "shardId": "shardId-000000000000",
        "startSequenceNumber": first,
        "endSequenceNumber": last,
        "batchSize": 2,
        "streamArn": bench.stream_arn(stream),
    }


def test_a_queue_and_a_topic_get_the_metadata_without_the_records(bench: Bench) -> None:
    sqs, sns = bench.client("sqs"), bench.client("sns")
    name = f"parked-{uuid4().hex[:8]}"
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes={"RawMessageDelivery": "true"})
    for destination in (queue_arn, topic):
        stream, function = bench.stream(), bench.function(FAILS)
        [number] = bench.put(stream, "a")
        bench.map(
            stream,
            function,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": destination}},
        )
        [message] = eventually(lambda: sqs.receive_message(QueueUrl=queue).get("Messages", []))
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        content = json.loads(message["Body"])
        assert content["requestContext"]["functionArn"] == function.arn
        assert content["KinesisBatchInfo"]["startSequenceNumber"] == number
        assert "payload" not in content


def test_a_changed_destination_holds_for_what_fails_next(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function(FAILS)
    first, second = bench.bucket(), bench.bucket()
    uuid = bench.map(stream, function, MaximumRetryAttempts=0, DestinationConfig=parked_in(first))
    bench.put(stream, "a")
    eventually(lambda: bench.parked(first))
    bench.update(uuid, DestinationConfig=parked_in(second))
    bench.put(stream, "b")
    assert eventually(lambda: bench.parked_texts(second)) == [["b"]]


def test_throttled_invocations_are_repeated_without_taking_retries(bench: Bench) -> None:
    stream, function, bucket = bench.stream(), bench.function(), bench.bucket()
    lambda_ = bench.client("lambda")
    lambda_.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    uuid = bench.map(stream, function, MaximumRetryAttempts=0, DestinationConfig=parked_in(bucket))
    bench.put(stream, "a")
    eventually(lambda: bench.mapping(uuid)["LastProcessingResult"].startswith("PROBLEM"))
    lambda_.delete_function_concurrency(FunctionName=function.name)
    eventually(lambda: function.texts() == ["a"])
    assert bench.parked(bucket) == []


def test_a_function_that_times_out_has_failed(bench: Bench) -> None:
    stream, bucket = bench.stream(), bench.bucket()
    function = bench.function("def answer_to(event, texts): time.sleep(30)", Timeout=1)
    bench.put(stream, "a")
    bench.map(stream, function, MaximumRetryAttempts=0, DestinationConfig=parked_in(bucket))
    assert eventually(lambda: bench.parked_texts(bucket)) == [["a"]]


def test_a_deleted_function_leaves_its_records_waiting(bench: Bench) -> None:
    stream, function, bucket = bench.stream(), bench.function(), bench.bucket()
    uuid = bench.map(stream, function, MaximumRetryAttempts=0, DestinationConfig=parked_in(bucket))
    bench.client("lambda").delete_function(FunctionName=function.name)
    bench.put(stream, "a")
    eventually(lambda: bench.mapping(uuid)["LastProcessingResult"].startswith("PROBLEM"))
    other = bench.function()
    bench.update(uuid, FunctionName=other.name)
    eventually(lambda: other.texts() == ["a"])
    assert bench.parked(bucket) == []


def test_a_record_that_fits_no_payload_is_parked_and_the_next_goes_on(bench: Bench) -> None:
    stream, function, bucket = bench.stream(), bench.function(), bench.bucket()
    kinesis = bench.client("kinesis")
    kinesis.update_max_record_size(StreamARN=bench.stream_arn(stream), MaxRecordSizeInKiB=10_240)
    kinesis.put_record(StreamName=stream, Data=b"x" * 5_000_000, PartitionKey="k")
    bench.put(stream, "small")
    bench.map(stream, function, DestinationConfig=parked_in(bucket))
    eventually(lambda: function.texts() == ["small"])
    [(_, content)] = bench.parked(bucket)
    assert content["requestContext"]["condition"] == "MaximumPayloadSizeExceeded"
    assert "responseContext" not in content
    assert len(bench.parked_texts(bucket)[0][0]) == 5_000_000
