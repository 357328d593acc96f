"""Website hosting of S3 buckets, by their Host names: what S3's website endpoints do on AWS.

A bucket with a website configuration is served at ``<bucket>.s3-website.localhost:<port>``. Its objects answer with
their own content type and cache control, with the security headers that a site has behind CloudFront, and to a page of
another origin with what the bucket's CORS configuration allows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.gateway.asgi import Scope
from aws_stage.gateway.guard.cors import headers_of
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
    """Serves the websites of the stage's own S3. ``client`` makes the stage's own clients; calls block: not from the
    event loop.
    """

    def __init__(self, client: Callable[[str], Any], port: int) -> None:
        self._client = client
        self._port = port

    def listed(self) -> Answer:
        """The addresses of everything that pages are served from, as JSON."""
        return json_answer({"websites": self.addresses()}, b"application/json")

    def answer(self, bucket: str, scope: Scope) -> Answer:
        """The answer to a GET or HEAD at the bucket's website endpoint."""
        if scope["method"] not in ("GET", "HEAD"):
            return _text(405, "405 Method Not Allowed", [(b"allow", b"GET, HEAD")])
        s3, key = self._client("s3"), scope["path"].removeprefix("/")
        try:
            index = s3.get_bucket_website(Bucket=bucket)["IndexDocument"]["Suffix"]
        except ClientError:
            return _text(404, f"404 Not Found\nThere is no website {bucket}.", [])
        key = key + index if not key or key.endswith("/") else key
        try:
            found = s3.get_object(Bucket=bucket, Key=key)
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
        """Where each website and each enabled distribution of the stage is."""
        names = (bucket["Name"] for bucket in self._client("s3").list_buckets()["Buckets"])
        hosts = [f"{name}.s3-website.localhost:{self._port}" for name in names if self._is_website(name)]
        pages = self._client("cloudfront").get_paginator("list_distributions").paginate()
        found = [item for page in pages for item in page["DistributionList"].get("Items", [])]
        return [f"http://{host}/" for host in [*hosts, *(each["DomainName"] for each in found if each["Enabled"])]]

    def _is_website(self, bucket: str) -> bool:
        try:
            self._client("s3").get_bucket_website(Bucket=bucket)
        except ClientError:
            return False
        return True


def _text(status: int, text: str, headers: Headers) -> Answer:
    return status, [(b"content-type", b"text/plain; charset=utf-8"), *_ALWAYS, *headers], text.encode()
