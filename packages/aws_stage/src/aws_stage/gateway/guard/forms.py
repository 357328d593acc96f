"""Uploads by an HTML form (S3's POST Object), whose signature is among the form's fields and signs its policy.

docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html. Whether the form keeps to the policy is
ministack's to check, as it does.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from aws_stage.gateway.guard.credentials import Credentials, Failure, same
from aws_stage.gateway.guard.request import FORM, Request


def is_form(request: Request) -> bool:
    """Whether a request uploads by a form."""
    return request.method == "POST" and request.headers.get("content-type", "").startswith(FORM)


def fields_of(request: Request, body: bytes) -> dict[str, str]:
    """The form's fields by name in lower case, without the file."""
    from ministack.services import s3

    parts = s3._parse_multipart_form(request.headers.get("content-type", ""), body)
    return {name.lower(): value.decode("utf-8", "replace") for name, _, _, value in parts if name != "file"}


def failure(fields: Mapping[str, str], credentials: Credentials) -> Failure | None:
    """What is wrong with a form's signature; of a form without one, that it has none."""
    policy = fields.get("policy", "")
    if policy and "x-amz-signature" in fields:
        return _version_4(fields, policy, credentials)
    if policy and "signature" in fields:
        secret = credentials.secret_of(fields.get("awsaccesskeyid", ""), fields.get("x-amz-security-token", ""))
        if isinstance(secret, Failure):
            return secret
        digest = hmac.digest(secret.encode(), policy.encode(), "sha1")
        return None if same(base64.b64encode(digest).decode(), fields["signature"]) else _wrong()
    return Failure("MissingAuthenticationToken", "Request is missing Authentication Token")


def _version_4(fields: Mapping[str, str], policy: str, credentials: Credentials) -> Failure | None:
    from ministack.core.sigv4 import calculate_signature

    scope = fields.get("x-amz-credential", "").split("/")
    if len(scope) != 5 or scope[3] != "s3":
        return Failure("IncompleteSignature", "x-amz-credential must be keyid/date/region/s3/aws4_request")
    secret = credentials.secret_of(scope[0], fields.get("x-amz-security-token", ""))
    if isinstance(secret, Failure):
        return secret
    computed = calculate_signature(secret, scope[1], scope[2], scope[3], policy)
    return None if same(computed, fields["x-amz-signature"]) else _wrong()


def _wrong() -> Failure:
    from ministack.core.sigv4 import SIGNATURE_MISMATCH

    return Failure("SignatureDoesNotMatch", SIGNATURE_MISMATCH)
