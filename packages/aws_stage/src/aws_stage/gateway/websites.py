"""Website hosting of S3 buckets, at a plain address: what CloudFront or S3's website endpoint does on AWS.

A bucket with a website configuration is served at ``/_aws_stage/websites/<bucket>/``. Its objects answer with their
own content type and cache control, with the security headers that a site has behind CloudFront, and to a page of
another origin with what the bucket's CORS configuration allows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from botocore.exceptions import ClientError

from aws_stage.gateway.asgi import Scope
from aws_stage.gateway.guard.cors import headers_of
from aws_stage.gateway.own_paths import WEBSITES_PATH
from aws_stage.gateway.protocol import json_answer
from aws_stage.gateway.wire import Answer, Headers

_ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
]


class Websites:
    """Serves the websites of the stage's own S3. Calls block: not from the event loop."""

    def __init__(self, s3: Callable[[], Any], origin: str) -> None:
        self._s3 = s3
        self._origin = origin

    def answer(self, scope: Scope) -> Answer:
        """The answer to a GET or HEAD below ``WEBSITES_PATH``."""
        if scope["method"] not in ("GET", "HEAD"):
            return _text(405, "405 Method Not Allowed", [(b"allow", b"GET, HEAD")])
        path = scope["path"].removeprefix(WEBSITES_PATH)
        if not path:
            return json_answer({"websites": self.addresses()}, b"application/json")
        bucket, slash, key = path.partition("/")
        if not slash:
            return 301, [(b"location", f"{WEBSITES_PATH}{quote(bucket)}/".encode())], b""
        try:
            index = self._s3().get_bucket_website(Bucket=unquote(bucket))["IndexDocument"]["Suffix"]
        except ClientError:
            return _text(404, f"404 Not Found\nThere is no website {bucket}.", [])
        key = key + index if not key or key.endswith("/") else key
        try:
            found = self._s3().get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            return _text(404, f"404 Not Found\n{key}: {error.response['Error']['Code']}", [])
        headers = [
            (b"content-type", found["ContentType"].encode()),
            (b"etag", found["ETag"].encode()),
            (b"cache-control", found.get("CacheControl", "no-cache").encode()),
            # A page brings the rest of its policy itself; this one browsers take from a header only.
            (b"content-security-policy", b"frame-ancestors 'none'"),
            *_ALWAYS,
        ]
        origin = next((value for name, value in scope["headers"] if name == b"origin"), None)
        if origin is not None:
            headers += headers_of(bucket, scope["method"], origin.decode("latin-1"))
        content: bytes = found["Body"].read()
        return 200, headers, content if scope["method"] == "GET" else b""

    def addresses(self) -> list[str]:
        """Where each website of the stage is."""
        names = (bucket["Name"] for bucket in self._s3().list_buckets()["Buckets"])
        return [f"{self._origin}{WEBSITES_PATH}{name}/" for name in names if self._is_website(name)]

    def _is_website(self, bucket: str) -> bool:
        try:
            self._s3().get_bucket_website(Bucket=bucket)
        except ClientError:
            return False
        return True


def _text(status: int, text: str, headers: Headers) -> Answer:
    return status, [(b"content-type", b"text/plain; charset=utf-8"), *_ALWAYS, *headers], text.encode()
