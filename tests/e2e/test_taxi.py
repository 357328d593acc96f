"""The taxis' history end to end: files of two kinds to one table, Athena's answers, the audit; and no trace afterwards.

The tests build on each other, in the order in which they stand here.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from aws_stage.testing.waiting import eventually

from datastreamer.aws.athena import run_query
from datastreamer.aws.s3_location import bucket_and_key
from datastreamer.errors import JobFailedError
from datastreamer.taxi.names import Names
from tests.conftest import RunningStage, free_port
from tests.e2e.conftest import Lake, shown
from tests.terraform.stage_inventory import inventory

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1200)]

TRIPS = 3_000
PATIENCE = 900.0
"""Seconds for a command that waits for Spark, on a machine that does much else."""
NAMES = Names("local", "000000000000")
DEMO_OK = re.compile(r"DEMO OK ([\d,]+) rows in bronze = ([\d,]+) trips \+ ([\d,]+) quarantined")
TYPED = """CREATE EXTERNAL TABLE typed_raw (passenger_count bigint, fare_amount double)
PARTITIONED BY (year string, month string) STORED AS PARQUET LOCATION '{location}'
TBLPROPERTIES ('projection.enabled' = 'true', 'projection.year.type' = 'integer', 'projection.year.range' = '2023,2023',
'projection.month.type' = 'integer', 'projection.month.range' = '1,2', 'projection.month.digits' = '2')"""
FAMILIAR = """CREATE EXTERNAL TABLE familiar (
vendorid bigint, tpep_pickup_datetime string, tpep_dropoff_datetime string, passenger_count double,
trip_distance double, ratecodeid double, store_and_fwd_flag string, pulocationid bigint, dolocationid bigint,
payment_type bigint, fare_amount double)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' WITH SERDEPROPERTIES ('separatorChar' = ',')
STORED AS TEXTFILE LOCATION '{location}'"""
"""As it stands in many tutorials; separatorChar is OpenCSVSerde's, and LazySimpleSerDe looks for field.delim."""


