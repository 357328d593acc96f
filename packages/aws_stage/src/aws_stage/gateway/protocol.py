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

import orjson

from aws_stage.gateway.wire import JSON_1_1, Answer

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")

TARGET_SERVICES = {
    "Firehose_20150804": "firehose",
    "AWSGlue": "glue",
    "AmazonAthena": "athena",
    "Kinesis_20131202": "kinesis",
    "SageMaker": "sagemaker",
    "Timestream_20181101": "timestream",
    "AnyScaleFrontendService": "application-autoscaling",
}
"""X-Amz-Target prefix of each JSON service that an engine may serve, to its SigV4 signing name."""

_ENCODE_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_NON_STR_KEYS


@dataclass(frozen=True)
class Address:
    """Whom a request is for; a part is None when the request does not say. ``endpoint`` is as in ``Call``."""

    service: str | None
    operation: str | None
    region: str | None
    endpoint: str = ""


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


def json_answer(payload: dict[str, Any], content_type: bytes = JSON_1_1) -> Answer:
    """Status, headers and body of a successful AWS JSON answer (timestamps as epoch seconds)."""
    headers = [(b"content-type", content_type), (b"x-amzn-requestid", str(uuid.uuid4()).encode())]
    return 200, headers, encode(payload)


def encode(payload: dict[str, Any]) -> bytes:
    """AWS JSON: timestamps as epoch seconds. Takes ``orjson.Fragment`` for parts that are JSON already."""
    try:
        return orjson.dumps(payload, default=_encode_value, option=_ENCODE_OPTIONS)
    except orjson.JSONEncodeError:  # an integer of more than 64 bits, or half of a surrogate pair
        return json.dumps(payload, default=_encode_value).encode()


def decode(body: bytes) -> dict[str, Any]:
    """A JSON request body, empty for none; raises ValueError when it is not a JSON object."""
    if not body:
        return {}
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:  # what orjson refuses and AWS takes: NaN, half of a surrogate pair
        try:
            payload = json.loads(body)
        except RecursionError as error:
            raise ValueError("the request body is nested too deeply") from error
    if not isinstance(payload, dict):
        raise ValueError("the request body is not a JSON object")  # noqa: TRY004  callers catch one error
    return payload
