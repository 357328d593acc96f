"""What the gateway refuses, and how an error reads in each of AWS's protocols."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from aws_stage.gateway.wire import Wire, error_answer, wire_of
from aws_stage.testing import RunningStage
from aws_stage.testing.signed_requests import signed_headers
from botocore.exceptions import ClientError


def _elsewhere(stage: RunningStage, service: str, region: str = "us-east-1") -> Any:
    return boto3.client(
        service,
        endpoint_url=stage.endpoint_url,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def _error(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as refusal:
        call()
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


CALLS: dict[str, Callable[[Any], Any]] = {
    "kinesis": lambda client: client.list_streams(),  # JSON, an engine
    "glue": lambda client: client.get_databases(),  # JSON, ministack
    "sns": lambda client: client.list_topics(),  # Query
    "ec2": lambda client: client.describe_vpcs(),  # EC2
    "scheduler": lambda client: client.list_schedules(),  # REST-JSON
    "logs": lambda client: client.describe_log_groups(),
}


@pytest.mark.parametrize("service", CALLS)
def test_another_region_is_refused_in_each_protocol_with_what_to_set(stage: RunningStage, service: str) -> None:
    code, message = _error(lambda: CALLS[service](_elsewhere(stage, service)))
    assert code == "InvalidSignatureException"
    assert message.endswith(
        "the local stage serves ap-northeast-1, and this request was signed for us-east-1. "
        "Set AWS_DEFAULT_REGION=ap-northeast-1."
    )
    CALLS[service](stage.client(service))


def test_global_services_and_buckets_are_found_from_where_their_clients_sign(stage: RunningStage) -> None:
    stage.client("s3").create_bucket(
        Bucket="found-anywhere", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
    )
    _elsewhere(stage, "s3").put_object(Bucket="found-anywhere", Key="k", Body=b"x")
    assert stage.client("s3").get_object(Bucket="found-anywhere", Key="k")["Body"].read() == b"x"
    assert _elsewhere(stage, "sts").get_caller_identity()["Account"] == "000000000000"
    assert _elsewhere(stage, "iam", "ap-northeast-1").list_roles()["IsTruncated"] is False
    assert _error(lambda: _elsewhere(stage, "sts", "eu-west-1").get_caller_identity())[0] == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("lakeformation", lambda client: client.list_resources()),
        ("redshift", lambda client: client.describe_clusters()),
        ("polly", lambda client: client.describe_voices()),
    ],
)
def test_a_service_that_nobody_serves_is_refused_by_name(
    stage: RunningStage, service: str, call: Callable[[Any], Any]
) -> None:
    code, message = _error(lambda: call(stage.client(service)))
    assert code == "UnsupportedOperationException"
    assert message.startswith("The local stage does not serve ")
    assert "docs/local-stage.md" in message


def _post(stage: RunningStage, body: bytes, **headers: str) -> tuple[http.client.HTTPResponse, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", stage.port)
    named = {"X-Amz-Target": "Kinesis_20131202.ListStreams"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    signed = signed_headers("POST", f"http://127.0.0.1:{stage.port}/", "kinesis", named, body)
    connection.request("POST", "/", body=body, headers=signed)
    answer = connection.getresponse()
    return answer, json.loads(answer.read())


def test_json_answers_carry_their_version_and_a_request_id(stage: RunningStage) -> None:
    answer, body = _post(stage, b"{}", Content_Type="application/x-amz-json-1.0")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/x-amz-json-1.0")
    assert len(answer.headers["x-amzn-requestid"]) == 36
    assert body["HasMoreStreams"] is False or body["StreamNames"]
    refused, error = _post(stage, b'{"Limit": ', Content_Type="application/x-amz-json-1.1")
    assert (refused.status, error["__type"]) == (400, "SerializationException")
    assert (refused.headers["x-amzn-errortype"], refused.headers["Content-Type"]) == (
        "SerializationException",
        "application/x-amz-json-1.1",
    )


def test_a_body_passes_through_to_s3_as_it_streams(stage: RunningStage) -> None:
    """A client that waits for 100-continue and sends a body in chunks, as the AWS SDKs do for a stream."""
    s3 = stage.client("s3")
    s3.create_bucket(Bucket="streamed", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "streamed", "Key": "k"})
    target = url.removeprefix(stage.endpoint_url)
    with socket.create_connection(("localhost", stage.port)) as connection:
        head = f"PUT {target} HTTP/1.1\r\nHost: localhost:{stage.port}\r\nTransfer-Encoding: chunked\r\n"
        connection.sendall(f"{head}Expect: 100-continue\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        for _ in range(3):
            connection.sendall(b"4\r\nabcd\r\n")
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert s3.get_object(Bucket="streamed", Key="k")["Body"].read() == b"abcd" * 3


@pytest.mark.parametrize(
    ("service", "headers", "wire", "starts"),
    [
        ("glue", {"X-Amz-Target": "AWSGlue.X"}, Wire.JSON, b'{"__type": "Code", "message": "a < b"'),
        ("scheduler", {}, Wire.REST_JSON, b'{"__type": "Code", "message": "a < b"'),
        ("s3", {}, Wire.S3, b'<?xml version="1.0"?><Error><Code>Code</Code><Message>a &lt; b</Message>'),
        (
            "sns",
            {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
            Wire.QUERY,
            b'<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type><Code>Code</Code>',
        ),
        (
            "ec2",
            {"Content-Type": "application/x-www-form-urlencoded"},
            Wire.EC2,
            b'<?xml version="1.0"?><Response><Errors><Error><Code>Code</Code>',
        ),
        ("cloudfront", {}, Wire.REST_XML, b'<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type>'),
    ],
)
def test_each_protocol_has_its_shape_of_error(service: str, headers: dict[str, str], wire: Wire, starts: bytes) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert wire_of(service, raw) is wire
    status, _, body = error_answer("Code", "a < b", 400, wire)
    assert status == 400
    assert body.startswith(starts)
