"""What the contract tests of Timestream share: tables of their own, records, and an engine whose clock they own."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_stage.engines.timestream.engine import SERVICE, TimestreamEngine
from aws_stage.kernel.engine import AwsError, Call
from aws_stage.testing import RunningStage
from botocore.exceptions import ClientError

_numbers = itertools.count()


def new_table(stage: RunningStage, **properties: Any) -> dict[str, str]:
    """A table of a database of its own, by its names as parameters."""
    where = {"DatabaseName": f"database-{next(_numbers)}", "TableName": "metrics"}
    write = stage.client("timestream-write")
    write.create_database(DatabaseName=where["DatabaseName"])
    write.create_table(**where, **properties)
    return where


def reading(device: str, time_ms: int, temperature: object = 21.5, **members: Any) -> dict[str, Any]:
    """A multi-measure record of a device."""
    return {
        "Dimensions": [{"Name": "device_id", "Value": device}, {"Name": "site_id", "Value": "site-1"}],
        "MeasureName": "metrics",
        "MeasureValueType": "MULTI",
        "MeasureValues": [{"Name": "temperature", "Value": str(temperature), "Type": "DOUBLE"}],
        "Time": str(time_ms),
        **members,
    }


def single(device: str, time_ms: int, value: object, **members: Any) -> dict[str, Any]:
    """A record with one measure, of type DOUBLE unless it says otherwise."""
    return {
        "Dimensions": [{"Name": "device_id", "Value": device}],
        "MeasureName": "temperature",
        "MeasureValue": str(value),
        "Time": str(time_ms),
        **members,
    }


def now_ms() -> int:
    """The machine's clock."""
    return round(datetime.now(UTC).timestamp() * 1000)


def rejections(error: pytest.ExceptionInfo[ClientError]) -> dict[int, tuple[str, int | None]]:
    """Reason and existing version of each rejected record, by its place."""
    response: Any = error.value.response
    assert response["Error"]["Code"] == "RejectedRecordsException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 419
    return {each["RecordIndex"]: (each["Reason"], each.get("ExistingVersion")) for each in response["RejectedRecords"]}


class Api:
    """An engine of the test's own, called as the gateway does."""

    def __init__(self, engine: TimestreamEngine) -> None:
        self.engine = engine

    def __call__(self, operation: str, **payload: Any) -> dict[str, Any]:
        return self.engine.operations[SERVICE, operation](Call(SERVICE, operation, payload))

    def rejected(self, **payload: Any) -> dict[int, str]:
        """The reasons of what WriteRecords rejects, by its place."""
        with pytest.raises(AwsError) as error:
            self("WriteRecords", **payload)
        assert error.value.code == "RejectedRecordsException"
        return {each["RecordIndex"]: each["Reason"] for each in error.value.members["RejectedRecords"]}
