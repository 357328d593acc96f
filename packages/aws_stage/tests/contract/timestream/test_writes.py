"""WriteRecords as boto3 sees it: versions, rejections, the stores, what survives."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually
from botocore.exceptions import BotoCoreError, ClientError

from contract.timestream.tables import new_table, now_ms, reading, rejections, single


def test_records_are_counted_by_the_store_that_takes_them(stage: RunningStage) -> None:
    table = new_table(stage, MagneticStoreWriteProperties={"EnableMagneticStoreWrites": True})
    write = stage.client("timestream-write")
    records = [reading("d1", now_ms()), reading("d2", now_ms() - 7 * 3_600_000)]
    counted = write.write_records(**table, Records=records)["RecordsIngested"]
    assert counted == {"Total": 2, "MemoryStore": 1, "MagneticStore": 1}


def test_the_same_record_again_is_accepted_and_a_higher_version_updates(stage: RunningStage) -> None:
    table, at = new_table(stage), now_ms()
    write = stage.client("timestream-write")
    for version, value in ((5, 20.0), (5, 20.0), (3, 20.0), (6, 21.0), (6, "21.00")):
        counted = write.write_records(**table, Records=[reading("d1", at, value, Version=version)])["RecordsIngested"]
        assert counted["Total"] == 1
    with pytest.raises(ClientError) as error:
        write.write_records(**table, Records=[reading("d1", at, 22.0, Version=5)])
    [(reason, existing)] = rejections(error).values()
    assert reason.startswith("The record version 5 is lower than the existing version 6.")
    assert existing == 6


def test_another_value_of_the_same_version_is_rejected_and_the_rest_of_the_call_stored(stage: RunningStage) -> None:
    table, at = new_table(stage), now_ms()
    write = stage.client("timestream-write")
    write.write_records(**table, Records=[reading("d1", at, 20.0)])
    with pytest.raises(ClientError) as error:
        write.write_records(**table, Records=[reading("d0", at), reading("d1", at, 21.0), reading("d2", at)])
    [(place, (reason, existing))] = rejections(error).items()
    assert (place, existing) == (1, 1)
    assert reason.startswith(
        "A record already exists with the same time, dimensions, measure name, and record version."
    )
    for device in ("d0", "d2"):
        with pytest.raises(ClientError) as error:
            write.write_records(**table, Records=[reading(device, at, -1.0)])
        assert rejections(error)[0][1] == 1


def test_a_key_that_comes_twice_in_a_call_is_judged_in_the_calls_order(stage: RunningStage) -> None:
    table, at = new_table(stage), now_ms()
    write = stage.client("timestream-write")
    twice = [reading("d1", at, 1.0), reading("d1", at, 1.0), reading("d1", at, 2.0)]
    with pytest.raises(ClientError) as error:
        write.write_records(**table, Records=twice)
    assert {place: existing for place, (_, existing) in rejections(error).items()} == {2: 1}


def test_common_attributes_lie_beneath_each_record_and_may_not_overlap(stage: RunningStage) -> None:
    table, at = new_table(stage), now_ms()
    write = stage.client("timestream-write")
    common = {
        "Dimensions": [{"Name": "site_id", "Value": "site-1"}],
        "MeasureName": "temperature",
        "Time": str(at * 1000),
        "TimeUnit": "MICROSECONDS",
    }
    record = {"Dimensions": [{"Name": "device_id", "Value": "d1"}], "MeasureValue": "1.5"}
    write.write_records(**table, CommonAttributes=common, Records=[record])
    same = single("d1", at, "1.50")
    same["Dimensions"] = [*same["Dimensions"], {"Name": "site_id", "Value": "site-1"}]
    write.write_records(**table, Records=[same])  # the same record, and accepted as such
    with pytest.raises(ClientError) as error:
        write.write_records(**table, Records=[{**same, "MeasureValue": "2"}])
    assert rejections(error)[0][1] == 1
    with pytest.raises(ClientError, match=r"ValidationException.*dimension twice"):
        write.write_records(**table, CommonAttributes=common, Records=[{**same}])


@pytest.mark.parametrize(
    "records",
    [
        [single("d1", 1, 1)] * 101,
        [{"MeasureName": "m", "MeasureValue": "1", "Time": "1"}],
        [single("d1", 1, 1, Version=0)],
        [single("d1", 1, 1, MeasureValueType="MULTI")],
        [single("d1", 1, 1, TimeUnit="NANOSECONDS")],
        [single("d1", 1, "1", MeasureValueType="TIMESTAMP")],
    ],
)
def test_a_call_that_is_not_whole_is_refused_whole(stage: RunningStage, records: list[Any]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        stage.client("timestream-write").write_records(**new_table(stage), Records=records)


def test_a_table_that_there_is_not_is_named(stage: RunningStage) -> None:
    table = {**new_table(stage), "TableName": "others"}
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*The table others does not exist"):
        stage.client("timestream-write").write_records(**table, Records=[reading("d1", now_ms())])


def test_what_was_acknowledged_survives_a_kill(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    table, begin = new_table(stage), now_ms()
    write = stage.client("timestream-write", attempts=1)
    acknowledged: list[int] = []
    enough = threading.Event()

    def send() -> None:
        for number in range(0, 100_000, 10):
            records = [reading("d1", begin - each, each) for each in range(number, number + 10)]
            try:
                write.write_records(**table, Records=records)
            except (ClientError, BotoCoreError):
                return
            acknowledged.extend(range(number, number + 10))
            if number == 50:
                enough.set()

    sender = threading.Thread(target=send)
    sender.start()
    assert enough.wait(60)
    stage.stop(signal.SIGKILL)
    sender.join()
    stage.start()
    write = stage.client("timestream-write")
    for first in range(0, len(acknowledged), 100):
        others = [reading("d1", begin - each, -1) for each in acknowledged[first : first + 100]]
        with pytest.raises(ClientError) as error:
            write.write_records(**table, Records=others)
        assert len(rejections(error)) == len(others), "each of them is there, with the value that was sent"


@pytest.mark.parametrize("harm", ["gone", "log gone"])
def test_a_file_that_is_not_whole_stops_the_start_by_name(new_stage: Callable[..., RunningStage], harm: str) -> None:
    stage = new_stage()
    stage.client("timestream-write").write_records(**new_table(stage), Records=[reading("d1", now_ms())])
    stage.stop(signal.SIGKILL)
    file = stage.data_dir / "state" / "timestream" / "records.duckdb"
    (file if harm == "gone" else file.with_name(f"{file.name}.wal")).unlink()
    with pytest.raises(RuntimeError, match=r"records\.duckdb is damaged"):
        stage.start()


def test_calls_are_counted_in_cloudwatch_as_aws_names_them(stage: RunningStage) -> None:
    table, at = new_table(stage), now_ms()
    write = stage.client("timestream-write")
    write.write_records(**table, Records=[reading("d1", at)])
    with pytest.raises(ClientError):
        write.write_records(**table, Records=[reading("d1", at, -1)])
    named = {"Operation": "WriteRecords", **table}

    def metrics() -> set[str]:
        dimensions = [{"Name": name, "Value": value} for name, value in named.items()]
        found = stage.client("cloudwatch").list_metrics(Namespace="AWS/Timestream", Dimensions=dimensions)
        return {each["MetricName"] for each in found["Metrics"]}

    eventually(metrics, {"SuccessfulRequestLatency", "UserErrors"})
