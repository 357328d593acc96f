"""Bodies that are too large, too deep or no JSON: refused as AWS does, and the stage goes on."""

from __future__ import annotations

import gzip
import http.client
import json
from typing import Any

import pytest
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.waiting import PATIENCE
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TARGETS = {
    "kinesis": "Kinesis_20131202.PutRecord",
    "firehose": "Firehose_20150804.PutRecord",
    "athena": "AmazonAthena.StartQueryExecution",
    "sagemaker": "SageMaker.CreateModel",
    "application-autoscaling": "AnyScaleFrontendService.RegisterScalableTarget",
    "glue": "AWSGlue.GetTables",
    "dynamodb": "DynamoDB_20120810.PutItem",
    "logs": "Logs_20140328.PutLogEvents",
    "events": "AWSEvents.PutEvents",
    "sqs": "AmazonSQS.SendMessage",
    "kms": "TrentService.Encrypt",
    "secretsmanager": "secretsmanager.GetSecretValue",
    "ssm": "AmazonSSM.GetParameter",
}
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
NO_JSON = {
    "an object of great depth": DEEP,
    "an array of great depth": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number of 6,000 digits": b'{"a":' + b"9" * 6_000 + b"}",
    "an array": b"[1]",
    "a text": b'"x"',
    "half an object": b'{"a"',
    "no UTF-8": b"\xff\xfe{}",
}


def _send(
    stage: RunningStage, service: str, body: bytes, target: str | None = None, path: str = "/", **more: str
) -> tuple[int, bytes]:
    """A signed request of any body, which boto3 would not send."""
    headers = {"Content-Type": "application/x-amz-json-1.1" if target else "application/json", **more}
    if target is not None:
        headers["X-Amz-Target"] = target
    request: Any = AWSRequest("POST", f"{stage.endpoint_url}{path}", headers=headers, data=body)
    SigV4Auth(Credentials("test", "test"), service, REGION).add_auth(request)
    connection = http.client.HTTPConnection("localhost", stage.port, timeout=PATIENCE)
    connection.request("POST", path, body, dict(request.headers))
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("service", TARGETS)
def test_a_body_that_is_no_json_object_is_refused_in_the_shape_of_aws(stage: RunningStage, service: str) -> None:
    for name, body in NO_JSON.items():
        status, answer = _send(stage, service, body, TARGETS[service])
        assert status == 400, (name, status, answer[:300])
        assert b'"__type":' in answer, (name, answer[:300])


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("lambda", "/2015-03-31/functions"),
        ("lambda", "/2015-03-31/event-source-mappings"),
        ("scheduler", "/schedules/x"),
    ],
)
def test_a_rest_call_of_great_depth_is_refused(stage: RunningStage, service: str, path: str) -> None:
    status, answer = _send(stage, service, DEEP, path=path)
    assert status == 400, answer[:300]
    assert b"SerializationException" in answer


def test_a_function_is_not_invoked_with_a_payload_of_great_depth(stage: RunningStage) -> None:
    status, answer = _send(stage, "lambda", DEEP, path="/2015-03-31/functions/no-such-function/invocations")
    assert (status, b"Could not parse request body into json" in answer) == (400, True), answer[:300]


@pytest.mark.parametrize("service", ["kinesis", "glue", "dynamodb"])
def test_a_body_beyond_the_largest_call_is_refused(stage: RunningStage, service: str) -> None:
    status, answer = _send(stage, service, b'{"a":"' + b"x" * (64 * 1024 * 1024) + b'"}', TARGETS[service])
    assert (status, b"RequestEntityTooLargeException" in answer) == (413, True), answer[:300]


def test_an_api_takes_no_more_than_10_mib(stage: RunningStage) -> None:
    connection = http.client.HTTPConnection("localhost", stage.port, timeout=PATIENCE)
    host = {"Host": f"abcdef01.execute-api.localhost:{stage.port}"}
    connection.request("POST", "/votes", b"x" * (10 * 1024 * 1024 + 1), host)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (413, b'{"message":"Request Too Long"}')
    connection.close()


