"""S3 on the stage: conditions under concurrency, ranges, encryption by default."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.testing import REGION, RunningStage
from botocore.exceptions import ClientError


@pytest.fixture
def s3(stage: RunningStage) -> Any:
    return stage.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"bucket-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def _status(call: Callable[[], Any]) -> int:
    try:
        status: int = call()["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    return status


def _at_once(count: int, work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_many_who_create_a_key_at_once_exactly_one_succeeds(stage: RunningStage, s3: Any, bucket: str) -> None:
    statuses: list[int] = []
    clients = [stage.client("s3") for _ in range(8)]

    def create(number: int) -> None:
        put = {"Bucket": bucket, "Key": "lock", "Body": b"%d" % number, "IfNoneMatch": "*"}
        statuses.append(_status(lambda: clients[number].put_object(**put)))

    _at_once(8, create)
    assert sorted(statuses) == [200, *[412] * 7]
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1


def test_no_update_is_lost_among_those_who_replace_what_they_read(stage: RunningStage, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="count", Body=b"0")
    clients = [stage.client("s3") for _ in range(4)]

    def count(number: int) -> None:
        client, done = clients[number], 0
        while done < 5:
            found = client.get_object(Bucket=bucket, Key="count")
            body = b"%d" % (int(found["Body"].read()) + 1)
            put = {"Bucket": bucket, "Key": "count", "Body": body, "IfMatch": found["ETag"]}
            done += _status(lambda: client.put_object(**put)) == 200  # noqa: B023  called at once

    _at_once(4, count)
    assert s3.get_object(Bucket=bucket, Key="count")["Body"].read() == b"20"


def test_conditions_hold_for_every_way_to_write(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    s3.put_object(Bucket=bucket, Key="source", Body=b"2")
    there = {"Bucket": bucket, "Key": "k"}
    upload = s3.create_multipart_upload(**there)["UploadId"]
    part = s3.upload_part(**there, UploadId=upload, PartNumber=1, Body=b"3")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    source = {"Bucket": bucket, "Key": "source"}
    assert [
        _status(lambda: s3.put_object(**there, Body=b"x", IfMatch='"0"')),
        _status(lambda: s3.put_object(Bucket=bucket, Key="absent", Body=b"x", IfMatch='"0"')),
        _status(lambda: s3.delete_object(**there, IfMatch='"0"')),
        _status(lambda: s3.copy_object(**there, CopySource=source, IfNoneMatch="*")),
        _status(lambda: s3.complete_multipart_upload(**there, UploadId=upload, MultipartUpload=parts, IfNoneMatch="*")),
    ] == [412, 404, 412, 412, 412]
    assert s3.get_object(**there)["Body"].read() == b"1"
    s3.delete_object(**there)
    assert _status(lambda: s3.put_object(**there, Body=b"after", IfNoneMatch="*")) == 200


def test_a_range_of_a_large_object_is_those_bytes(s3: Any, bucket: str) -> None:
    body = os.urandom(1_000_000)
    s3.put_object(Bucket=bucket, Key="large", Body=body)
    for header, part in (
        ("bytes=0-9", body[:10]),
        ("bytes=500000-699999", body[500_000:700_000]),
        ("bytes=999990-", body[-10:]),
        ("bytes=-5", body[-5:]),
    ):
        answer = s3.get_object(Bucket=bucket, Key="large", Range=header)
        assert answer["Body"].read() == part
        assert answer["ContentRange"].endswith("/1000000")
    assert _status(lambda: s3.get_object(Bucket=bucket, Key="large", Range="bytes=1000000-")) == 416


def test_kms_encryption_without_a_key_is_by_the_key_that_aws_manages(stage: RunningStage, s3: Any, bucket: str) -> None:
    key = stage.client("kms").describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert key["KeyManager"] == "AWS"
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    assert put["SSEKMSKeyId"] == key["Arn"]
    assert s3.head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"] == key["Arn"]


def test_a_write_that_the_disk_refuses_is_an_error(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    s3 = stage.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="bucket", Key="k", Body=b"1")
    # A folder where the file should be put aside: as good as a disk that refuses, for root too.
    (stage.data_dir / "state" / "s3" / "000000000000" / "bucket" / "k.tmp").mkdir()
    assert _status(lambda: s3.put_object(Bucket="bucket", Key="k", Body=b"2")) == 500


def test_listings_of_versions_and_uploads_encode_keys_when_asked(s3: Any, bucket: str) -> None:
    key, encoded = "a/b +%20&<é>", "a/b%20%2B%2520%26%3C%C3%A9%3E"
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.create_multipart_upload(Bucket=bucket, Key=key)
    for listing, entries in ((s3.list_object_versions, "Versions"), (s3.list_multipart_uploads, "Uploads")):
        asked = listing(Bucket=bucket, EncodingType="url", Prefix="a/b +")
        assert (asked["EncodingType"], asked["Prefix"]) == ("url", "a/b%20%2B")
        assert [found["Key"] for found in asked[entries]] == [encoded]
    assert [found["Key"] for found in s3.list_object_versions(Bucket=bucket)["Versions"]] == [key], "decoded by boto3"
