"""S3 objects: listing those that a query may read, and reading parts of them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, cast

from botocore.exceptions import ClientError
from trino_on_duckdb import QueryError

from aws_stage.engines.athena.api.locations import Location


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

    @contextmanager
    def stream(self, found: S3Object) -> Iterator[BinaryIO]:
        """An object's bytes from first to last."""
        location = found.location
        try:
            answer = self._s3.get_object(Bucket=location.bucket, Key=location.key, IfMatch=found.etag)
        except ClientError as error:
            raise _refused(error, location) from error
        with answer["Body"] as body:
            yield cast("BinaryIO", io.BufferedReader(_Body(body)))

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


class _Body(io.RawIOBase):
    """A response body that stays readable (and empty) after its end, as Python's decoders expect of a file."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._body.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


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
