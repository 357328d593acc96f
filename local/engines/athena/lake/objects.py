"""S3 objects: listing those that a query may read, and reading parts of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from local.engines.athena.api.locations import Location
from local.engines.athena.dialect import QueryError


@dataclass(frozen=True)
class S3Object:
    """One object: where it lies, its size in bytes, its entity tag and when it was written."""

    location: Location
    size: int
    etag: str
    modified: datetime


class ObjectStore:
    """Reads and writes S3 for queries; every failure comes out as the QueryError that Athena would give."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def data(self, folder: Location) -> Iterator[S3Object]:
        """The data objects below ``folder``, in key order."""
        for found in self.everything(folder):
            if is_data(found, str(folder.folder)):
                yield found

    def everything(self, folder: Location) -> Iterator[S3Object]:
        """Every object below ``folder``, in key order."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=folder.bucket, Prefix=folder.folder.key)
        try:
            for page in pages:
                for item in page.get("Contents", ()):
                    location = Location(folder.bucket, item["Key"])
                    yield S3Object(location, item["Size"], item["ETag"], item["LastModified"])
        except ClientError as error:
            raise _refused(error, folder) from error

    def is_empty(self, folder: Location) -> bool:
        """Whether there is no object below ``folder``, of any name."""
        try:
            answer = self._s3.list_objects_v2(Bucket=folder.bucket, Prefix=folder.folder.key, MaxKeys=1)
        except ClientError as error:
            raise _refused(error, folder) from error
        return not answer.get("KeyCount")

    def read(self, found: S3Object, start: int, length: int) -> bytes:
        """``length`` bytes from ``start``; fails when the object is no longer the one that was listed."""
        if length <= 0:
            return b""
        location = found.location
        try:
            answer = self._s3.get_object(
                Bucket=location.bucket,
                Key=location.key,
                Range=f"bytes={start}-{start + length - 1}",
                IfMatch=found.etag,
            )
            body: bytes = answer["Body"].read()
        except ClientError as error:
            raise _refused(error, location) from error
        return body

    def write(
        self, location: Location, body: Any, content_type: str = "application/octet-stream", **options: Any
    ) -> None:
        """Put an object whole; ``body`` is bytes or a binary file."""
        try:
            self._s3.put_object(
                Bucket=location.bucket, Key=location.key, Body=body, ContentType=content_type, **options
            )
        except ClientError as error:
            raise _refused(error, location) from error

    def delete(self, locations: Sequence[Location]) -> None:
        """Delete objects of one bucket."""
        for start in range(0, len(locations), 1000):
            batch = locations[start : start + 1000]
            self._s3.delete_objects(
                Bucket=batch[0].bucket, Delete={"Objects": [{"Key": location.key} for location in batch], "Quiet": True}
            )


def is_data(found: S3Object, folder: str) -> bool:
    """Whether Athena reads this object: not when it is empty or a name below ``folder`` starts with ``_`` or ``.``."""
    inner = str(found.location)[len(folder) :]
    return found.size > 0 and not any(part.startswith(("_", ".")) for part in inner.split("/"))


def _refused(error: ClientError, location: Location) -> QueryError:
    code = error.response["Error"]["Code"]
    if code == "PreconditionFailed":
        return QueryError("HIVE_CANNOT_OPEN_SPLIT", f"{location} was changed while the query ran. Run the query again.")
    reason = error.response["Error"].get("Message", "")
    return QueryError("HIVE_FILESYSTEM_ERROR", f"{location}: {code}: {reason}")
