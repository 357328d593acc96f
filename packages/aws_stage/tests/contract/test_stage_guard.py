"""Who may talk to the stage: names, pages, back doors, and what CORS a bucket and an API answer."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.lambda_functions import create
from aws_stage.testing.signed_requests import signed_headers
from aws_stage.testing.waiting import PATIENCE
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

FOREIGN = "https://evil.example"
FRIEND = "https://friend.example"


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def send(stage: RunningStage, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=PATIENCE)
    connection.request(method, path, body=body, headers=dict(headers))
    answer = connection.getresponse()
    found = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return found


def signed(stage: RunningStage, call: str, service: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
    """A call that is in order, but for what ``headers`` says of where it comes from."""
    method, path = call.split(" ")
    host = headers.get("Host", f"127.0.0.1:{stage.port}")
    return send(stage, method, path, signed_headers(method, f"http://{host}{path}", service, headers, body), body)


@pytest.fixture
def bucket(stage: RunningStage) -> str:
    name = f"guarded-{uuid.uuid4().hex[:8]}"
    s3 = stage.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="there", Body=b"kept")
    return name


def _kinesis(operation: str) -> dict[str, str]:
    return {"X-Amz-Target": f"Kinesis_20131202.{operation}", "Content-Type": "application/x-amz-json-1.1"}


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:4566", "10.0.0.4", "bucket.s3.amazonaws.com"])
def test_a_name_that_does_not_mean_loopback_is_refused_whatever_is_asked(stage: RunningStage, host: str) -> None:
    call = signed(stage, "POST /", "kinesis", {**_kinesis("ListStreams"), "Host": host}, b"{}")
    assert call.status == 403
    assert json.loads(call.body)["__type"] == "AccessDeniedException"
    assert "answers to localhost and no other name" in json.loads(call.body)["message"]
    for path in ("/", "/_aws_stage/health", "/_aws_stage/websites", "/_aws/execute-api/a/b/c"):
        assert send(stage, "GET", path, {"Host": host}).status == 403
    assert b"<Code>AccessDenied</Code>" in send(stage, "GET", "/bucket/key", {"Host": host}).body


def test_a_web_socket_under_another_name_is_not_opened(stage: RunningStage) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert send(stage, "GET", "/_aws/execute-api/abc/live", {**upgrade, "Host": "evil.example"}).status == 403
    mqtt = {**upgrade, "Sec-WebSocket-Protocol": "mqtt", "Host": "data.iot.here.localhost"}
    assert send(stage, "GET", "/mqtt", mqtt).status == 403


def test_buckets_are_found_by_their_own_host_name(stage: RunningStage, bucket: str) -> None:
    host = f"{bucket}.localhost:{stage.port}"
    assert signed(stage, "GET /there", "s3", {"Host": host}).body == b"kept"
    assert signed(stage, "PUT /_temporary/0", "s3", {"Host": host}, b"1").status == 200


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://localhost:3000", "http://localhost"])
def test_a_page_calls_no_api_even_if_it_can_sign(stage: RunningStage, origin: str) -> None:
    kinesis = stage.client("kinesis")
    name = f"guarded-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    body = json.dumps({"StreamName": name}).encode()
    call = signed(stage, "POST /", "kinesis", {**_kinesis("DeleteStream"), "Origin": origin}, body)
    assert call.status == 403
    assert origin in json.loads(call.body)["message"]
    assert kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"] != "DELETING"
    kinesis.delete_stream(StreamName=name)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin"])
def test_what_a_browser_sends_without_an_origin_calls_no_api_either(stage: RunningStage, site: str) -> None:
    call = signed(stage, "GET /2015-03-31/functions/", "lambda", {"Sec-Fetch-Site": site})
    assert call.status == 403
    assert signed(stage, "GET /2015-03-31/functions/", "lambda", {"Sec-Fetch-Site": "none"}).status == 200


def test_an_address_alone_makes_no_call_but_of_s3(stage: RunningStage) -> None:
    """A picture in a page of a browser that says nothing of whence it comes could hold the address."""
    sns = stage.client("sns")
    topic = sns.create_topic(Name=f"guarded-{uuid.uuid4().hex[:8]}")["TopicArn"]
    request = AWSRequest("GET", f"{stage.endpoint_url}/", params={"Action": "DeleteTopic", "TopicArn": topic})
    SigV4QueryAuth(Credentials("test", "test"), "sns", REGION).add_auth(request)
    path = str(request.url).removeprefix(stage.endpoint_url)
    assert send(stage, "GET", path, {"Host": f"localhost:{stage.port}"}).status == 403
    assert topic in [found["TopicArn"] for found in sns.list_topics()["Topics"]]


@pytest.mark.parametrize("path", ["/", "/2015-03-31/functions/", "/no-such-bucket/key"])
def test_a_preflight_of_an_api_is_refused_and_allows_nothing(stage: RunningStage, path: str) -> None:
    asked = {
        "Origin": FOREIGN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-amz-target",
    }
    answer = send(stage, "OPTIONS", path, asked)
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_no_answer_of_a_service_allows_a_page_anything(stage: RunningStage, bucket: str) -> None:
    for answer in (
        signed(stage, f"GET /{bucket}/there", "s3", {}),
        signed(stage, "GET /2015-03-31/functions/", "lambda", {}),
        signed(stage, "POST /", "kinesis", _kinesis("ListStreams"), b"{}"),
    ):
        assert answer.status == 200
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def _allow(stage: RunningStage, bucket: str) -> None:
    rule = {
        "AllowedOrigins": [FRIEND],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["x-amz-*", "content-type"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 600,
    }
    stage.client("s3").put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


def _preflight(stage: RunningStage, bucket: str, origin: str, method: str, headers: str = "x-amz-date") -> Answer:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return send(stage, "OPTIONS", f"/{bucket}/there", asked)


def test_a_preflight_of_a_bucket_is_answered_by_the_buckets_rules(stage: RunningStage, bucket: str) -> None:
    without = _preflight(stage, bucket, FRIEND, "PUT")
    assert without.status == 403
    assert b"CORS is not enabled for this bucket" in without.body
    _allow(stage, bucket)
    allowed = _preflight(stage, bucket, FRIEND, "PUT")
    assert allowed.status == 200
    assert {name: value for name, value in allowed.headers.items() if name.startswith("access-control-")} == {
        "access-control-allow-origin": FRIEND,
        "access-control-allow-methods": "GET, PUT",
        "access-control-allow-headers": "x-amz-date",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "ETag",
        "access-control-max-age": "600",
    }
    assert _preflight(stage, bucket, FOREIGN, "PUT").status == 403
    assert _preflight(stage, bucket, FRIEND, "DELETE").status == 403
    assert _preflight(stage, bucket, FRIEND, "PUT", "x-other").status == 403


def test_a_page_that_the_bucket_allows_reads_and_writes_with_a_signature_and_no_other_does(
    stage: RunningStage, bucket: str
) -> None:
    _allow(stage, bucket)
    read = signed(stage, f"GET /{bucket}/there", "s3", {"Origin": FRIEND})
    assert (read.status, read.body) == (200, b"kept")
    assert read.headers["access-control-allow-origin"] == FRIEND
    assert signed(stage, f"PUT /{bucket}/new", "s3", {"Origin": FRIEND}, b"1").status == 200
    assert send(stage, "GET", f"/{bucket}/there", {"Origin": FRIEND}).status == 403
    for origin, method in ((FOREIGN, "GET"), (FRIEND, "DELETE"), (FOREIGN, "PUT")):
        refused = signed(stage, f"{method} /{bucket}/there", "s3", {"Origin": origin})
        assert refused.status == 403
        assert b"<Code>AccessDenied</Code>" in refused.body
    assert stage.client("s3").get_object(Bucket=bucket, Key="there")["Body"].read() == b"kept"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/config"),
        ("GET", "/_ministack/health"),
        ("GET", "/_ministack/ready"),
        ("GET", "/_ministack/lambda-code/f"),
        ("GET", "/_ministack/ses/messages"),
        ("GET", "/_ministack/sqs/messages"),
        ("PUT", "/_ministack/cfn-response/token"),
        ("POST", "/_ministack/rds/iam-auth"),
        ("GET", "/_localstack/health"),
        ("GET", "/_aws/ses"),
        ("GET", "/_alb/name/path"),
        ("GET", "/_aws_stage/other"),
        ("GET", "/%5fministack/health"),
        ("GET", "/_anything"),
    ],
)
def test_the_back_doors_are_shut(stage: RunningStage, bucket: str, method: str, path: str) -> None:
    for host in (
        f"localhost:{stage.port}",
        f"{bucket}.localhost",
        "abcdef12.execute-api.localhost",
        "d1.cloudfront.localhost",
        "a-bucket.s3-website.localhost",
    ):
        if host.startswith(bucket) and path in ("/_anything", "/_aws_stage/other"):
            continue  # there it is an object's key
        answer = send(stage, method, path, {"Host": host, "X-Amz-Target": "Kinesis_20131202.ListStreams"}, b"{}")
        if any(kind in host for kind in ("execute-api", "cloudfront", "s3-website")):
            assert answer.status in (403, 404, 405)
        else:
            assert answer.status == 404
            assert "has nothing at" in json.loads(answer.body)["message"]
    assert stage.client("s3").get_object(Bucket=bucket, Key="there")["Body"].read() == b"kept"


def test_a_bucket_may_be_called_health(stage: RunningStage) -> None:
    s3 = stage.client("s3")
    s3.create_bucket(Bucket="health", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert s3.list_objects_v2(Bucket="health")["KeyCount"] == 0


ECHO = """
import json
def handler(event, context):
    headers = {"access-control-allow-origin": "https://friend.example", "content-type": "application/json"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(event.get("rawPath"))}
