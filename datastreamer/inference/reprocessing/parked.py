"""What lies in a bucket of failures: single records that the function parked, and whole batches that Lambda did.

- ``failures/...``: one record, ``{"reason", "detail", "parked_at", "function", "record"}``.
- ``aws/lambda/...``: a batch that the event source mapping gave up, Lambda's invocation record with the whole event in
  ``payload`` ("Retain discarded batch records for a Kinesis Data Streams event source in Lambda").
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_missing, is_missing_object
from datastreamer.errors import ConfigurationError, InvalidRecordError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SINGLE_RECORDS: Final = "failures/"
WHOLE_BATCHES: Final = "aws/lambda/"
REPLAYED: Final = "replayed/"
READ_AHEAD: Final = 16
"""How many objects are read at a time: a batch may have 6 MB."""
UNREADABLE: Final = "unreadable_object"

EventRecord = Mapping[str, Any]


@dataclass(frozen=True)
class Parked:
    """A parked object: its key and the Kinesis event records it keeps, or in ``fault`` why they cannot be read."""

    key: str
    records: tuple[EventRecord, ...]
    fault: str | None = None


@dataclass(frozen=True)
class FailureBucket:
    """A bucket of failures; ``page`` is how many keys a listing has (S3 gives 1,000 at most)."""

    s3: S3Client
    name: str
    page: int = 1000

    def parked(self, executor: Executor) -> Iterator[Parked]:
        """Every parked object, read as it is asked for; raises ConfigurationError when there is no such bucket."""
        keys = self._keys()
        while some := list(islice(keys, READ_AHEAD)):
            for parked in executor.map(self._read, some):
                if parked is not None:
                    yield parked

    def move(self, key: str) -> str | None:
        """Put an object away under ``replayed/``; its new key, None when another replay has moved it before.

        An interruption leaves a copy at worst, and the next replay moves the object again.
        """
        target = REPLAYED + key
        try:
            self.s3.copy_object(Bucket=self.name, Key=target, CopySource={"Bucket": self.name, "Key": key})
        except ClientError as error:
            if is_missing_object(error):
                return None
            raise
        self.s3.delete_object(Bucket=self.name, Key=key)
        return target

    def _keys(self) -> Iterator[str]:
        pages = self.s3.get_paginator("list_objects_v2")
        for prefix in (SINGLE_RECORDS, WHOLE_BATCHES):
            try:
                for page in pages.paginate(Bucket=self.name, Prefix=prefix, PaginationConfig={"PageSize": self.page}):
                    yield from (entry["Key"] for entry in page.get("Contents", []) if not entry["Key"].endswith("/"))
            except ClientError as error:
                if is_missing(error):
                    raise ConfigurationError(
                        f"there is no bucket {self.name}. Is the stack deployed? Name another stack or bucket"
                    ) from error
                raise

    def _read(self, key: str) -> Parked | None:
        try:
            content = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        except ClientError as error:
            if is_missing_object(error):
                return None
            raise
        try:
            return Parked(key, event_records(key, content))
        except InvalidRecordError as error:
            return Parked(key, (), error.detail)


def event_records(key: str, content: bytes) -> tuple[EventRecord, ...]:
    """The event records in the parked object of that key; raises InvalidRecordError when it holds none."""
    try:
        document = json.loads(content)
        if key.startswith(WHOLE_BATCHES):
            payload = document["payload"]
            records = (json.loads(payload) if isinstance(payload, str) else payload)["Records"]
        else:
            records = [document["record"]]
        if not records:
            raise InvalidRecordError(UNREADABLE, "it holds no record")
        for record in records:
            if not isinstance(record["eventID"], str) or not isinstance(record["kinesis"]["data"], str):
                raise InvalidRecordError(UNREADABLE, "a record of it is none of Kinesis")
    except KeyError as error:
        raise InvalidRecordError(UNREADABLE, f"it has no {error}; it is none of a record or batch parked") from error
    except (ValueError, TypeError) as error:
        raise InvalidRecordError(UNREADABLE, f"it is not what a function or Lambda parks: {error}") from error
    return tuple(records)
