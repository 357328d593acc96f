"""Putting an object that must not be there yet: of all who try, one succeeds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def put_if_absent(client: S3Client, bucket: str, key: str, body: bytes) -> bool:
    """Put an object unless there is one; True when the object that is there now is ours.

    The header is added by hand, since the boto3 of older Glue images has no parameter for it.
    """
    this_thread = threading.get_ident()

    def only_if_absent(params: dict[str, Any], **_: Any) -> None:
        if threading.get_ident() == this_thread:
            params["headers"]["If-None-Match"] = "*"

    events = client.meta.events
    events.register("before-call.s3.PutObject", only_if_absent, unique_id=f"only-if-absent-{this_thread}")
    try:
        client.put_object(Bucket=bucket, Key=key, Body=body)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 409:  # two such puts at once, and neither has won yet
            return put_if_absent(client, bucket, key, body)
        if status != 412:
            raise
        # A put whose answer was lost is tried again by boto3, and then meets its own object.
        there: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return there == body
    finally:
        events.unregister("before-call.s3.PutObject", unique_id=f"only-if-absent-{this_thread}")
    return True
