"""A place in S3: a folder as ``s3://bucket/prefix/``, an object as ``s3://bucket/key``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from datastreamer.errors import ConfigurationError

_URI = re.compile(r"s3[an]?://([^/]+)/?(.*)", re.DOTALL)


@dataclass(frozen=True)
class S3Location:
    """A folder: ``prefix`` is empty or ends in ``/``."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, uri: str) -> S3Location:
        """Raises ConfigurationError when ``uri`` is no S3 address."""
        match = _URI.fullmatch(uri)
        if match is None:
            raise ConfigurationError(f"expected an address such as s3://bucket/folder/, found {uri!r}")
        prefix = match[2].strip("/")
        return cls(match[1], f"{prefix}/" if prefix else "")

    @property
    def uri(self) -> str:
        """``s3://bucket/prefix/``."""
        return f"s3://{self.bucket}/{self.prefix}"

    def key(self, name: str) -> str:
        """The object key of ``name`` in this folder."""
        return self.prefix + name

    def folder(self, name: str) -> S3Location:
        """A folder in this one."""
        return S3Location(self.bucket, f"{self.prefix}{name.strip('/')}/")


def bucket_and_key(uri: str) -> tuple[str, str]:
    """The bucket and the key of an object's ``uri``, ``s3://bucket/key``."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