class Taxis:
    """A stage with the taxi pipeline on it, as soon as the demo has been there."""

    def __init__(self, commands: Lake) -> None:
        self.commands = commands

    @property
    def stage(self) -> RunningStage:
        return self.commands.stage

    def taxi(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.commands.run("datastreamer.cli", "taxi", *words, "--stage", "local", timeout=PATIENCE)

    def audit(self) -> tuple[int, dict[str, Any]]:
        """Exit code and answer of the audit."""
        done = self.taxi("audit", "--json")
        assert done.stdout, shown(done)
        return done.returncode, json.loads(done.stdout)

    def ask(self, sql: str) -> list[list[str | None]]:
        athena = self.stage.client("athena")
        return run_query(athena, sql, workgroup=NAMES.workgroup, database=NAMES.database).rows

    def status_of(self, sql: str) -> dict[str, Any]:
        """How a query ended, in Athena's words."""
        athena, found = self.stage.client("athena"), dict[str, Any]()
        context = {"Database": NAMES.database}
        started = athena.start_query_execution(
            QueryString=sql, WorkGroup=NAMES.workgroup, QueryExecutionContext=context
        )

        def ended() -> bool:
            found.update(athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"])
            return found["Status"]["State"] not in ("QUEUED", "RUNNING")

        eventually(ended)
        status: dict[str, Any] = found["Status"]
        return status

    def parquet(self, uri: str) -> pa.Table:
        """The rows of all files below a place."""
        bucket, prefix = bucket_and_key(uri)
        s3 = self.stage.client("s3")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
        bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
        return pa.concat_tables(pq.read_table(io.BytesIO(body)) for body in bodies)


@pytest.fixture(scope="module")
def taxis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taxis]:
    folder = tmp_path_factory.mktemp("taxis")
    found = Taxis(Lake(RunningStage(free_port(), folder / "data"), folder / "receipts"))
    yield found
    found.commands.run("aws_stage", "down")


def test_the_demo_finds_each_row_of_two_kinds_of_files_in_one_of_the_tables(taxis: Taxis) -> None:
    words = ("--pipeline", "taxi", "--readings", str(2 * TRIPS), "--keep")
    done = taxis.commands.run("scripts.demo", *words, timeout=PATIENCE)
    assert done.returncode == 0, shown(done)
    counts = DEMO_OK.match(done.stdout.strip().splitlines()[-1])
    assert counts, shown(done)
    rows, silver, quarantined = (int(count.replace(",", "")) for count in counts.groups())
    assert rows == 2 * TRIPS == silver + quarantined
    assert quarantined > 0, "the simulated files have dirt"


def test_athena_answers_of_every_table(taxis: Taxis) -> None:
    _, verdict = taxis.audit()
    silver = {account["month"]: str(account["silver"]) for account in verdict["files"]}
    trips = taxis.ask("SELECT year || '-' || month, COUNT(*) FROM taxi_trips GROUP BY 1 ORDER BY 1")
    assert trips == [[month, count] for month, count in silver.items()]
    raw = "SELECT month, COUNT(*), COUNT(fare_amount), COUNT(pulocationid), MAX(cbd_congestion_fee) FROM taxi_raw"
    files = taxis.ask(f"{raw} WHERE year = '2023' GROUP BY month ORDER BY month")
    assert [(month, count) for month, count, *_ in files] == [("01", str(TRIPS)), ("02", str(TRIPS))]
    assert all(int(str(fares)) > 0 and int(str(zones)) > 0 and fee is None for _, _, fares, zones, fee in files)
    [[rejected]] = taxis.ask("SELECT COUNT(*) FROM taxi_trips_quarantine")
    assert rejected == str(verdict["quarantined"])


def test_a_table_over_bronze_with_a_type_for_a_column_that_changed_fails_on_one_side_of_the_change(
    taxis: Taxis,
) -> None:
    taxis.ask(TYPED.format(location=NAMES.bronze.uri))
    assert taxis.ask("SELECT COUNT(passenger_count) > 0 FROM typed_raw WHERE month = '02'") == [["true"]]
    with pytest.raises(JobFailedError, match="HIVE_BAD_DATA: Field passenger_count's type DOUBLE in parquet file"):
        taxis.ask("SELECT COUNT(passenger_count) FROM typed_raw WHERE month = '01'")
    taxis.ask("DROP TABLE typed_raw")


def test_every_saved_query_answers(taxis: Taxis) -> None:
    athena = taxis.stage.client("athena")
    ids = athena.list_named_queries(WorkGroup=NAMES.workgroup)["NamedQueryIds"]
    saved = {each["Name"]: each for each in athena.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"]}
    answers = {name: taxis.ask(query["QueryString"]) for name, query in saved.items()}
    history = {"fare_by_hour", "faults_by_month", "quarantine_by_reason"}
    live = {"latest_outliers", "outliers_by_zone", "predictions_by_version"}
    assert set(answers) == history | live
    assert all(answers[name] for name in history)
    assert not any(answers[name] for name in live), "no live trip was sent"


def test_the_status_is_healthy(taxis: Taxis) -> None:
    done = taxis.taxi("status", "--json")
    assert done.returncode == 0, shown(done)
    states = {part["name"]: part["state"] for part in json.loads(done.stdout)["parts"]}
    assert states["job"] == "SUCCEEDED"
    assert states["schedule"] == "ENABLED"


def test_a_month_that_waits_for_the_job_is_not_proven_until_it_was_made(taxis: Taxis) -> None:
    folder = taxis.stage.data_dir / "more"
    csv = ["--month", "2022-12", "--trips", "500", "--format", "csv", "--to", str(folder)]
    done = taxis.commands.run("datastreamer.cli", "taxi", "generate", *csv)
    assert done.returncode == 0, shown(done)
    assert taxis.taxi("import", str(folder / "yellow_tripdata_2022-12.csv")).returncode == 0
    code, verdict = taxis.audit()
    assert (code, [problem["law"] for problem in verdict["problems"]]) == (1, ["every file is in the tables as it is"])
    assert taxis.taxi("silver").returncode == 0
    code, verdict = taxis.audit()
    assert (code, verdict["problems"], verdict["rows"]) == (0, [], 2 * TRIPS + 500)


def test_training_sets_have_the_label_first_and_numbers_alone_and_are_split_by_time(taxis: Taxis) -> None:
    words = ("training-sets", "--months", "2", "--minimum-rows", "200", "--json")
    done = taxis.taxi(*words)
    assert done.returncode == 0, shown(done)
    made = json.loads(done.stdout)
    assert made["training"]["months"] == ["2022-12", "2023-01"]
    assert made["validation"]["months"] == ["2023-02"]
    for each in (made["training"], made["validation"]):
        rows = taxis.parquet(each["uri"])
        assert rows.column_names == ["label", *made["features"]]
        assert set(rows.schema.types) == {pa.float64()}
        assert len(rows) == each["rows"] > 200
        fares, miles = rows["label"].to_numpy(), rows["trip_distance"].to_numpy()
        assert fares.min() >= 3
        assert fares.max() <= 200
        assert miles.min() >= 0.1
        assert miles.max() <= 50
        assert set(rows["pickup_hour"].to_pylist()) <= set(range(24))
        assert set(rows["pickup_weekday"].to_pylist()) <= set(range(1, 8))
        assert rows["trip_minutes"].to_numpy().min() > 0
    again = json.loads(taxis.taxi(*words).stdout)
    assert again["training"]["rows"] == made["training"]["rows"]
    assert again["training"]["uri"] != made["training"]["uri"], "each run has a place of its own"


def test_training_sets_with_too_few_trips_are_refused_and_nothing_is_made(taxis: Taxis) -> None:
    tables = taxis.ask("SHOW TABLES")
    done = taxis.taxi("training-sets", "--validate", "2023-02", "--months", "1", "--minimum-rows", "3001")
    assert done.returncode == 1, shown(done)
    assert "fewer than 3,001" in done.stderr
    assert taxis.ask("SHOW TABLES") == tables


def test_the_familiar_table_over_csv_gives_nulls_and_an_empty_training_set_and_athena_is_content(taxis: Taxis) -> None:
    place = NAMES.bronze.folder("year=2022/month=12").uri
    taxis.ask(FAMILIAR.format(location=place))
    assert taxis.ask("SELECT COUNT(*), COUNT(fare_amount), COUNT(vendorid) FROM familiar") == [["501", "0", "0"]]
    select = "SELECT fare_amount, trip_distance FROM familiar WHERE fare_amount BETWEEN 3 AND 200"
    status = taxis.status_of(f"CREATE TABLE familiar_training WITH (format = 'PARQUET') AS {select}")
    assert status["State"] == "SUCCEEDED"
    assert "LazySimpleSerDe does not read separatorChar" in status["StateChangeReason"], "the local stage's own hint"
    assert taxis.ask("SELECT COUNT(*) FROM familiar_training") == [["0"]]

    delimited = FAMILIAR.replace("familiar", "delimited").replace("separatorChar", "field.delim")
    taxis.ask(f"{delimited.format(location=place)} TBLPROPERTIES ('skip.header.line.count' = '1')")
    [[rows, fares]] = taxis.ask("SELECT COUNT(*), COUNT(fare_amount) FROM delimited")
    assert rows == fares == "500"
    for table in ("familiar", "familiar_training", "delimited"):
        taxis.ask(f"DROP TABLE {table}")


def test_a_file_of_the_table_that_was_lost_is_found_by_its_rows_and_by_its_name(taxis: Taxis) -> None:
    s3 = taxis.stage.client("s3")
    prefix = f"{NAMES.silver.prefix}year=2023/month=01/"
    [lost] = s3.list_objects_v2(Bucket=NAMES.processed_bucket, Prefix=prefix)["Contents"]
    version = s3.delete_object(Bucket=NAMES.processed_bucket, Key=lost["Key"])["VersionId"]
    code, verdict = taxis.audit()
    assert code == 1
    assert [problem["law"] for problem in verdict["problems"]] == [
        "rows = silver + quarantine",
        "the tables' files are those that the job published",
    ]
    s3.delete_object(Bucket=NAMES.processed_bucket, Key=lost["Key"], VersionId=version)
    assert taxis.audit()[0] == 0, "the bucket keeps versions: a file that was deleted comes back"


def test_destroy_leaves_nothing(taxis: Taxis) -> None:
    done = taxis.commands.run("scripts.provision", "destroy", "local", "--auto-approve")
    assert done.returncode == 0, shown(done)
    left = inventory(taxis.stage)
    assert {kind: names for kind, names in left.items() if names and kind != "workgroups"} == {}
