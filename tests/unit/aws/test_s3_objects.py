"""Objects that are staged are copied, listed and deleted; what S3 did not do is an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from datastreamer.aws.s3_location import S3Location
from datastreamer.aws.s3_objects import copy_unless_gone, delete_all, objects_below
from datastreamer.errors import RetryableError

BUCKET = "staged-objects"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


class _Deletions:
    """A client whose DeleteObjects keeps the objects in ``kept``."""

    def __init__(self, *kept: str) -> None:
        self.kept = kept
        self.requests: list[list[str]] = []

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803  boto3's names
        assert Bucket == BUCKET
        keys = [each["Key"] for each in Delete["Objects"]]
        self.requests.append(keys)
        errors = [{"Key": key, "Code": "AccessDenied", "Message": "Access Denied"} for key in keys if key in self.kept]
        return {"Errors": errors} if errors else {}


def test_an_object_that_s3_did_not_delete_is_an_error_though_the_call_succeeded() -> None:
    client: Any = _Deletions("b")
    with pytest.raises(RetryableError, match="s3://staged-objects/b could not be deleted: Access Denied"):
        delete_all(client, BUCKET, ["c", "a", "b"])


def test_more_objects_than_one_call_takes_are_deleted_by_several() -> None:
    client: Any = _Deletions()
    keys = [f"{number:04d}" for number in range(2_500)]
    delete_all(client, BUCKET, keys)
    assert [len(request) for request in client.requests] == [1_000, 1_000, 500]
    assert [key for request in client.requests for key in request] == keys


def test_objects_are_listed_across_pages_behind_a_key(s3: Any) -> None:
    for number in range(1_005):
        s3.put_object(Bucket=BUCKET, Key=f"in/{number:04d}", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="other", Body=b"")
    listed = [item["Key"] for item in objects_below(s3, S3Location(BUCKET, "in/"), "in/0001")]
    assert listed == [f"in/{number:04d}" for number in range(2, 1_005)]


def test_an_object_that_another_run_has_copied_and_deleted_needs_no_copy(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="staged", Body=b"1")
    copy_unless_gone(s3, f"s3://{BUCKET}/staged", f"s3://{BUCKET}/published")
    copy_unless_gone(s3, f"s3://{BUCKET}/gone", f"s3://{BUCKET}/elsewhere")
    assert [item["Key"] for item in objects_below(s3, S3Location(BUCKET, ""))] == ["published", "staged"]


def test_a_copy_that_is_refused_for_another_reason_is_an_error(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="staged", Body=b"1")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        copy_unless_gone(s3, f"s3://{BUCKET}/staged", "s3://no-such-bucket/published")
