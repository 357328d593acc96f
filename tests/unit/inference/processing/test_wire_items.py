"""Items that pass botocore's serializer by arrive as those that do not."""

from __future__ import annotations

import json
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from datastreamer.inference.processing.attributes import attribute
from datastreamer.inference.processing.wire_items import send_items_as_they_are

ITEMS = [
    {
        "pk": {"S": f"温度-{number}"},
        "sk": {"S": "2025"},
        "input": attribute({"data": [number, 1], "deep": {"list": [None, True, {"a": "\n"}]}}),
    }
    for number in range(25)
]


def sent(*, as_they_are: bool, protocol: str = "json", **more: Any) -> AWSPreparedRequest:
    """The request that a client of DynamoDB's ``protocol`` makes of ``ITEMS``, as it would go out."""
    session = botocore.session.get_session()
    description = dict(session.get_service_model("dynamodb").metadata, protocol=protocol, protocols=[protocol])
    loader = session.get_component("data_loader")
    load = loader.load_service_model

    def load_with_protocol(service: str, kind: str, *arguments: Any, **named: Any) -> Any:
        model = load(service, kind, *arguments, **named)
        return {**model, "metadata": description} if (service, kind) == ("dynamodb", "service-2") else model

    loader.load_service_model = load_with_protocol
    client = boto3.Session(botocore_session=session).client(
        "dynamodb",
        region_name="ap-northeast-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False),
    )
    if as_they_are:
        send_items_as_they_are(client)
    requests: list[AWSPreparedRequest] = []

    def answer(request: AWSPreparedRequest, **_event: Any) -> AWSResponse:
        requests.append(request)
        response = AWSResponse(request.url, 200, {}, None)  # type: ignore[arg-type]
        response._content = b"{}" if protocol == "json" else b"\xa0"  # nothing, in CBOR
        return response

    client.meta.events.register("before-send.dynamodb.BatchWriteItem", answer)
    puts: Any = [{"PutRequest": {"Item": item}} for item in ITEMS]
    client.batch_write_item(RequestItems={"table": puts}, **more)
    (request,) = requests
    return request


@pytest.mark.parametrize("more", [{}, {"ReturnConsumedCapacity": "TOTAL"}])
def test_the_body_is_what_botocore_would_have_written(more: dict[str, Any]) -> None:
    ours, botocores = (sent(as_they_are=choice, **more) for choice in (True, False))
    assert json.loads(ours.body) == json.loads(botocores.body)
    assert len(json.loads(ours.body)["RequestItems"]["table"]) == 25


def test_a_client_that_speaks_no_json_sends_what_botocore_writes() -> None:
    ours, botocores = (sent(as_they_are=choice, protocol="smithy-rpc-v2-cbor") for choice in (True, False))
    assert ours.headers["Content-Type"] == b"application/cbor"
    assert ours.body == botocores.body
    assert b"PutRequest" in ours.body


def test_the_request_is_signed_and_measured_with_its_items() -> None:
    request = sent(as_they_are=True)
    assert int(request.headers["Content-Length"]) == len(request.body)
    assert request.url == sent(as_they_are=False).url
    assert b"SignedHeaders=" in bytes(request.headers["Authorization"])
