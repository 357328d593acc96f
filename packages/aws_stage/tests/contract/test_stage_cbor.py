"""CBOR on the wire, as AWS's SDK for Java speaks it to Kinesis (and KCL and the Kinesis agent with it)."""

from __future__ import annotations

import datetime as dt
import http.client
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import cbor2
import pytest
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.signed_requests import signed_headers
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
from py4j.protocol import Py4JJavaError

CBOR = "application/x-amz-cbor-1.1"
JARS = Path(__file__).resolve().parents[4] / ".local" / "jars"


@pytest.fixture
def stream(stage: RunningStage) -> Iterator[str]:
    kinesis = stage.client("kinesis")
    name = f"cbor-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    yield name
    kinesis.delete_stream(StreamName=name)


@pytest.fixture(scope="module")
def java() -> Iterator[Any]:
    """The classes of AWS's SDK for Java (1.11), in a Java process of their own."""
    [jar] = JARS.glob("aws-java-sdk-bundle-*.jar")
    port, token = launch_gateway(classpath=str(jar), die_on_exit=True, enable_auth=True)
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token, auto_convert=True))
    yield gateway.jvm
    gateway.shutdown()


@pytest.fixture
def java_kinesis(java: Any, stage: RunningStage) -> Iterator[Any]:
    aws = java.com.amazonaws
    where = aws.client.builder.AwsClientBuilder.EndpointConfiguration(stage.endpoint_url, REGION)
    who = aws.auth.AWSStaticCredentialsProvider(aws.auth.BasicAWSCredentials("test", "test"))
    builder = aws.services.kinesis.AmazonKinesisClientBuilder.standard()
    client = builder.withEndpointConfiguration(where).withCredentials(who).build()
    yield client
    client.shutdown()


def test_the_java_sdk_puts_and_gets_records_as_they_are(
    java: Any, java_kinesis: Any, stage: RunningStage, stream: str
) -> None:
    model, buffer = java.com.amazonaws.services.kinesis.model, java.java.nio.ByteBuffer
    data, before = bytes(range(256)), time.time()
    put = java_kinesis.putRecord(stream, buffer.wrap(data), "schlüssel")
    entries = [model.PutRecordsRequestEntry().withData(buffer.wrap(b"2")).withPartitionKey("k") for _ in range(2)]
    many = java_kinesis.putRecords(model.PutRecordsRequest().withStreamName(stream).withRecords(entries))
    assert many.getFailedRecordCount() == 0
    shard = java_kinesis.listShards(model.ListShardsRequest().withStreamName(stream)).getShards()[0].getShardId()
    iterator = java_kinesis.getShardIterator(stream, shard, "TRIM_HORIZON").getShardIterator()
    records = java_kinesis.getRecords(model.GetRecordsRequest().withShardIterator(iterator)).getRecords()
    assert [bytes(record.getData().array()) for record in records] == [data, b"2", b"2"]
    assert (records[0].getPartitionKey(), records[0].getSequenceNumber()) == ("schlüssel", put.getSequenceNumber())
    arrived = records[0].getApproximateArrivalTimestamp().getTime() / 1000
    assert before - 0.01 <= arrived <= time.time()
    [through_json, *_] = _records(stage, stream)
    assert through_json["Data"] == data
    assert through_json["ApproximateArrivalTimestamp"].timestamp() == pytest.approx(arrived, abs=1e-6)


def test_the_java_sdk_reads_from_a_moment(java: Any, java_kinesis: Any, stage: RunningStage, stream: str) -> None:
    model = java.com.amazonaws.services.kinesis.model
    kinesis = stage.client("kinesis")
    for data in (b"1", b"2"):
        kinesis.put_record(StreamName=stream, Data=data, PartitionKey="k")
        time.sleep(0.02)
    second = _records(stage, stream)[1]["ApproximateArrivalTimestamp"]
    asked = model.GetShardIteratorRequest().withStreamName(stream).withShardId("shardId-000000000000")
    moment = java.java.util.Date(round(second.timestamp() * 1000))
    at = java_kinesis.getShardIterator(asked.withShardIteratorType("AT_TIMESTAMP").withTimestamp(moment))
    got = java_kinesis.getRecords(model.GetRecordsRequest().withShardIterator(at.getShardIterator())).getRecords()
    assert [bytes(record.getData().array()) for record in got] == [b"2"]
    created = java_kinesis.describeStream(stream).getStreamDescription().getStreamCreationTimestamp()
    described = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    assert created.getTime() == round(described["StreamCreationTimestamp"].timestamp() * 1000)


def test_the_java_sdk_raises_the_errors_exception_with_its_message(java_kinesis: Any) -> None:
    with pytest.raises(Py4JJavaError) as refusal:
        java_kinesis.describeStream("nobody-made-it")
    error = refusal.value.java_exception
    assert error.getClass().getSimpleName() == "ResourceNotFoundException"
    assert "nobody-made-it" in error.getErrorMessage()


