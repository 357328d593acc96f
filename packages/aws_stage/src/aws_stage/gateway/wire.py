"""How an error looks on the wire, in each protocol of AWS."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any
from xml.sax.saxutils import escape

import cbor2

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]


class Wire(Enum):
    """A protocol, as the AWS service models name them; S3 and Neptune's graphs have errors of their own shape."""

    JSON = "json"
    REST_JSON = "rest-json"
    QUERY = "query"
    EC2 = "ec2"
    REST_XML = "rest-xml"
    S3 = "s3"
    NEPTUNE = "neptune"

    @property
    def is_xml(self) -> bool:
        """Whether it is one of the protocols in XML."""
        return self not in (Wire.JSON, Wire.REST_JSON, Wire.NEPTUNE)


_OWN_SHAPES = {"s3": Wire.S3, "s3express": Wire.S3, "neptune-db": Wire.NEPTUNE}
_REST_XML = frozenset({"cloudfront", "route53"})


def wire_of(service: str | None, headers: Iterable[tuple[bytes, bytes]], query_string: bytes = b"") -> Wire:
    """The protocol that a request speaks: X-Amz-Target means JSON, a form (or ``Action=``) means Query."""
    found = {name.lower(): value for name, value in headers}
    if b"x-amz-target" in found:
        return Wire.JSON
    if service in _OWN_SHAPES:
        return _OWN_SHAPES[service]
    if found.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded") or b"Action=" in query_string:
        return Wire.EC2 if service == "ec2" else Wire.QUERY
    return Wire.REST_XML if service in _REST_XML else Wire.REST_JSON


JSON_1_0 = b"application/x-amz-json-1.0"
JSON_1_1 = b"application/x-amz-json-1.1"
CBOR = b"application/x-amz-cbor-1.1"


def answer_type(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The content type of the answer to a call that names its operation: that of the call, else JSON 1.1."""
    asked = next((value for name, value in headers if name.lower() == b"content-type"), b"")
    if asked.startswith(JSON_1_1):
        return JSON_1_1
    return next((kind for kind in (CBOR, JSON_1_0) if asked.startswith(kind)), JSON_1_1)


def error_answer(
    code: str,
    message: str,
    status: int,
    wire: Wire = Wire.JSON,
    content_type: bytes = JSON_1_1,
    *,
    members: Mapping[str, Any] | None = None,
) -> Answer:
    """Status, headers and body of an error; ``content_type``, which may be CBOR, matters to ``Wire.JSON`` alone, and
    ``members`` to JSON and CBOR."""
    request_id = str(uuid.uuid4())
    identity = [(b"x-amzn-requestid", request_id.encode())]
    if wire in (Wire.JSON, Wire.REST_JSON):
        document = {"__type": code, "message": message, "Message": message, **(members or {})}
        kind = content_type if wire is Wire.JSON else b"application/json"
        body = cbor2.dumps(document) if kind == CBOR else json.dumps(document).encode()
        return status, [(b"content-type", kind), *identity, (b"x-amzn-errortype", code.encode())], body
    if wire is Wire.NEPTUNE:  # userguide, "Graph Engine Error Format"
        body = json.dumps({"requestId": request_id, "code": code, "detailedMessage": message}).encode()
        return status, [(b"content-type", b"application/json"), *identity], body
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if wire is Wire.S3:
        text = f"<Error>{error}<RequestId>{request_id}</RequestId></Error>"
        identity.append((b"x-amz-request-id", request_id.encode()))
    elif wire is Wire.EC2:
        text = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        sender = f"<Error><Type>Sender</Type>{error}</Error>"
        text = f"<ErrorResponse>{sender}<RequestId>{request_id}</RequestId></ErrorResponse>"
    return status, [(b"content-type", b"text/xml"), *identity], f'<?xml version="1.0"?>{text}'.encode()
