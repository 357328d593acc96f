"""The silver job on a lake: every row of every year's files is in one of the two tables, whatever happens to a run."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from aws_stage.engines.glue_jobs.workspace import STUBS
from pyspark.sql import SparkSession

from datastreamer.errors import JobFailedError
from datastreamer.events.trip import FAULTS, REJECTIONS
from datastreamer.taxi.history import CSV, write_month
from datastreamer.taxi.month import Month
from datastreamer.taxi.silver.report import log_line, metric_data
from datastreamer.taxi.tlc import parquet_schema
from glue_jobs import taxi_silver
from tests.conftest import REGION, RunningStage
from tests.spark.bronze import Bronze
from tests.unit.taxi.trips import PICKUP, row

pytestmark = [pytest.mark.spark, pytest.mark.slow]


class Killed(BaseException):
    """The process is gone: nothing that handles errors gets to run."""


@pytest.fixture(scope="module")
def new_bronze(stage: RunningStage, spark: SparkSession) -> Callable[[], Bronze]:
    client: Any = stage.client("s3")
    client.create_bucket(Bucket=Bronze.BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    taxi_silver.configure(spark)
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    numbers = itertools.count()
    return lambda: Bronze(spark, client, f"lake-{next(numbers)}/")


@pytest.fixture
def bronze(new_bronze: Callable[[], Bronze]) -> Bronze:
    return new_bronze()


def text_schema() -> pa.Schema:
    """Every column as text: a CSV file that somebody made Parquet of."""
    return pa.schema([(name, pa.string()) for name in row()])


def later(minutes: float, **changes: Any) -> dict[str, Any]:
    """Another trip, ``minutes`` after the plain one."""
    times = {
        name: PICKUP + timedelta(minutes=minutes + lasting)
        for name, lasting in (("tpep_pickup_datetime", 0), ("tpep_dropoff_datetime", 15))
    }
    return row(**{**times, **changes})


def test_files_of_every_year_make_one_table(bronze: Bronze, tmp_path: Path) -> None:
    for month in ("2019-01", "2025-01"):
        file = write_month(tmp_path, Month.parse(month), 400, seed=9, dirt=5)
        bronze.put(month, file.path.name, file.path.read_bytes(), pq.read_table(file.path).to_pylist())
    text = write_month(tmp_path, Month(2023, 1), 200, seed=9, dirt=5, suffix=CSV)
    as_parquet = write_month(tmp_path, Month(2023, 1), 200, seed=9, dirt=5)
    bronze.put("2023-01", text.path.name, text.path.read_bytes(), pq.read_table(as_parquet.path).to_pylist())

    outcome = bronze.run()

    assert outcome.failed == {}
    bronze.check(outcome.made)
    line = log_line("local", "run", outcome)
    assert line["rows"] == 1_000 == line["silver"] + sum(line["quarantined"].values())
    assert {"refund", "refunded", "details_missing", "zero_distance"} <= line["faults"].keys() <= set(FAULTS)
    metrics = {item["MetricName"]: item["Value"] for item in metric_data("local", outcome)}
    assert (metrics["RowsRead"], metrics["MonthsMade"], metrics["MonthsFailed"]) == (1_000, 3, 0)

    assert bronze.run("again").made == []


def test_each_rejection_is_named_and_the_row_is_kept_whole(bronze: Bronze) -> None:
    bad = {
        "VendorID": "two",
        "tpep_pickup_datetime": "2025-02-30 08:00:00",
        "tpep_dropoff_datetime": "15.01.2025 08:45",
        "passenger_count": "1.5",
        "trip_distance": "1e9",
        "RatecodeID": "1_0",
        "store_and_fwd_flag": "N" * 17,
        "PULocationID": "3000000000",
        "DOLocationID": "NaN",
        "payment_type": "1d",
        "Airport_fee": "1,75",
    }
    plain = {name: str(value) for name, value in row().items()}
    rows = [{**plain, name: value} for name, value in bad.items()]
    rows += [{**plain, name: value} for name, value in itertools.product(["fare_amount", "PULocationID"], ["", None])]
    rows += [plain, plain, {**plain, "tpep_pickup_datetime": "2024-12-31 23:59:59.999999"}]
    rows += [{**plain, "tpep_pickup_datetime": "2025-02-01 00:00:00", "total_amount": " 24.57 "}]
    bronze.put_parquet("2025-01", rows, schema=text_schema())

    outcome = bronze.run()

    bronze.check(outcome.made)
    quarantine = bronze.table("quarantine")
    assert {item["reason"] for item in quarantine} <= set(REJECTIONS)
    kept = {item["reason"]: json.loads(item["row"]) for item in quarantine}
    assert kept["invalid_passenger_count"] == {**plain, "passenger_count": "1.5"}
    assert kept["duplicate"]["fare_amount"] == kept["duplicate"]["fare_amount"] == 15.6
    assert len(outcome.made[0].quarantined) == len(bad) + 4


def test_each_fault_is_named(bronze: Bronze) -> None:
    at = datetime.fromisoformat
    bronze.put_parquet(
        "2025-11",
        [
            row(tpep_pickup_datetime=at(f"2025-11-{begin}"), tpep_dropoff_datetime=at(f"2025-11-{end}"), **changes)
            for begin, end, changes in (
                ("02 01:50", "02 01:10", {}),
                ("02 00:50", "02 01:10", {}),
                ("09 01:50", "09 01:10", {}),
                ("03 01:00", "03 01:00", {}),
                ("03 02:00", "03 12:00", {}),
                ("03 02:00", "03 12:00:01", {}),
                ("03 03:00", "03 03:15", {"trip_distance": 25.0}),
                ("03 03:00", "03 03:15", {"trip_distance": 25.01}),
                ("03 03:00", "03 03:15", {"trip_distance": 0.0, "fare_amount": 0.0}),
                ("03 03:00", "03 03:15", {"trip_distance": -1.0, "tip_amount": -1.0}),
                ("03 03:00", "03 03:15", {"VendorID": 9, "RatecodeID": 7, "payment_type": 9, "PULocationID": 0}),
                ("03 03:00", "03 03:15", {"store_and_fwd_flag": "?", "DOLocationID": 266, "VendorID": None}),
                (
                    "03 03:00",
                    "03 03:15",
                    dict.fromkeys(
                        ("passenger_count", "RatecodeID", "store_and_fwd_flag", "congestion_surcharge", "Airport_fee")
                    ),
                ),
            )
        ],
    )
    outcome = bronze.run()
    bronze.check(outcome.made)
    assert set(outcome.made[0].faults) == set(FAULTS) - {"refund", "refunded", "negative_fare"}


def test_a_refund_and_its_trip_name_each_other_and_each_is_paired_once(bronze: Bronze) -> None:
    refund = {"fare_amount": -15.6, "total_amount": -24.57, "payment_type": 4}
    bronze.put_parquet(
        "2025-01",
        [
            row(),
            row(**refund),
            later(60),
            later(60, tip_amount=1.0),
            later(60, **refund),
            later(120, **refund),
            later(180),
            later(180, **refund, DOLocationID=1),
            later(240, VendorID=None),
            later(240, **refund, VendorID=None),
        ],
    )
    outcome = bronze.run()
    bronze.check(outcome.made)
    assert outcome.made[0].faults == {"negative_fare": 5, "refund": 3, "refunded": 3}


def test_lines_that_do_not_fit_their_header_are_kept_and_counted(bronze: Bronze) -> None:
    header = ",".join(row())
    good = ",".join(str(value) for value in row().values())
    lines = [header, "", good, good.replace("15.6", "16.6") + ",1", good.rpartition(",")[0].replace("15.6", "9")]
    uri = bronze.put("2025-01", "trips.csv", "\r\n".join([*lines, " ", ""]).encode(), [])
    outcome = bronze.run()
    assert outcome.failed == {}
    [account] = outcome.made[0].objects
    assert (account.source_object, account.rows, account.silver) == (uri, 3, 1)
    assert account.quarantined == {"unreadable_line": 2}
    assert sorted(json.loads(item["row"])["unreadable_line"] for item in bronze.table("quarantine")) == sorted(
        lines[3:]
    )


def test_columns_that_the_contract_does_not_know_are_kept_aside(bronze: Bronze) -> None:
    schema = parquet_schema(Month(2025, 1)).append(pa.field("robot", pa.string())).append(pa.field("a.`n`", pa.int64()))
    robot = {"robot": "yes", "a.`n`": 3}
    bronze.put_parquet("2025-01", [row(**robot), later(60, **dict.fromkeys(robot))], schema=schema)
    outcome = bronze.run()
    bronze.check(outcome.made)
    assert {item["other"] for item in bronze.table("silver")} == {'{"robot":"yes","a.`n`":3}', None}


def test_a_file_that_comes_again_replaces_what_it_gave_and_another_adds_what_is_new(bronze: Bronze) -> None:
    bronze.put_parquet("2025-01", [row(), later(60)])
    bronze.put_parquet("2025-02", [row(tpep_pickup_datetime=PICKUP.replace(month=2))])
    assert [manifest.month for manifest in bronze.run().made] == ["2025-01", "2025-02"]

    bronze.put_parquet("2025-01", [row(), later(60, tip_amount=9.0), later(120)])
    again = bronze.run("again")
    assert [manifest.sequence for manifest in again.made] == [2]
    assert [str(month) for month in again.unchanged] == ["2025-02"]
    assert {key.rpartition("/")[2][:6] for key in bronze.keys("silver/year=2025/month=01")} == {"000002"}

    bronze.put_parquet("2025-01", [row(), later(180)], name="more.parquet")
    third = bronze.run("third")
    assert third.made[0].quarantined == {"duplicate": 1}
    bronze.check([*third.made, *(manifest for manifest in [bronze_newest(bronze, "2025-02")])])


def bronze_newest(bronze: Bronze, month: str) -> Any:
    from datastreamer.taxi.silver.commit import MonthLog

    config = bronze.config()
    log = MonthLog(bronze.s3, config.state, {"silver": config.silver, "quarantine": config.quarantine})
    return log.newest()[Month.parse(month)]


@pytest.mark.parametrize("step", ["staged", "committed"])
def test_a_run_that_is_killed_anywhere_leaves_what_the_next_one_completes(bronze: Bronze, step: str) -> None:
    bronze.put_parquet("2025-01", [row(), later(60)])
    bronze.run("first")
    bronze.put_parquet("2025-01", [row(), row(), later(120)])

    def kill(reached: str) -> None:
        if reached == step:
            raise Killed

    with pytest.raises(Killed):
        bronze.run("killed", kill)
    bronze.run("next")
    newest = bronze_newest(bronze, "2025-01")
    assert newest.run_id == ("next" if step == "staged" else "killed")
    bronze.check([newest])


def test_of_two_runs_at_once_one_commits_and_the_other_leaves_nothing(bronze: Bronze) -> None:
    bronze.put_parquet("2025-01", [row(), later(60)])
    begun = []

    def another(reached: str) -> None:
        if reached == "staged" and not begun:
            begun.append(bronze.run("other"))

    late = bronze.run("late", another)
    assert begun[0].failed == {}
    assert "OvertakenError" in late.failed[Month(2025, 1)]
    bronze.run("after")
    bronze.check(begun[0].made)


def test_a_month_that_cannot_be_read_is_named_and_holds_up_no_other(bronze: Bronze) -> None:
    bronze.put("2025-01", "yellow_tripdata_2025-01.parquet", b"PAR1 and no more", [])
    bronze.put_parquet("2025-02", [row(tpep_pickup_datetime=PICKUP.replace(month=2))])
    green = pa.schema([("VendorID", pa.int64()), ("lpep_pickup_datetime", pa.timestamp("us"))])
    bronze.put_parquet("2025-03", [], name="green_tripdata_2025-03.parquet", schema=green)
    bronze.put("2025-04", "readme.txt", b"hello", [])
    stray = f"{bronze.prefix}bronze/readme.md"
    bronze.s3.put_object(Bucket=bronze.BUCKET, Key=stray, Body=b"x")
    outcome = bronze.run()
    assert [str(month) for month in outcome.failed] == ["2025-01", "2025-03", "2025-04"]
    assert "is not a file of yellow taxis of 2025-03: it lacks" in outcome.failed[Month(2025, 3)]
    assert "neither Parquet nor CSV" in outcome.failed[Month(2025, 4)]
    assert [manifest.month for manifest in outcome.made] == ["2025-02"]
    assert outcome.strays == [f"s3://{bronze.BUCKET}/{stray}"]
    assert bronze.keys("state/staged") == []


def test_a_row_that_would_be_lost_stops_the_month(bronze: Bronze, monkeypatch: pytest.MonkeyPatch) -> None:
    bronze.put_parquet("2025-01", [row(), later(60)])
    monkeypatch.setattr("glue_jobs.taxi_silver.without_copies", _losing_one)
    outcome = bronze.run()
    assert "does not balance: it has 2 rows, and 1 trips and {} were written" in outcome.failed[Month(2025, 1)]
    assert bronze.keys("silver") == bronze.keys("state") == []


def _losing_one(rows: Any) -> Any:
    from datastreamer.taxi.silver.pairs import Copies

    return Copies(rows.limit(1), rows.limit(0))


def test_main_runs_as_glue_starts_it_reports_and_fails_when_a_month_does(
    bronze: Bronze, stage: RunningStage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(STUBS))
    bronze.put_parquet("2025-01", [row(), row(), later(60)])
    broken = bronze.put("2025-02", "yellow_tripdata_2025-02.parquet", b"PAR1", [])
    config = bronze.config()
    arguments = {
        "JOB_NAME": "silver",
        "JOB_RUN_ID": "jr_main",
        "bronze_path": config.bronze.uri,
        "silver_path": config.silver.uri,
        "quarantine_path": config.quarantine.uri,
        "state_path": config.state.uri,
        "stage": bronze.prefix.strip("/"),
    }
    with pytest.raises(JobFailedError, match="2025-02: "):
        taxi_silver.main(["silver.py", *(word for name, value in arguments.items() for word in (f"--{name}", value))])
    del bronze.rows[broken]
    bronze.check([bronze_newest(bronze, "2025-01")])
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["event"], line["run_id"], line["months"]) == ("taxi_silver", "jr_main", ["2025-01"])
    assert (line["rows"], line["silver"], line["quarantined"]) == (3, 2, {"duplicate": 1})
    assert list(line["failed"]) == ["2025-02"]
    now = datetime.now(UTC)
    for metric, value in (("RowsRead", 3), ("MonthsFailed", 1)):
        found = stage.client("cloudwatch").get_metric_statistics(
            Namespace="Datastreamer/Taxi",
            MetricName=metric,
            Dimensions=[{"Name": "Stage", "Value": arguments["stage"]}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
            Period=3600,
            Statistics=["Sum"],
        )
        assert sum(point["Sum"] for point in found["Datapoints"]) == value
