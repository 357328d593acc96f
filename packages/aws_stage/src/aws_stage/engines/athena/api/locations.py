"""S3 locations: reading ``s3://bucket/key`` texts."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LOCATION = re.compile(r"s3[an]?://(?P<bucket>[^/]+)(?:/(?P<key>.*))?", re.DOTALL)


@dataclass(frozen=True)
class Location:
    """A bucket and a key or key prefix in it."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Location:
        """Read ``s3://bucket/key``; raises ValueError for anything else."""
        match = _LOCATION.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not an S3 location (s3://bucket/prefix/)")
        return cls(match["bucket"], match["key"] or "")

    @property
    def folder(self) -> Location:
        """The same place with a closing slash, so that ``a/b`` does not also mean ``a/bc``."""
        return Location(self.bucket, self.key if not self.key or self.key.endswith("/") else f"{self.key}/")

    def child(self, name: str) -> Location:
        """``name`` inside this folder."""
        return Location(self.bucket, self.folder.key + name)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"
