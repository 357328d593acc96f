"""AWS's CBOR: a request reads as its JSON would, an answer carries bytes and milliseconds."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import cbor2
import pytest
from aws_stage.gateway import cbor
from aws_stage.gateway.wire import CBOR
from botocore.model import Shape
from botocore.parsers import RpcV2CBORParser

MOMENT_MS = 1_787_036_486_712


def parameters(operation: str, document: object) -> dict[str, Any]:
    return cbor.parameters("kinesis", operation, cbor2.dumps(document))


def test_a_blob_becomes_base64_and_a_timestamp_seconds() -> None:
    record = {"Data": b"\x00\xff", "PartitionKey": "schlüssel"}
    assert parameters("PutRecords", {"StreamName": "s", "Records": [record]}) == {
        "StreamName": "s",
        "Records": [{"Data": "AP8=", "PartitionKey": "schlüssel"}],
    }
    tagged = {"StreamName": "s", "Timestamp": cbor2.CBORTag(1, MOMENT_MS)}
    assert parameters("GetShardIterator", tagged) == {"StreamName": "s", "Timestamp": 1_787_036_486.712}
    assert parameters("ListShards", {"ShardFilter": {"Type": "AT_TIMESTAMP", "Timestamp": MOMENT_MS}}) == {
        "ShardFilter": {"Type": "AT_TIMESTAMP", "Timestamp": 1_787_036_486.712}
    }


def test_maps_of_indefinite_length_nulls_and_unknown_members_are_read() -> None:
    """Jackson, which the SDK for Java writes with, does not know how many members follow."""
    body = b"\xbf\x6aStreamName\x61s\x65Limit\x05\x67Unknown\x01\x75ExclusiveStartShardId\xf6\xff"
    assert cbor.parameters("kinesis", "DescribeStream", body) == {
        "StreamName": "s",
        "Limit": 5,
        "ExclusiveStartShardId": None,
    }
    assert cbor.parameters("kinesis", "ListStreams", b"") == {}
    assert parameters("AddTagsToStream", {"Tags": {"a": "b"}}) == {"Tags": {"a": "b"}}


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        cbor2.dumps([]),
        cbor2.dumps({"StreamName": b"s"}),
        cbor2.dumps({"Data": "text"}),
        cbor2.dumps({1: 2}),
        cbor2.dumps({"Data": b"cut"})[:-1],
        cbor2.dumps({"StreamName": cbor2.undefined}),
        cbor2.dumps({"StreamName": 2**70}),
        b"\xa1\x64Data" + b"\x81" * 200_000 + b"\x00",
        b"\xa1\x64Data\x5b" + b"\x0f" * 8,
        b"\xa1\x64Data\x9b" + b"\x0f" * 8,
        b"\xa1\x64Data\xd8\x1c\x81\xd8\x1d\x00",
    ],
    ids=[
        *("json", "list", "bytes-for-text", "text-for-bytes", "number-as-key", "cut", "undefined", "any-size", "deep"),
        *("endless-bytes", "endless-list", "reference-to-itself"),
    ],
)
def test_what_is_no_request_in_cbor_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        cbor.parameters("kinesis", "PutRecord", body)


def test_a_pattern_is_not_compiled_but_taken_for_its_text() -> None:
    assert parameters("PutRecord", {"PartitionKey": cbor2.CBORTag(35, "(a+")}) == {"PartitionKey": "(a+"}


def test_an_answer_reads_with_botocores_parser_but_for_its_milliseconds() -> None:
    """botocore speaks Smithy's CBOR, which has AWS's blobs, and tag 1 for timestamps, in seconds as RFC 8949 has it."""
    result = {
        "MillisBehindLatest": 0,
        "Records": [
            {
                "Data": "AP8=",
                "PartitionKey": "k",
                "SequenceNumber": "49",
                "ApproximateArrivalTimestamp": MOMENT_MS / 1000,
            }
        ],
    }
    status, headers, body = cbor.answer("kinesis", "GetRecords", result)
    assert (status, dict(headers)[b"content-type"]) == (200, CBOR)
    read = _parser().parse({"status_code": 200, "headers": {}, "body": body}, _output("GetRecords"))
    [record] = read["Records"]
    assert (record["Data"], record["PartitionKey"], record["SequenceNumber"]) == (b"\x00\xff", "k", "49")
    assert record["ApproximateArrivalTimestamp"] == dt.datetime.fromtimestamp(MOMENT_MS / 1000, dt.UTC)
    assert json.dumps(read["MillisBehindLatest"]) == "0"


def test_an_answer_without_members_is_an_empty_map() -> None:
    assert cbor.answer("kinesis", "DeleteStream", {})[2] == b"\xa0"


def _output(operation: str) -> Shape:
    shape = cbor.model_of("kinesis").operation_model(operation).output_shape
    assert shape is not None
    return shape


def _parser() -> RpcV2CBORParser:
    def seconds(value: Any) -> dt.datetime:
        assert isinstance(value, int), "a whole number of milliseconds"
        return dt.datetime.fromtimestamp(value / 1000, dt.UTC)

    return RpcV2CBORParser(timestamp_parser=seconds)
