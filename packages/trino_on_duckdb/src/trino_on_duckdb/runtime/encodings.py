"""Bytes: hashes and encodings that DuckDB lacks."""

from __future__ import annotations

import hashlib
import hmac
import zlib


def crc32(data: bytes) -> int:
    return zlib.crc32(data)


def sha512(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()


def keyed_hash(data: bytes, key: bytes, name: str) -> bytes:
    """HMAC with ``md5``, ``sha1``, ``sha256`` or ``sha512``."""
    return hmac.new(key, data, name).digest()


def from_utf8(data: bytes) -> str:
    """Invalid sequences become U+FFFD."""
    return data.decode("utf-8", "replace")