def test_the_java_sdk_changes_streams(java: Any, java_kinesis: Any, stage: RunningStage) -> None:
    model = java.com.amazonaws.services.kinesis.model
    name = f"java-{uuid.uuid4().hex[:8]}"
    java_kinesis.createStream(name, 1)
    java_kinesis.addTagsToStream(model.AddTagsToStreamRequest().withStreamName(name).withTags({"team": "lake"}))
    tags = stage.client("kinesis").list_tags_for_stream(StreamName=name)["Tags"]
    assert tags == [{"Key": "team", "Value": "lake"}]
    assert name in list(java_kinesis.listStreams().getStreamNames())
    java_kinesis.deleteStream(name)
    assert name not in list(java_kinesis.listStreams().getStreamNames())


def _records(stage: RunningStage, stream: str) -> list[dict[str, Any]]:
    kinesis = stage.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    records: list[dict[str, Any]] = kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    return records


def _post(
    stage: RunningStage, service: str, target: str, body: bytes, *, sign: bool = True
) -> tuple[http.client.HTTPResponse, Any]:
    headers = {"X-Amz-Target": target, "Content-Type": CBOR}
    signed = signed_headers("POST", f"http://127.0.0.1:{stage.port}/", service, headers, body)
    connection = http.client.HTTPConnection("127.0.0.1", stage.port)
    connection.request("POST", "/", body=body if sign else body + b" ", headers=signed)
    answer = connection.getresponse()
    return answer, cbor2.loads(answer.read())


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("Kinesis_20131202.ListStreams", b"{}", "SerializationException"),
        ("Kinesis_20131202.PutRecord", cbor2.dumps({"Data": "text"}), "SerializationException"),
        ("Kinesis_20131202.CreateStream", cbor2.dumps({"StreamName": "a b"}), "ValidationException"),
        ("Kinesis_20131202.SubscribeToShard", b"\xa0", "UnsupportedOperationException"),
    ],
)
def test_errors_of_calls_in_cbor_are_cbor(stage: RunningStage, target: str, body: bytes, code: str) -> None:
    answer, error = _post(stage, "kinesis", target, body)
    assert (answer.status, answer.headers["Content-Type"]) == (400, CBOR)
    assert (error["__type"], answer.headers["x-amzn-errortype"]) == (code, code)


def test_a_wrong_signature_is_refused_in_cbor_too(stage: RunningStage) -> None:
    answer, error = _post(stage, "kinesis", "Kinesis_20131202.ListStreams", b"\xa0", sign=False)
    assert (answer.headers["Content-Type"], error["__type"]) == (CBOR, "InvalidSignatureException")


@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("glue", "AWSGlue.GetDatabases"),
        ("dynamodb", "DynamoDB_20120810.ListTables"),
        ("firehose", "Firehose_20150804.X"),
    ],
)
def test_other_services_refuse_cbor_with_the_setting_that_turns_it_off(
    stage: RunningStage, service: str, target: str
) -> None:
    answer, error = _post(stage, service, target, b"\xa0")
    assert (answer.status, error["__type"]) == (400, "SerializationException")
    assert "AWS_CBOR_DISABLE=true" in error["message"]


def test_cloudwatch_takes_the_cbor_of_newer_sdks(stage: RunningStage) -> None:
    """Smithy's RPC v2, which other SDKs choose for CloudWatch where boto3 chooses JSON."""
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    load = loader.load_service_model

    def load_with_protocol(service: str, kind: str, *arguments: Any, **named: Any) -> Any:
        model = load(service, kind, *arguments, **named)
        if (service, kind) != ("cloudwatch", "service-2"):
            return model
        return {**model, "metadata": {**model["metadata"], "protocols": ["smithy-rpc-v2-cbor"]}}

    loader.load_service_model = load_with_protocol
    new_client: Any = boto3.Session("test", "test", region_name=REGION, botocore_session=session).client
    cloudwatch = new_client("cloudwatch", endpoint_url=stage.endpoint_url)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    sent: list[bytes] = []
    cloudwatch.meta.events.register("before-send", lambda request, **_: sent.append(request.headers["Content-Type"]))
    cloudwatch.put_metric_data(
        Namespace="InCbor", MetricData=[{"MetricName": "clicks", "Value": 2.5, "Timestamp": now, "Unit": "Count"}]
    )
    asked = {"Namespace": "InCbor", "MetricName": "clicks", "Period": 60, "Statistics": ["Sum"]}
    span = {"StartTime": now - dt.timedelta(minutes=2), "EndTime": now + dt.timedelta(minutes=2)}
    [point] = cloudwatch.get_metric_statistics(**asked, **span)["Datapoints"]
    assert (point["Sum"], point["Unit"]) == (2.5, "Count")
    assert {*sent} == {b"application/cbor"}
    cloudwatch.put_metric_alarm(
        AlarmName="in-cbor",
        Namespace="InCbor",
        MetricName="clicks",
        Period=60,
        Statistic="Sum",
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    assert cloudwatch.describe_alarms(AlarmNames=["in-cbor"])["MetricAlarms"][0]["Threshold"] == 1
    cloudwatch.delete_alarms(AlarmNames=["in-cbor"])
    assert cloudwatch.describe_alarms(AlarmNames=["in-cbor"])["MetricAlarms"] == []
