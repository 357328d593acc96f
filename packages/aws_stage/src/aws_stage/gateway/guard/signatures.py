"""Checks a request's signature: Signature Version 4 in its header or its query (a presigned URL), and S3's version 2.

The mathematics is ministack's (``core.sigv4``, written to verify as this does, chunks of a stream included) and, for
version 2, botocore's. docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from aws_stage.gateway.guard.credentials import Credentials, Failure, same
from aws_stage.gateway.guard.request import Request
from aws_stage.gateway.guard.signature_v2 import V2, signature_v2

ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST_PRESIGNED_SECONDS = 7 * 24 * 3600
"""docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""

_DATE = re.compile(r"\d{8}T\d{6}Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BODY_HASH = "x-amz-content-sha256"
_UNSIGNED = ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
"""What S3 alone takes in place of a body's hash."""


class Signatures:
    """Judges signatures by ``credentials`` and by the time, an aware ``datetime``, that ``now`` tells."""

    def __init__(self, credentials: Credentials, now: Callable[[], datetime]) -> None:
        self._credentials = credentials
        self._now = now

    @staticmethod
    def attempted(request: Request) -> bool:
        """Whether the request claims to be signed."""
        return bool(
            request.headers.get("authorization")
            or "X-Amz-Algorithm" in request.query_string
            or "AWSAccessKeyId" in request.query_string
        )

    @staticmethod
    def is_version_4(request: Request) -> bool:
        """Whether the request claims to bear a signature of version 4, in its header or its query."""
        authorization = request.headers.get("authorization", "")
        return authorization.startswith(ALGORITHM) or (not authorization and "X-Amz-Algorithm" in request.query_string)

    @staticmethod
    def covers_body(request: Request) -> bool:
        """Whether the body is needed to check the signature. That of a presigned S3 URL leaves it out."""
        if "authorization" in request.headers:
            return request.address.service != "s3" or request.headers.get(_BODY_HASH, "") not in _UNSIGNED
        scope = (request.query_value("X-Amz-Credential") or "").split("/")
        return len(scope) == 5 and scope[3] != "s3"

    def failure(self, request: Request, body: bytes) -> Failure | None:
        """What is wrong with the signature; ``body`` may be empty where ``covers_body`` says no."""
        authorization = request.headers.get("authorization", "")
        if authorization.startswith(f"{ALGORITHM} "):
            return self._header(request, body)
        if authorization and not authorization.startswith("AWS "):
            return Failure("UnsupportedSignature", f"The local stage checks {ALGORITHM} and no other signatures.")
        if not authorization and request.query_value("X-Amz-Algorithm") is not None:
            return self._presigned(request, body)
        return self._version_2(request)

    def _header(self, request: Request, body: bytes) -> Failure | None:
        from ministack.core.sigv4 import parse_header_signature, request_time_failure

        signature = parse_header_signature(request.headers)
        if isinstance(signature, tuple):
            return Failure(*signature)
        if not _DATE.fullmatch(signature.amz_date):
            return Failure("IncompleteSignature", f"Date must be in ISO-8601 'basic format'. Got {signature.amz_date}.")
        skewed = request_time_failure(signature, now=self._now())
        if skewed is not None:
            return Failure(*skewed)
        secret = self._credentials.secret_of(signature.access_key_id, request.headers.get("x-amz-security-token", ""))
        if isinstance(secret, Failure):
            return secret
        claimed = request.headers.get(_BODY_HASH)
        named = claimed is not None and (signature.service != "s3" or _SHA256.fullmatch(claimed))
        if named and claimed != hashlib.sha256(body).hexdigest():
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            return Failure("XAmzContentSHA256Mismatch", message, 400)
        return _mismatch(request, signature, secret, body, presigned=False)

    def _presigned(self, request: Request, body: bytes) -> Failure | None:
        from ministack.core.sigv4 import parse_query_signature

        if request.query_value("X-Amz-Algorithm") != ALGORITHM:
            return Failure("UnsupportedSignature", f"The local stage checks {ALGORITHM} and no other signatures.")
        signature = parse_query_signature(request.query)
        if isinstance(signature, tuple):
            return Failure(*signature)
        untimely = self._untimely(signature.amz_date, request.query_value("X-Amz-Expires") or "")
        if untimely is not None:
            return untimely
        token = request.query_value("X-Amz-Security-Token") or ""
        secret = self._credentials.secret_of(signature.access_key_id, token)
        if isinstance(secret, Failure):
            return secret
        return _mismatch(request, signature, secret, body, presigned=True)

    def _untimely(self, amz_date: str, expires: str) -> Failure | None:
        if not _DATE.fullmatch(amz_date):
            return _malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        if not expires.isdecimal():
            return _malformed("X-Amz-Expires should be a number")
        if int(expires) > LONGEST_PRESIGNED_SECONDS:
            return _malformed(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less "
                f"than {LONGEST_PRESIGNED_SECONDS} seconds"
            )
        try:
            age = (self._now() - datetime.strptime(f"{amz_date}+0000", "%Y%m%dT%H%M%SZ%z")).total_seconds()
        except ValueError:
            return _malformed(f"X-Amz-Date {amz_date} is no date")
        if age > int(expires):
            return Failure("RequestExpired", "Request has expired")
        if age < -15 * 60:
            return Failure("RequestExpired", "Request is not yet valid")
        return None

    def _version_2(self, request: Request) -> Failure | None:
        found = signature_v2(request)
        if not isinstance(found, V2):
            return found
        if found.expires is not None and self._now().timestamp() > found.expires:
            return Failure("RequestExpired", "Request has expired")
        secret = self._credentials.secret_of(found.key_id, found.token)
        if isinstance(secret, Failure):
            return secret
        if not same(found.computed(secret), found.signature):
            return _wrong()
        return None


def _mismatch(request: Request, signature: Any, secret: str, body: bytes, *, presigned: bool) -> Failure | None:
    from ministack.core.sigv4 import header_signature_failure, uri_encode

    signed = signature.signed_headers.split(";")
    loose = [name for name in request.headers if name.startswith("x-amz-") and name not in signed]
    if "host" not in signed or "x-amz-target" in loose or (loose and signature.service == "s3"):
        # S3 says so of every x-amz header; X-Amz-Target would make a call of another service out of a presigned URL.
        loose = loose if "host" in signed else ["host", *loose]
        message = f"There were headers present in the request which were not signed: {', '.join(loose)}"
        return Failure("SignatureDoesNotMatch", message) if signature.service != "s3" else _denied(message)
    headers = request.headers
    # S3 signs the path as it is sent; a client may escape more in what it signs than on the wire.
    for path in dict.fromkeys([request.raw_path, uri_encode(unquote(request.raw_path), encode_slash=False)]):
        failure = header_signature_failure(
            signature, secret, request.method, path, request.query, headers, body, presigned=presigned
        )
        if failure is None:
            return None
        if signature.service != "s3":
            break
    return Failure(*failure) if failure else None


def _wrong() -> Failure:
    from ministack.core.sigv4 import SIGNATURE_MISMATCH

    return Failure("SignatureDoesNotMatch", SIGNATURE_MISMATCH)


def _denied(message: str) -> Failure:
    return Failure("AccessDenied", message, 403)


def _malformed(message: str) -> Failure:
    return Failure("AuthorizationQueryParametersError", message, 400)
