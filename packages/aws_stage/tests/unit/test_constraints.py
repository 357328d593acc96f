"""What is accepted at once is what the slow look at each member finds nothing wrong with."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError

RECORD: dict[str, Any] = {
    "Dimensions": [{"Name": "device_id", "Value": "d1", "DimensionValueType": "VARCHAR"}],
    "MeasureName": "metrics",
    "MeasureValueType": "MULTI",
    "MeasureValues": [{"Name": "t", "Value": "1", "Type": "DOUBLE"}],
    "Time": "1",
    "Version": 1,
}
CALL: dict[str, Any] = {"DatabaseName": "metrics", "TableName": "devices", "Records": [RECORD]}


def test_a_call_that_breaks_nothing_is_accepted() -> None:
    check("timestream-write", "WriteRecords", CALL)
    check("timestream-write", "WriteRecords", {**CALL, "CommonAttributes": None})
    check("timestream-write", "CreateDatabase", {"DatabaseName": "metrics", "Tags": [{"Key": "a", "Value": ""}]})


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("Records",), [], "'records' .* greater than or equal to 1"),
        (("Records",), [RECORD] * 101, "'records' .* less than or equal to 100"),
        (("Records",), "none", "'records' .* a list"),
        (("DatabaseName",), None, "null at 'databaseName'"),
        (("Records", 0, "Version"), "1", "'records.1.member.version' .* a number"),
        (("Records", 0, "Time"), 1, "'records.1.member.time' .* a string"),
        (("Records", 0, "TimeUnit"), "DAYS", "'records.1.member.timeUnit' .* enum value set"),
        (("Records", 0, "MeasureValues", 0, "Value"), "", "length greater than or equal to 1"),
        (("Records", 0, "MeasureValues", 0, "Value"), "x" * 2049, "length less than or equal to 2048"),
        (("Records", 0, "MeasureValues", 0, "Type"), None, "null at 'records.1.member.measureValues.1.member.type'"),
        (("Records", 0, "Dimensions", 0), "d1", "a structure"),
    ],
)
def test_a_call_that_breaks_a_rule_is_refused_in_awss_words(path: tuple[Any, ...], value: Any, problem: str) -> None:
    call = copy.deepcopy(CALL)
    inner: Any = call
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(AwsError, match=problem):
        check("timestream-write", "WriteRecords", call)


def test_a_name_that_breaks_its_pattern_is_refused() -> None:
    with pytest.raises(AwsError, match="regular expression pattern"):
        check("timestream-write", "CreateDatabase", {"DatabaseName": "with space"})
