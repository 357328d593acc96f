"""Event source mappings as the API shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunningStage
from tests.contract.esm_functions import ROLE, Bench, eventually


@pytest.fixture
def bench(stage: RunningStage, tmp_path: Path) -> Bench:
    return Bench(stage, tmp_path)


def test_a_function_gets_the_records_of_its_stream_as_lambda_sends_them(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    bench.map(stream, function)
    [sequence_number] = bench.put(stream, "hello", key="sensor-1")
    [invocation] = eventually(function.invocations)
    [record] = invocation["event"]["Records"]
    arrival = record["kinesis"].pop("approximateArrivalTimestamp")
    assert isinstance(arrival, float)
    assert abs(arrival - invocation["at"]) < 60
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "sensor-1",
            "sequenceNumber": sequence_number,
            "data": "aGVsbG8=",
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": ROLE,
        "awsRegion": "ap-northeast-1",
        "eventSourceARN": bench.stream_arn(stream),
    }
