"""What the gateway refuses before anybody answers: another region, a service that nobody serves, a foreign encoding."""

from __future__ import annotations

from collections.abc import Callable

from aws_stage.gateway.asgi import Scope
from aws_stage.gateway.protocol import Address
from aws_stage.gateway.wire import CBOR, Answer, answer_type, error_answer, wire_of

SEE_DOCS = "docs/local-stage.md lists what it supports."

ANY_REGION = frozenset({"s3"})
"""Buckets are found by name alone, and clients of S3 sign for us-east-1 when they are told no region."""

GLOBAL_REGION = "us-east-1"
GLOBAL_SERVICES = frozenset({"iam", "sts", "cloudfront", "route53", "acm", "wafv2", "organizations", "budgets", "ce"})
"""Services that are signed for us-east-1 wherever the caller is, or that CloudFront wants there."""

CBOR_SERVICE = "kinesis"
"""The one service that AWS's SDK for Java speaks CBOR with. (CloudWatch takes another CBOR, Smithy's, at paths of its
own, and ministack serves that.)"""


class Refusals:
    """``serves`` says whether anybody serves a service, by its SigV4 signing name, method and path."""

    def __init__(self, region: str, serves: Callable[[str, Scope], bool]) -> None:
        self._region = region
        self._serves = serves

    def refusal(self, address: Address, scope: Scope) -> Answer | None:
        """The error to answer with, or None when the request may pass. Requests that nobody signed pass."""
        service, region = address.service, address.region
        if service is None:
            return None
        if not self._serves(service, scope):
            return _refuse(
                "UnsupportedOperationException", f"The local stage does not serve {service}. {SEE_DOCS}", address, scope
            )
        if region not in (None, self._region) and not _is_global(service, region):
            return _refuse(
                "InvalidSignatureException",
                f"Credential should be scoped to a valid region: the local stage serves {self._region}, and this "
                f"request was signed for {region}. Set AWS_DEFAULT_REGION={self._region}.",
                address,
                scope,
            )
        if service != CBOR_SERVICE and address.operation is not None and answer_type(scope["headers"]) == CBOR:
            message = f"{service} takes JSON (application/x-amz-json-1.1), not CBOR. Set AWS_CBOR_DISABLE=true."
            return _refuse("SerializationException", message, address, scope)
        return None


def unsupported(address: Address, scope: Scope) -> Answer:
    """The answer to an operation that an engine owns and does not do."""
    return _refuse(
        "UnsupportedOperationException",
        f"The local stage does not support {address.service}:{address.operation}. {SEE_DOCS}",
        address,
        scope,
    )


def _is_global(service: str, region: str | None) -> bool:
    return service in ANY_REGION or (region == GLOBAL_REGION and service in GLOBAL_SERVICES)


def _refuse(code: str, message: str, address: Address, scope: Scope) -> Answer:
    headers = scope["headers"]
    wire = wire_of(address.service, headers, scope.get("query_string", b""))
    return error_answer(code, message, 400, wire, answer_type(headers))
