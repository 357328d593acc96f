"""The objects below an S3 address, and the parts of them that a crawler reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws_stage.engines.glue_crawler.glob import excluded


@dataclass(frozen=True)
class Location:
    """``s3://bucket/prefix``; the prefix is empty or ends with a slash when it is a folder."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, address: str) -> Location:
        """Raises ValueError when the address is not S3's."""
        scheme, _, rest = address.partition("://")
        bucket, _, prefix = rest.partition("/")
        if scheme not in {"s3", "s3a", "s3n"} or not bucket:
            raise ValueError(f"{address!r} is not an S3 path: write s3://bucket/folder/")
        return cls(bucket, prefix)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True)
class StoredObject:
    """One object: ``key``, ``size`` in bytes, ``etag``."""

    key: str
    size: int
    etag: str

    @property
    def folder(self) -> str:
        """The key up to its last slash, that slash included."""
        return self.key[: self.key.rfind("/") + 1]


class Bucket:
    """Reads of one bucket."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def objects(self, prefix: str, exclusions: list[str]) -> Iterator[StoredObject]:
        """Every object with data below ``prefix``, in order of key; hidden ones (``_x``, ``.x``) are left out.

        ``prefix`` without its final slash is a folder or one object, and never the start of a longer name.
        """
        root = prefix if not prefix or prefix.endswith("/") else prefix + "/"
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        for page in pages:
            for item in page.get("Contents", ()):
                key = item["Key"]
                relative = key.removeprefix(root) if key.startswith(root) else key.rpartition("/")[2]
                if not (key.startswith(root) or key == prefix) or item["Size"] == 0 or _is_hidden(relative):
                    continue
                if not excluded(relative, exclusions):
                    yield StoredObject(key, item["Size"], item["ETag"])

    def head(self, key: str, length: int) -> bytes:
        """The first ``length`` bytes, or all of a smaller object."""
        return self._range(key, f"bytes=0-{length - 1}")

    def tail(self, key: str, length: int) -> bytes:
        """The last ``length`` bytes, or all of a smaller object."""
        return self._range(key, f"bytes=-{length}")

    def _range(self, key: str, wanted: str) -> bytes:
        data: bytes = self._client.get_object(Bucket=self.name, Key=key, Range=wanted)["Body"].read()
        return data


def _is_hidden(relative: str) -> bool:
    return relative.endswith("_$folder$") or any(part[:1] in {"_", "."} for part in relative.split("/"))
