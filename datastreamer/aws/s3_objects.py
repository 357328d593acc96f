"""Objects of S3, as several jobs and audits list, copy and delete them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_missing_object
from datastreamer.aws.s3_location import S3Location, bucket_and_key
from datastreamer.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

MOST_KEYS: Final = 1_000
"""Of one DeleteObjects (API reference)."""


def objects_below(client: S3Client, folder: S3Location, start_after: str = "") -> Iterator[ObjectTypeDef]:
    """What ListObjectsV2 says of each object below ``folder``, behind the key ``start_after``, in the keys' order."""
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=folder.bucket, Prefix=folder.prefix, StartAfter=start_after or folder.prefix
    )
    for page in pages:
        yield from page.get("Contents", [])


def queried_files(client: S3Client, table: S3Location) -> Iterator[tuple[str, int]]:
    """URI and size [bytes] of each file that a query of a table reads: none whose name begins with _ or a dot."""
    for item in objects_below(client, table):
        name = item["Key"].rpartition("/")[2]
        if name and name[0] not in "_.":
            yield f"s3://{table.bucket}/{item['Key']}", item["Size"]


def copy_unless_gone(client: S3Client, source: str, target: str) -> None:
    """Copy an object from URI to URI. One that has gone meanwhile was copied and deleted by another run."""
    from_bucket, from_key = bucket_and_key(source)
    bucket, key = bucket_and_key(target)
    try:
        client.copy_object(CopySource={"Bucket": from_bucket, "Key": from_key}, Bucket=bucket, Key=key)
    except ClientError as error:
        if not is_missing_object(error):
            raise


def delete_all(client: S3Client, bucket: str, keys: Iterable[str]) -> None:
    """Delete objects, which need not be there. Raises RetryableError naming the first that S3 did not delete."""
    pending = sorted(keys)
    for first in range(0, len(pending), MOST_KEYS):
        answer = client.delete_objects(
            Bucket=bucket,
            Delete={"Objects": [{"Key": key} for key in pending[first : first + MOST_KEYS]], "Quiet": True},
        )
        # The call succeeds though objects were kept: each of them is an error in its answer.
        if errors := answer.get("Errors"):
            raise RetryableError(f"s3://{bucket}/{errors[0]['Key']} could not be deleted: {errors[0]['Message']}")
