"""REST-JSON on the wire: what a client sends is what an engine gets, and an answer reads as it was given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from aws_stage.gateway.asgi import Scope
from aws_stage.gateway.rest import RestService, RestServices

MAPPING = "0b1d6f1c-4d4e-4c62-8e76-0d3c3b7d1a11"
ARN = f"arn:aws:lambda:ap-northeast-1:000000000000:event-source-mapping:{MAPPING}"

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("lambda", "CreateEventSourceMapping", {"FunctionName": "scores", "BatchSize": 10, "Enabled": False}),
    ("lambda", "ListEventSourceMappings", {"FunctionName": "scores", "MaxItems": 5}),
    ("lambda", "DeleteEventSourceMapping", {"UUID": MAPPING}),
    ("lambda", "ListTags", {"Resource": ARN}),
    ("lambda", "UntagResource", {"Resource": ARN, "TagKeys": ["a", "b c"]}),
    ("lambda", "GetFunction", {"FunctionName": "a/b"}),
    (
        "sagemaker",
        "InvokeEndpoint",
        {"EndpointName": "scores", "Body": b"\x00\xff", "ContentType": "text/csv", "TargetVariant": "blue"},
    ),
]


def scope_of(method: str, path: str, headers: list[tuple[bytes, bytes]]) -> Scope:
    raw, _, query = path.partition("?")
    return {
        "method": method,
        "path": unquote(raw),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "headers": headers,
    }


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS, ids=lambda value: str(value)[:30])
def test_the_parameters_of_a_call_arrive_by_their_names(
    service: str, operation: str, parameters: dict[str, Any]
) -> None:
    rest = RestService(service)
    method, path, headers, body = rest.request(operation, parameters)
    scope = scope_of(method, path, headers)
    assert rest.operation(scope) == operation
    assert rest.parameters(operation, scope, body) == parameters


def test_a_path_that_no_operation_has_names_none() -> None:
    assert RestService("sagemaker").operation(scope_of("POST", "/endpoints/scores", [])) is None
    assert RestService("sagemaker").operation(scope_of("GET", "/endpoints/scores/invocations", [])) is None


def test_a_body_that_is_not_json_is_refused_where_json_is_due() -> None:
    scope = scope_of("POST", "/2015-03-31/event-source-mappings", [])
    with pytest.raises(ValueError, match="Expecting"):
        RestService("lambda").parameters("CreateEventSourceMapping", scope, b"{")


def test_an_answer_reads_as_it_was_given() -> None:
    rest = RestService("lambda")
    given = {"UUID": MAPPING, "BatchSize": 10, "LastModified": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}
    status, headers, body = rest.answer("CreateEventSourceMapping", given)
    assert status == 202
    assert rest.result("CreateEventSourceMapping", status, headers, body) == given


def test_a_blob_is_the_whole_body_and_headers_carry_the_rest() -> None:
    answer = {"Body": b"\x00\xff", "ContentType": "text/csv", "InvokedProductionVariant": "blue"}
    status, headers, body = RestService("sagemaker").answer("InvokeEndpoint", answer)
    assert (status, body) == (200, b"\x00\xff")
    assert (b"content-type", b"text/csv") in headers
    assert (b"x-amzn-invoked-production-variant", b"blue") in headers


def test_only_rest_services_that_an_engine_serves_are_routed() -> None:
    services = RestServices(["lambda", "kinesis"])
    assert services.get("lambda") is not None
    assert services.get("kinesis") is None
    assert services.get("sagemaker") is None
    assert services.get(None) is None
