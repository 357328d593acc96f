"""The wire: which service and operation a request names, and what AWS's JSON answers look like."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")

TARGET_SERVICES = {
    "Firehose_20150804": "firehose",
    "AWSGlue": "glue",
    "AmazonAthena": "athena",
}
"""X-Amz-Target prefix of each JSON service that an engine may serve, to its SigV4 signing name."""


@dataclass(frozen=True)
class Address:
    """Whom a request is for; a part is None when the request does not say."""

    service: str | None
    operation: str | None
    region: str | None


def address_of(headers: Iterable[tuple[bytes, bytes]]) -> Address:
    """Read the address from the SigV4 credential scope and from X-Amz-Target."""
    service = operation = region = None
    for name, value in headers:
        lowered = name.lower()
        if lowered == b"authorization":
            match = _CREDENTIAL.search(value.decode("latin-1"))
            if match:
                service, region = match["service"], match["region"]
        elif lowered == b"x-amz-target":
            prefix, _, operation = value.decode("latin-1").rpartition(".")
            service = TARGET_SERVICES.get(prefix, service)
    return Address(service, operation, region)


def _encode_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in an AWS JSON answer")


def json_answer(payload: dict[str, Any]) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of a successful AWS JSON 1.1 answer (timestamps as epoch seconds)."""
    return 200, _headers(), json.dumps(payload, default=_encode_value).encode()


def error_answer(code: str, message: str, status: int) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of an AWS JSON 1.1 error."""
    body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
    return status, [*_headers(), (b"x-amzn-errortype", code.encode())], body


def _headers() -> list[tuple[bytes, bytes]]:
    return [(b"content-type", b"application/x-amz-json-1.1"), (b"x-amzn-requestid", str(uuid.uuid4()).encode())]
