"""What a table takes: times, values, names, types. The clock is the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.timestream.engine import TimestreamEngine
from aws_stage.kernel.engine import AwsError
from aws_stage.testing import RunningStage

from contract.side_stage import ManualClock, SideStage
from contract.timestream.tables import Api, reading, single

TABLE = {"DatabaseName": "metrics", "TableName": "devices"}


@pytest.fixture
def side(stage: RunningStage, tmp_path: Path) -> SideStage:
    return SideStage(stage, tmp_path)


@pytest.fixture
def api(side: SideStage) -> Iterator[Api]:
    engine = TimestreamEngine(side)
    api = Api(engine)
    api("CreateDatabase", DatabaseName="metrics")
    retention = {"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 7}
    api("CreateTable", **TABLE, RetentionProperties=retention)
    yield api
    engine.stop()


def _at(clock: ManualClock, **ago: float) -> int:
    return round((clock.now() - timedelta(**ago)).timestamp() * 1000)


def _late(api: Api, enabled: bool) -> None:
    api("UpdateTable", **TABLE, MagneticStoreWriteProperties={"EnableMagneticStoreWrites": enabled})


def test_a_record_outside_the_memory_store_is_rejected_and_the_window_named(api: Api, side: SideStage) -> None:
    inside = [_at(side.clock, hours=24), _at(side.clock, minutes=-14.9)]
    assert api("WriteRecords", **TABLE, Records=[reading("d1", at) for at in inside])["RecordsIngested"]["Total"] == 2
    outside = [_at(side.clock, hours=24.1), _at(side.clock, minutes=-15)]
    reasons = api.rejected(**TABLE, Records=[reading("d1", at) for at in outside])
    window = "[2025-10-14T12:00:00.000Z, 2025-10-15T12:15:00.000Z)"
    wanted = f"The record timestamp is outside the time range {window} of the data ingestion window."
    assert reasons == {0: wanted, 1: wanted}


def test_magnetic_writes_take_what_is_within_the_magnetic_store(api: Api, side: SideStage) -> None:
    _late(api, enabled=True)
    counted = api("WriteRecords", **TABLE, Records=[reading("d1", _at(side.clock, days=6.9))])["RecordsIngested"]
    assert counted == {"Total": 1, "MemoryStore": 0, "MagneticStore": 1}
    assert list(api.rejected(**TABLE, Records=[reading("d1", _at(side.clock, days=7.1))])) == [0]


def test_a_late_record_is_acknowledged_before_it_is_compared_and_does_not_replace_what_is_newer(
    api: Api, side: SideStage
) -> None:
    _late(api, enabled=True)
    at = _at(side.clock, days=2)
    api("WriteRecords", **TABLE, Records=[reading("d1", at, 1.0, Version=2)])
    assert api("WriteRecords", **TABLE, Records=[reading("d1", at, 2.0)])["RecordsIngested"]["Total"] == 1
    side.clock.step(-timedelta(days=1.5))  # so that it is in the memory store, and told what is there
    [reason] = api.rejected(**TABLE, Records=[reading("d1", at, 2.0)]).values()
    assert "existing version 2" in reason


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("DOUBLE", "NaN"),
        ("DOUBLE", "Infinity"),
        ("DOUBLE", "1_0"),
        ("DOUBLE", "warm"),
        ("BIGINT", "9223372036854775808"),
        ("BIGINT", "1.0"),
        ("BOOLEAN", "1"),
        ("VARCHAR", "é" * 1025),
    ],
)
def test_a_value_that_is_not_of_its_type_rejects_its_record_alone(
    api: Api, side: SideStage, type_: str, value: str
) -> None:
    at = _at(side.clock)
    records = [single("d1", at, value, MeasureValueType=type_), single("d2", at, 1.0)]
    assert list(api.rejected(**TABLE, Records=records)) == [0]


@pytest.mark.parametrize(
    ("name", "longest"), [("time", 60), ("measure_name", 60), ("ts_x", 60), ("a:b", 60), ("x" * 61, 60)]
)
def test_a_dimension_that_is_named_as_none_may_be_is_rejected(
    api: Api, side: SideStage, name: str, longest: int
) -> None:
    record = reading("d1", _at(side.clock), Dimensions=[{"Name": name, "Value": "x"}])
    [reason] = api.rejected(**TABLE, Records=[record]).values()
    assert (f"more than {longest} bytes" in reason) == (len(name) > longest)


def _attribute(name: str, value: str, type_: str) -> dict[str, Any]:
    return {"MeasureValues": [{"Name": name, "Value": value, "Type": type_}]}


def test_a_measure_and_an_attribute_keep_their_types(api: Api, side: SideStage) -> None:
    at = _at(side.clock)
    api("WriteRecords", **TABLE, Records=[reading("d1", at), single("d1", at, 1.0)])
    reasons = api.rejected(
        **TABLE,
        Records=[
            single("d2", at, 1, MeasureValueType="BIGINT"),
            reading("d2", at, **_attribute("temperature", "1", "BIGINT")),
            reading("d2", at, **_attribute("device_id", "x", "VARCHAR")),
            reading("d2", at, **_attribute("Temperature", "1", "DOUBLE")),
            reading("d2", at, **_attribute("humidity", "1", "BIGINT")),
        ],
    )
    assert list(reasons) == [0, 1, 2, 3]
    assert "type DOUBLE, not BIGINT" in reasons[0]


def test_a_table_has_at_most_128_dimensions(api: Api, side: SideStage) -> None:
    at = _at(side.clock)
    many = [{"Name": f"d{number}", "Value": "x"} for number in range(128)]
    api("WriteRecords", **TABLE, Records=[reading("", at, Dimensions=many)])
    more = reading("", at, Dimensions=[{"Name": "one_more", "Value": "x"}])
    [reason] = api.rejected(**TABLE, Records=[more]).values()
    assert "128 dimensions" in reason


def test_a_record_has_at_most_two_kilobytes(api: Api, side: SideStage) -> None:
    record = reading("d1", _at(side.clock), **_attribute("note", "x" * 2040, "VARCHAR"))
    [reason] = api.rejected(**TABLE, Records=[record]).values()
    assert "more than 2048" in reason


def test_the_dimension_of_a_required_partition_key_must_be_there(api: Api, side: SideStage) -> None:
    key = {"Type": "DIMENSION", "Name": "device_id", "EnforcementInRecord": "REQUIRED"}
    table = {**TABLE, "TableName": "keyed"}
    api("CreateTable", **table, Schema={"CompositePartitionKey": [key]})
    at = _at(side.clock)
    without = reading("d1", at, Dimensions=[{"Name": "site_id", "Value": "s"}])
    assert list(api.rejected(**table, Records=[reading("d1", at), without])) == [1]


def test_what_a_rejected_record_brings_is_not_learnt(api: Api, side: SideStage) -> None:
    at = _at(side.clock)
    api("WriteRecords", **TABLE, Records=[reading("d1", at)])
    wrong = reading("d1", at, Dimensions=[{"Name": "fresh", "Value": "x"}], MeasureName="temperature")
    wrong |= {
        "MeasureValues": [*_attribute("other", "x", "VARCHAR")["MeasureValues"], *reading("", 0)["MeasureValues"]]
    }
    wrong["MeasureValues"][1] = {**wrong["MeasureValues"][1], "Type": "BIGINT", "Value": "1"}
    assert list(api.rejected(**TABLE, Records=[wrong])) == [0]
    assert list(api.rejected(**TABLE, Records=[reading("d1", at, **_attribute("fresh", "x", "VARCHAR"))])) == [0]
    right = reading("d1", at, **_attribute("fresh", "1", "BIGINT"), Time=str(at + 1))
    assert api("WriteRecords", **TABLE, Records=[right])["RecordsIngested"]["Total"] == 1


def test_records_are_found_again_by_the_next_engine(api: Api, side: SideStage) -> None:
    at = _at(side.clock)
    api("WriteRecords", **TABLE, Records=[reading("d1", at, 1.0)])
    api.engine.stop()
    again = Api(TimestreamEngine(side))
    assert list(again.rejected(**TABLE, Records=[reading("d1", at, 2.0)])) == [0]
    again("DeleteTable", **TABLE)
    again("CreateTable", **TABLE)
    assert again("WriteRecords", **TABLE, Records=[reading("d1", at, 2.0)])["RecordsIngested"]["Total"] == 1


def _count(api: Api) -> str:
    [row] = api("Query", QueryString='SELECT count(*) FROM "metrics"."devices"')["Rows"]
    found: str = row["Data"][0]["ScalarValue"]
    return found


def test_what_has_expired_is_not_shown_and_a_longer_retention_does_not_bring_it_back(api: Api, side: SideStage) -> None:
    api("WriteRecords", **TABLE, Records=[reading("d1", _at(side.clock)), reading("d1", _at(side.clock, hours=23))])
    side.clock.advance(timedelta(days=6.5))
    assert _count(api) == "1"
    retention = {"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 365}
    api("UpdateTable", **TABLE, RetentionProperties=retention)
    assert _count(api) == "1"
    side.clock.advance(timedelta(days=300))
    assert _count(api) == "1"


def test_a_late_record_of_an_older_version_leaves_what_is_there(api: Api, side: SideStage) -> None:
    _late(api, enabled=True)
    at = _at(side.clock, days=2)
    for value, version in ((1.0, 2), (2.0, 1), (3.0, 3)):
        api("WriteRecords", **TABLE, Records=[reading("d1", at, value, Version=version)])
    [row] = api("Query", QueryString='SELECT temperature FROM "metrics"."devices"')["Rows"]
    assert row == {"Data": [{"ScalarValue": "3.0"}]}


def test_a_table_without_records_has_no_rows_and_no_dimensions(api: Api) -> None:
    assert _count(api) == "0"
    assert api("Query", QueryString="DESCRIBE metrics.devices")["Rows"] == []
    with pytest.raises(AwsError, match="Column 'device_id' does not exist"):
        api("Query", QueryString="SELECT device_id FROM metrics.devices")
