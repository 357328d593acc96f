"""Bringing back batches that Lambda gave up, of trips that waited until the stream was about to forget them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from datastreamer.aws.s3_location import S3Location
from datastreamer.aws.s3_objects import objects_below
from datastreamer.errors import ConfigurationError, JobFailedError
from datastreamer.taxi.names import Names

UNDELIVERED: Final = "aws/lambda/"
"""Where Lambda puts batches that it gives up, each with its records (docs.aws.amazon.com/lambda/latest/dg/
kinesis-on-failure-destination.html)."""

NewClient = Callable[[str], Any]


@dataclass(frozen=True)
class Replayed:
    """How many ``batches`` of how many ``records`` were scored, or parked, now; ``left`` are those that still wait."""

    batches: int = 0
    records: int = 0
    left: int = 0


def records_of(content: bytes) -> list[Any]:
    """The event records in the object of a batch; raises ConfigurationError for what is not one."""
    try:
        payload = json.loads(content)["payload"]
        records: list[Any] = (json.loads(payload) if isinstance(payload, str) else payload)["Records"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"an object below {UNDELIVERED} is not a batch that Lambda gave up: {error}"
        ) from error
    return records


def replay(names: Names, client: NewClient, report: Callable[[str], None] = lambda _state: None) -> Replayed:
    """Give every such batch to the scoring function again, the oldest first, and delete those that it took.

    A batch of which a trip still waits stays as it is: what was scored of it is a copy next time. Raises JobFailedError
    when the function itself fails.
    """
    s3, functions = client("s3"), client("lambda")
    batches = records = left = 0
    found = sorted(objects_below(s3, S3Location(names.raw_bucket, UNDELIVERED)), key=lambda item: item["LastModified"])
    for number, item in enumerate(found, 1):
        report(f"batch {number:,} of {len(found):,}")
        batch = records_of(s3.get_object(Bucket=names.raw_bucket, Key=item["Key"])["Body"].read())
        answer = functions.invoke(FunctionName=names.function("score"), Payload=json.dumps({"Records": batch}).encode())
        told = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise JobFailedError(f"{names.function('score')} failed: {told.get('errorMessage', told)}")
        if told["batchItemFailures"]:
            left += 1
            continue
        s3.delete_object(Bucket=names.raw_bucket, Key=item["Key"])
        batches, records = batches + 1, records + len(batch)
    return Replayed(batches, records, left)