def test_a_key_has_at_most_1024_bytes(stage: RunningStage) -> None:
    s3 = stage.client("s3")
    s3.create_bucket(Bucket="long-keys", CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("k" * 1025, "\u3042" * 342, "a/" * 513):
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket="long-keys", Key=key, Body=b"x")
        assert error.value.response["Error"]["Code"] == "KeyTooLongError"
    for key in ("a/" * 511 + "bc", "k" * 200 + "/" + "l" * 200):
        s3.put_object(Bucket="long-keys", Key=key, Body=b"kept")
        assert s3.get_object(Bucket="long-keys", Key=key)["Body"].read() == b"kept"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
MEMBERS = st.sampled_from(
    "StreamName Data PartitionKey Records Name Id QueryString QueryExecutionId WorkGroup MaxResults NextToken "
    "DeliveryStreamName Record ShardIterator Limit ExplicitHashKey ResultConfiguration Configuration Tags "
    "EndpointName ModelName PrimaryContainer ServiceNamespace ResourceId ScalableDimension Targets Schedule".split()
)
OPERATIONS = st.sampled_from(
    [
        ("kinesis", f"Kinesis_20131202.{name}")
        for name in ("PutRecord", "PutRecords", "GetRecords", "GetShardIterator", "CreateStream", "ListShards")
    ]
    + [("firehose", f"Firehose_20150804.{name}") for name in ("PutRecord", "PutRecordBatch", "CreateDeliveryStream")]
    + [
        ("athena", f"AmazonAthena.{name}")
        for name in ("StartQueryExecution", "GetQueryResults", "CreateWorkGroup", "ListQueryExecutions")
    ]
    + [
        ("glue", f"AWSGlue.{name}")
        for name in ("CreateCrawler", "CreateJob", "StartJobRun", "ListCrawls", "GetJobRuns")
    ]
    + [("sagemaker", f"SageMaker.{name}") for name in ("CreateModel", "CreateEndpointConfig", "ListModels")]
    + [("application-autoscaling", f"AnyScaleFrontendService.{name}") for name in ("PutScalingPolicy",)]
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(OPERATIONS, st.dictionaries(MEMBERS, VALUES, max_size=6))
def test_whatever_the_members_hold_the_answer_has_the_shape_of_aws(
    stage: RunningStage, operation: tuple[str, str], payload: dict[str, Any]
) -> None:
    service, target = operation
    status, answer = _send(stage, service, json.dumps(payload).encode(), target)
    assert status < 500, (target, payload, answer[:500])
    assert status == 200 or json.loads(answer)["__type"], answer[:500]


def test_metric_data_that_an_sdk_compresses_arrives(stage: RunningStage) -> None:
    cloudwatch = stage.client("cloudwatch")
    names = [f"compressed-{number:04d}-{'x' * 200}" for number in range(100)]
    cloudwatch.put_metric_data(
        Namespace="Compressed", MetricData=[{"MetricName": name, "Value": 1.0} for name in names]
    )
    listed = {metric["MetricName"] for metric in cloudwatch.list_metrics(Namespace="Compressed")["Metrics"]}
    assert listed == set(names)


@pytest.mark.parametrize(
    "sent",
    [gzip.compress(b" " * 17 * 1024 * 1024), gzip.compress(b"{}")[:-9], b"no gzip"],
    ids=["too large", "cut off", "no gzip"],
)
def test_a_compressed_body_that_is_damaged_or_too_large_is_refused(stage: RunningStage, sent: bytes) -> None:
    compressed = {"Content-Encoding": "gzip"}
    status, answer = _send(stage, "monitoring", sent, "GraniteServiceVersion20100801.PutMetricData", **compressed)
    assert (status, b"SerializationException" in answer) == (400, True)
