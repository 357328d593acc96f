"""Signatures: whose the stage takes, and what each protocol says of one that is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import botocore.auth
import pytest
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.signed_requests import signed_headers
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from contract.test_stage_guard import send


def client(stage: RunningStage, service: str, pair: tuple[str, str], token: str | None = None, **config: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=stage.endpoint_url,
        region_name=REGION,
        aws_access_key_id=pair[0],
        aws_secret_access_key=pair[1],
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


def error(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(ClientError) as refusal:
        call()
    return refusal.value.response["ResponseMetadata"]["HTTPStatusCode"], refusal.value.response["Error"]["Code"]


CALLS: dict[str, Callable[[Any], Any]] = {
    "kinesis": lambda client: client.list_streams(),  # JSON, an engine
    "dynamodb": lambda client: client.list_tables(),  # JSON, ministack
    "lambda": lambda client: client.list_functions(),  # REST-JSON
    "sns": lambda client: client.list_topics(),  # Query
    "s3": lambda client: client.list_buckets(),
}


@pytest.fixture
def bucket(stage: RunningStage) -> str:
    name = f"signed-{uuid.uuid4().hex[:8]}"
    s3 = stage.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="a key (1) ü+&.txt", Body=b"kept")
    return name


@pytest.mark.parametrize("pair", [("local", "local"), ("test", "test"), ("000000000000", "local")])
@pytest.mark.parametrize("service", CALLS)
def test_the_local_pairs_are_taken(stage: RunningStage, service: str, pair: tuple[str, str]) -> None:
    CALLS[service](client(stage, service, pair))


WRONG = {
    "kinesis": (400, "InvalidSignatureException"),
    "dynamodb": (400, "InvalidSignatureException"),
    "lambda": (403, "InvalidSignatureException"),
    "sns": (403, "SignatureDoesNotMatch"),
    "s3": (403, "SignatureDoesNotMatch"),
}
UNKNOWN = {
    "kinesis": (400, "UnrecognizedClientException"),
    "dynamodb": (400, "UnrecognizedClientException"),
    "lambda": (403, "UnrecognizedClientException"),
    "sns": (403, "InvalidClientTokenId"),
    "s3": (403, "InvalidAccessKeyId"),
}
MISSING = {
    "kinesis": (400, "MissingAuthenticationTokenException"),
    "dynamodb": (400, "MissingAuthenticationTokenException"),
    "lambda": (403, "MissingAuthenticationTokenException"),
    "sns": (403, "MissingAuthenticationToken"),
    "s3": (403, "AccessDenied"),
}


@pytest.mark.parametrize("service", CALLS)
def test_another_secret_is_refused(stage: RunningStage, service: str) -> None:
    assert error(lambda: CALLS[service](client(stage, service, ("local", "guess")))) == WRONG[service]


@pytest.mark.parametrize("key_id", ["AKIAIOSFODNN7EXAMPLE", "111111111111", "ASIAIOSFODNN7EXAMPLE", "loca"])
@pytest.mark.parametrize("service", CALLS)
def test_a_key_that_nobody_gave_out_is_refused(stage: RunningStage, service: str, key_id: str) -> None:
    assert error(lambda: CALLS[service](client(stage, service, (key_id, "local")))) == UNKNOWN[service]


@pytest.mark.parametrize("service", CALLS)
def test_a_call_that_nobody_signed_is_refused(stage: RunningStage, service: str) -> None:
    unsigned = client(stage, service, ("local", "local"), signature_version=UNSIGNED)
    assert error(lambda: CALLS[service](unsigned)) == MISSING[service]


@pytest.mark.parametrize("service", CALLS)
def test_a_call_that_was_signed_yesterday_is_refused(
    stage: RunningStage, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: yesterday)
    expected = (403, "RequestTimeTooSkewed") if service == "s3" else WRONG[service]
    assert error(lambda: CALLS[service](client(stage, service, ("local", "local")))) == expected


def _kinesis(stage: RunningStage, sign: bytes, put: bytes, **headers: str) -> tuple[int, str]:
    named = {"X-Amz-Target": "Kinesis_20131202.ListStreams", "Content-Type": "application/x-amz-json-1.1"}
    made = signed_headers("POST", f"http://127.0.0.1:{stage.port}/", "kinesis", named, sign)
    answer = send(stage, "POST", "/", {**made, **headers}, put)
    return answer.status, json.loads(answer.body).get("__type", "")


def test_a_body_or_a_header_that_was_changed_on_the_way_is_refused(stage: RunningStage) -> None:
    assert _kinesis(stage, b"{}", b"{}") == (200, "")
    assert _kinesis(stage, b"{}", b'{"Limit": 1}') == WRONG["kinesis"]
    assert _kinesis(stage, b"{}", b"{}", **{"X-Amz-Target": "Kinesis_20131202.ListShards"}) == WRONG["kinesis"]


def test_a_changed_object_is_refused_before_it_is_written(stage: RunningStage, bucket: str) -> None:
    path = f"/{bucket}/new"
    made = signed_headers("PUT", f"http://127.0.0.1:{stage.port}{path}", "s3", {}, b"signed")
    answer = send(stage, "PUT", path, made, b"forged")
    assert answer.status == 400
    assert b"<Code>XAmzContentSHA256Mismatch</Code>" in answer.body
    assert "Contents" not in stage.client("s3").list_objects_v2(Bucket=bucket, Prefix="new")


def _url(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, method=method, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


@pytest.mark.parametrize("pair", [("local", "local"), ("test", "test")])
@pytest.mark.parametrize("version", [None, "s3v4"])
def test_a_presigned_url_is_good_for_what_it_was_made_for(
    stage: RunningStage, bucket: str, pair: tuple[str, str], version: str | None
) -> None:
    s3 = client(stage, "s3", pair, **({"signature_version": version} if version else {}))
    params = {"Bucket": bucket, "Key": "a key (1) ü+&.txt"}
    url = s3.generate_presigned_url("get_object", Params=params)
    assert _url(url) == (200, b"kept")
    assert _url(url, "DELETE")[0] == 403
    assert _url(url.replace("key", "kex"))[0] == 403
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "put", "ContentType": "text/x"})
    assert _url(put, "PUT", b"1", **{"Content-Type": "text/x"})[0] == 200


def test_an_expired_presigned_url_is_refused(stage: RunningStage, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = client(stage, "s3", ("local", "local"), signature_version="s3v4")
    with monkeypatch.context() as patched:
        patched.setattr(botocore.auth, "get_current_datetime", lambda: datetime.now(UTC) - timedelta(hours=2))
        url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket}, ExpiresIn=3600)
        fresh = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket}, ExpiresIn=3 * 3600)
    status, body = _url(url)
    assert (status, b"Request has expired" in body) == (403, True)
    assert _url(fresh)[0] == 200


def test_a_presigned_url_is_no_key_to_another_service(stage: RunningStage, bucket: str) -> None:
    s3 = client(stage, "s3", ("local", "local"), signature_version="s3v4")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    name = f"signed-{uuid.uuid4().hex[:8]}"
    body = json.dumps({"StreamName": name, "ShardCount": 1}).encode()
    assert _url(url, "PUT", body, **{"X-Amz-Target": "Kinesis_20131202.CreateStream"})[0] == 403
    assert name not in stage.client("kinesis").list_streams()["StreamNames"]


def test_an_access_key_of_iam_signs_until_it_is_taken_back(stage: RunningStage) -> None:
    iam, name = stage.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    pair = (key["AccessKeyId"], key["SecretAccessKey"])
    for service, call in CALLS.items():
        call(client(stage, service, pair))
        assert error(lambda: call(client(stage, service, (pair[0], "guess")))) == WRONG[service]  # noqa: B023
    iam.update_access_key(UserName=name, AccessKeyId=pair[0], Status="Inactive")
    assert error(lambda: client(stage, "kinesis", pair).list_streams()) == UNKNOWN["kinesis"]
    iam.delete_access_key(UserName=name, AccessKeyId=pair[0])
    assert error(lambda: client(stage, "kinesis", pair).list_streams()) == UNKNOWN["kinesis"]


def test_temporary_credentials_sign_with_their_token_and_not_without(stage: RunningStage, bucket: str) -> None:
    role = stage.client("iam").create_role(
        RoleName=f"role-{uuid.uuid4().hex[:8]}",
        AssumeRolePolicyDocument=json.dumps(
            {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
        ),
    )["Role"]["Arn"]
    given = stage.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    pair = (given["AccessKeyId"], given["SecretAccessKey"])
    client(stage, "kinesis", pair, given["SessionToken"]).list_streams()
    url = client(stage, "s3", pair, given["SessionToken"], signature_version="s3v4").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "a key (1) ü+&.txt"}
    )
    assert _url(url) == (200, b"kept")
    assert error(lambda: client(stage, "kinesis", pair).list_streams())[0] == 400
    assert error(lambda: client(stage, "kinesis", pair, "another").list_streams())[0] == 400


def test_an_object_is_public_when_the_buckets_policy_says_so(stage: RunningStage, bucket: str) -> None:
    s3 = stage.client("s3")
    s3.put_object(Bucket=bucket, Key="public/page", Body=b"for all")
    address = f"{stage.endpoint_url}/{bucket}/public/page"
    assert _url(address)[0] == 403
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/public/*",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert _url(address) == (200, b"for all")
    assert _url(f"{stage.endpoint_url}/{bucket}/a%20key%20(1)%20%C3%BC%2B%26.txt")[0] == 403
    for method in ("PUT", "DELETE"):
        assert _url(address, method, b"" if method == "PUT" else None)[0] == 403
    block = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert _url(address)[0] == 403


def _upload(url: str, fields: Mapping[str, str], content: bytes) -> tuple[int, bytes]:
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()]
    head = '--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    body = "".join([*parts, head]).encode() + content + b"\r\n--x--\r\n"
    return _url(url, "POST", body, **{"Content-Type": "multipart/form-data; boundary=x"})


@pytest.mark.parametrize("version", [None, "s3v4"])
def test_a_form_uploads_when_its_policy_is_signed(stage: RunningStage, bucket: str, version: str | None) -> None:
    s3 = client(stage, "s3", ("local", "local"), **({"signature_version": version} if version else {}))
    form = s3.generate_presigned_post(bucket, "formed")
    assert _upload(form["url"], form["fields"], b"1")[0] == 204
    name = "x-amz-signature" if version else "signature"
    assert _upload(form["url"], {**form["fields"], name: "0" * 64}, b"2")[0] == 403
    assert _upload(form["url"], {"key": "formed"}, b"3")[0] == 403
    assert _upload(form["url"], {**form["fields"], "key": "elsewhere"}, b"4")[0] == 403
    assert s3.get_object(Bucket=bucket, Key="formed")["Body"].read() == b"1"


def test_awscli_signs_as_boto3_does(stage: RunningStage, bucket: str) -> None:
    for environment, status in (({}, 0), ({"AWS_SECRET_ACCESS_KEY": "guess"}, 254)):
        listed = subprocess.run(
            [sys.executable, "-m", "awscli", "s3api", "list-objects-v2", "--bucket", bucket],
            env={**stage.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert listed.returncode in ((status,) if status == 0 else (254, 255)), listed.stderr


def test_other_pairs_can_be_named_and_are_kept_from_the_log(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage(AWS_STAGE_ACCESS_KEYS="AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG, mine:own")
    client(stage, "kinesis", ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG")).list_streams()
    client(stage, "sns", ("mine", "own")).list_topics()
    client(stage, "sns", ("local", "local")).list_topics()
    assert error(lambda: client(stage, "kinesis", ("mine", "guess")).list_streams()) == WRONG["kinesis"]
    assert "wJalrXUtnFEMI" not in (stage.data_dir / "stage.log").read_text()