"""


@pytest.fixture(scope="module")
def api(stage: RunningStage) -> str:
    """An HTTP API whose every route is a function's; its id."""
    gateway = stage.client("apigatewayv2")
    name = create(stage, ECHO)
    function = f"arn:aws:lambda:{REGION}:000000000000:function:{name}"
    created: Any = gateway.create_api(Name=name, ProtocolType="HTTP")
    target = gateway.create_integration(
        ApiId=created["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationUri=function,
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    gateway.create_route(ApiId=created["ApiId"], RouteKey="$default", Target=f"integrations/{target}")
    gateway.create_route(
        ApiId=created["ApiId"],
        RouteKey="GET /mine",
        Target=f"integrations/{target}",
        AuthorizationType="AWS_IAM",
    )
    gateway.create_stage(ApiId=created["ApiId"], StageName="$default", AutoDeploy=True)
    return str(created["ApiId"])


@pytest.mark.parametrize(
    "path", ["/votes", "/health", "/login", "/v2/email/identities", "/iceberg/v1/config", "/Execute"]
)
def test_an_api_serves_every_page_and_each_of_its_paths_itself(stage: RunningStage, api: str, path: str) -> None:
    host = f"{api}.execute-api.localhost:{stage.port}"
    page = {"Origin": FOREIGN, "Sec-Fetch-Site": "cross-site"}
    answer = send(stage, "POST", path, {**page, "Host": host}, b"{}")
    assert (answer.status, json.loads(answer.body)) == (200, path)
    assert answer.headers["access-control-allow-origin"] == FRIEND


def test_no_header_makes_a_call_to_aws_of_a_call_to_an_api(stage: RunningStage, api: str) -> None:
    name = f"guarded-{uuid.uuid4().hex[:8]}"
    body = json.dumps({"StreamName": name, "ShardCount": 1}).encode()
    for path in (f"/_aws/execute-api/{api}/$default/votes", "/votes"):
        host = f"{api}.execute-api.localhost:{stage.port}" if path == "/votes" else f"localhost:{stage.port}"
        assert send(stage, "POST", path, {**_kinesis("CreateStream"), "Host": host}, body).status == 200
    assert name not in stage.client("kinesis").list_streams()["StreamNames"]


def test_a_route_with_iam_authorization_wants_a_signature(stage: RunningStage, api: str) -> None:
    path = f"/_aws/execute-api/{api}/$default/mine"
    assert send(stage, "GET", path, {}).status == 403
    assert signed(stage, f"GET {path}", "execute-api", {}).status == 200


def test_open_connections_are_spoken_to_by_those_who_sign(stage: RunningStage, api: str) -> None:
    path = f"/_aws/execute-api/{api}/$default/@connections/abc"
    assert send(stage, "POST", path, {}, b"hello").status == 403
    assert signed(stage, f"POST {path}", "execute-api", {"Origin": FOREIGN}, b"hello").status == 403
    assert signed(stage, f"POST {path}", "execute-api", {}, b"hello").status in (404, 410)
