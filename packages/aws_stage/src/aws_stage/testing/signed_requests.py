"""Requests that a test writes itself, signed as a client signs them."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from aws_stage.testing import REGION


def signed_headers(
    method: str,
    url: str,
    service: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    pair: tuple[str, str] = ("test", "test"),
    token: str | None = None,
) -> dict[str, str]:
    """``headers`` and what a signature adds to them."""
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials(*pair, token), service, REGION).add_auth(request)
    return dict(request.headers.items())
