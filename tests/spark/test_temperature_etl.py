"""The job on a real S3: what lands in the tables, whatever the raw objects hold and wherever a run ends."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_stage.engines.glue_jobs.workspace import STUBS
from pyspark.sql import SparkSession

from datastreamer.errors import ConfigurationError, JobFailedError
from datastreamer.events.reading import CONFLICTING_EVENT_ID, reject_reason
from datastreamer.sensor.temperature.dirt import DIRT
from datastreamer.telemetry.job.report import log_line, metric_data
from datastreamer.telemetry.manifest import Manifest
from glue_jobs import temperature_etl
from tests.conftest import REPOSITORY, RunningStage
from tests.spark.lake import DAY, Lake, batch, reading

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.stage]

STEPS = (
    *("planned", "validated", "staged curated", "staged quarantine", "indexed"),
    *("committed", "published one file", "published", "cleaned up"),
)


class Crash(BaseException):
    """As kill -9: nothing after it runs."""


def run(
    spark: SparkSession, lake: Lake, reached: Callable[[str], None] = lambda _: None, **settings: Any
) -> list[Manifest]:
    return temperature_etl.run(spark, lake.config(**settings), lake.s3, lambda: datetime.now(UTC), reached)


def crash_at(step: str) -> Callable[[str], None]:
    def reached(name: str) -> None:
        if name == step:
            raise Crash

    return reached


def test_every_line_of_every_kind_of_object_is_accounted_for(spark: SparkSession, lake: Lake) -> None:
    hour = "2025/10/15/08"
    dirt = [
        kind.spoil(json.loads(reading("dirty")), reading(f"dirty-{n}")).replace(b"\n", b" ")
        for n, kind in enumerate(DIRT)
    ]
    lake.put(f"{hour}/dirt.gz", [*dirt, reading("clean", extra_field=[1, {"a": None}])])
    lake.put(
        f"{hour}/plain",
        [reading("plain-1"), reading("plain-2")],
        b"\r\n".join([reading("plain-1"), reading("plain-2")]),
    )
    lake.put(f"{hour}/empty.gz", [], b"")
    lake.put(f"{hour}/nothing.gz", [], gzip.compress(b""))
    members = [[reading("member-1")], [reading("member-2"), b"?"]]
    lake.put(
        f"{hour}/members.gz",
        [*members[0], *members[1]],
        b"".join(gzip.compress(b"\n".join(m) + b"\n") for m in members),
    )
    many = [reading(f"cut-{n}", noise=random.Random(n).getrandbits(64)) for n in range(3000)]
    body = gzip.compress(b"\n".join(many))
    whole = lake.put(f"{hour}/cut.gz", many, body[: len(body) // 2])
    short = [*(reading(f"sum-{n}") for n in range(5)), b"this line has no end"]
    damaged = bytearray(gzip.compress(b"\n".join(short)))
    damaged[-8] ^= 1
    wrong = lake.put(f"{hour}/checksum.gz", short, bytes(damaged))
    late = [reading("leap", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)), reading("old", DAY - timedelta(days=400))]
    lake.put(f"{hour}/late.gz", [*late, reading("clean", DAY + timedelta(days=1))])

    (manifest,) = run(spark, lake)

    faults = {item.source_object: item.fault for item in manifest.objects if item.fault}
    assert set(faults) == {whole, wrong}
    assert faults[whole] == "truncated gzip stream: it ends before its end mark"
    assert "incorrect data check" in (faults[wrong] or "")
    truncated = {row["source_object"]: row for row in lake.table("quarantine") if row["reason"] == "truncated_line"}
    assert set(truncated) == {whole, wrong}
    for uri, row in truncated.items():
        # Of these the contract says nothing: replace what was expected with what could be read.
        position = row["line_number"] - 1
        assert lake.lines[uri][position].startswith(row["line"].encode())
        lake.lines[uri] = lake.lines[uri][: position + 1]
        lake.truncated[uri] = position
        lake.lines[uri][position] = row["line"].encode()
    assert len(lake.lines[whole]) > 1000
    lake.check()
    assert manifest.quarantined["invalid_utf8"] == 2
    line = log_line("local", "run", [manifest])
    assert line["corrupt_objects"] == faults
    values = {(item["MetricName"], len(item["Dimensions"])): item["Value"] for item in metric_data("local", [manifest])}
    assert values["CorruptObjects", 1] == 2
    assert values["RecordsRead", 1] == manifest.lines == sum(map(len, lake.lines.values()))


def test_runs_that_follow_each_other_add_only_what_is_new(spark: SparkSession, lake: Lake) -> None:
    """The last objects repeat old ids, some on another day, some with another text."""
    rng = random.Random(7)
    for number in range(3):
        lake.put(f"2025/10/15/{number:02d}/a.gz", batch(rng, ids=60, size=60))
        lake.put(f"2025/10/15/{number:02d}/b.gz", batch(rng, ids=200, size=60))
        assert len(run(spark, lake)) == 1
        lake.check()
    assert run(spark, lake) == []
    old = [row["event_id"] for row in lake.table("curated")]
    lines = [line for text in lake.lines.values() for line in text if reject_reason(line, datetime.now(UTC)) is None]
    first = {json.loads(line)["event_id"]: line for line in reversed(lines)}
    lake.put("2025/10/15/04/again.gz", [first[name] for name in old])
    (manifest,) = run(spark, lake)
    assert (manifest.curated, manifest.duplicates) == (0, len(old))
    lake.check()


def test_another_reading_under_a_used_id_is_quarantined_and_not_dropped(spark: SparkSession, lake: Lake) -> None:
    """A fleet whose counters begin again: within a turn, and weeks after the first is curated."""
    first = [reading(f"id-{number}", extra_field={"a": number}) for number in range(5)]
    lake.put("2025/10/15/00/a.gz", [*first, first[0], reading("id-0", humidity=None), reading("id-1", co2=4)])
    (manifest,) = run(spark, lake)
    assert (manifest.duplicates, manifest.quarantined) == (1, {CONFLICTING_EVENT_ID: 2})
    lake.check()
    later = DAY + timedelta(days=21)
    restarted = [reading(f"id-{number}", later, device_id="sensor-9") for number in range(5)]
    lake.put("2025/11/05/00/b.gz", [*restarted, first[3], restarted[0], reading("id-new", later)])
    lake.put("2025/11/05/01/plain", [restarted[4]], restarted[4] + b"\r\n")
    (manifest,) = run(spark, lake)
    assert (manifest.curated, manifest.duplicates) == (1, 1)
    assert manifest.quarantined == {CONFLICTING_EVENT_ID: 7}
    lake.check()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[:-20], "is no whole manifest"),
        (lambda text: text.replace(b'"curated":2', b'"curated":1'), "was changed since it was written"),
    ],
)
def test_a_damaged_manifest_is_named_and_nothing_is_read(
    spark: SparkSession, lake: Lake, damage: Callable[[bytes], bytes], said: str
) -> None:
    lake.put("2025/10/15/08/a.gz", [reading("a"), reading("b")])
    run(spark, lake)
    place = {"Bucket": Lake.BUCKET, "Key": f"{lake.prefix}state/manifests/{1:012d}.json"}
    whole = lake.s3.get_object(**place)["Body"].read()
    lake.s3.put_object(**place, Body=damage(whole))
    lake.put("2025/10/15/09/b.gz", [reading("c")])
    with pytest.raises(ConfigurationError, match=f"manifest s3://{Lake.BUCKET}/.*{1:012d}.json is damaged: it {said}"):
        run(spark, lake)
    lake.s3.put_object(**place, Body=whole)
    run(spark, lake)
    lake.check()


def test_a_manifest_has_the_checksum_of_each_file_as_it_is_published(spark: SparkSession, lake: Lake) -> None:
    lake.put("2025/10/15/08/a.gz", [reading("a"), reading("b", DAY - timedelta(days=1)), b"?"])
    (manifest,) = run(spark, lake)
    assert sorted(item.rows or 0 for item in manifest.files) == [1, 1, 1]
    for item in manifest.files:
        bucket, _, key = item.published.removeprefix("s3://").partition("/")
        body = lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (item.sha256, item.size)


def test_a_run_that_crashes_at_any_step_and_runs_again_gives_the_same_tables(spark: SparkSession, lake: Lake) -> None:
    rng = random.Random(11)
    for number, step in enumerate(STEPS):
        lake.put(f"2025/10/15/{number:02d}/a.gz", batch(rng, ids=100, size=20))
        with pytest.raises(Crash):
            run(spark, lake, crash_at(step))
    lake.put("2025/10/15/12/a.gz", batch(rng, ids=100, size=20))
    run(spark, lake)
    lake.check()


def test_a_process_that_is_killed_leaves_nothing_in_the_tables(
    spark: SparkSession, lake: Lake, job_environment: dict[str, str], spark_settings: dict[str, str]
) -> None:
    lake.put("2025/10/15/08/a.gz", batch(random.Random(3), ids=50, size=40))
    code = f"""
import json, os, signal, sys
sys.path.insert(0, {str(REPOSITORY)!r})
import boto3
from datetime import datetime, timedelta, UTC
from pyspark.sql import SparkSession
from glue_jobs.temperature_etl import configure, run
from datastreamer.aws.s3_location import S3Location
from datastreamer.telemetry.job.config import Config
builder = SparkSession.builder
for name, value in json.loads(sys.argv[1]).items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
configure(spark)
folders = ("raw", "curated", "quarantine", "state")
places = [S3Location({Lake.BUCKET!r}, {lake.prefix!r} + name + "/") for name in folders]
def reached(step):
    if step == "staged curated":
        os.kill(os.getpid(), signal.SIGKILL)
run(spark, Config(*places, stage="local", run_id="killed"), boto3.client("s3"), lambda: datetime.now(UTC), reached)
"""
    killed = subprocess.run(
        [sys.executable, "-c", code, json.dumps(spark_settings)],
        env=job_environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert lake.table("curated") == lake.table("quarantine") == []
    run(spark, lake)
    lake.check()
    assert [manifest.run_id for manifest in lake.manifests()] == ["run"]


def test_two_runs_at_once_read_every_object_once(spark: SparkSession, lake: Lake) -> None:
    rng = random.Random(5)
    for number in range(3):
        lake.put(f"2025/10/15/{number:02d}/a.gz", batch(rng, ids=100, size=30))
    done: dict[str, list[Manifest]] = {}

    def work(name: str) -> None:
        done[name] = run(spark, lake, run_id=name, lease=timedelta(minutes=10), turn_bytes=1)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(done) == {"one", "two"}
    turns = [manifest.sequence for manifests in done.values() for manifest in manifests]
    assert sorted(turns) == list(range(1, len(turns) + 1))
    assert len(turns) == 3
    lake.check()


def test_a_turn_whose_files_lack_a_row_is_not_committed(
    spark: SparkSession, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put("2025/10/15/08/a.gz", [reading("a"), reading("b")])
    whole = temperature_etl.transform
    monkeypatch.setattr(temperature_etl, "transform", lambda *frames: whole(*frames).where("event_id = 'a'"))
    with pytest.raises(JobFailedError, match="does not balance: read 2 valid readings"):
        run(spark, lake)
    assert lake.table("curated") == []
    assert lake.manifests() == []
    monkeypatch.undo()
    run(spark, lake)
    lake.check()


def test_an_object_that_is_replaced_while_it_is_read_fails_the_run_and_not_the_tables(
    spark: SparkSession, lake: Lake
) -> None:
    lake.put("2025/10/15/08/a.gz", [reading("a")])

    def replace(step: str) -> None:
        if step == "planned":
            lake.put("2025/10/15/08/a.gz", [reading("b")])

    with pytest.raises(Exception, match="PreconditionFailed"):
        run(spark, lake, replace)
    assert lake.table("curated") == []
    run(spark, lake)
    lake.check()


def test_main_runs_the_job_as_glue_starts_it_and_reports(
    spark: SparkSession,
    lake: Lake,
    stage: RunningStage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.syspath_prepend(str(STUBS))
    lake.put("2025/10/15/08/a.gz", [reading("a"), reading("a"), b"?"])
    config = lake.config()
    arguments = {
        "JOB_NAME": "etl",
        "JOB_RUN_ID": "jr_main",
        "raw_path": config.raw.uri,
        "curated_path": config.curated.uri,
        "quarantine_path": config.quarantine.uri,
        "state_path": config.state.uri,
        "stage": lake.prefix.strip("/"),
        "lookback_hours": "72",
        "enable-metrics": "true",
    }
    temperature_etl.main(["etl.py", *(word for name, value in arguments.items() for word in (f"--{name}", value))])
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    lake.check()
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line["event"] == "temperature_etl"
    assert (line["run_id"], line["lines"], line["curated"], line["duplicates"]) == ("jr_main", 3, 1, 1)
    assert line["quarantined"] == {"invalid_json": 1}
    now = datetime.now(UTC)
    for dimensions in ([], [{"Name": "Reason", "Value": "invalid_json"}]):
        found = stage.client("cloudwatch").get_metric_statistics(
            Namespace="Datastreamer/Telemetry",
            MetricName="RecordsQuarantined",
            Dimensions=[{"Name": "Stage", "Value": arguments["stage"]}, *dimensions],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
            Period=3600,
            Statistics=["Sum"],
        )
        assert sum(point["Sum"] for point in found["Datapoints"]) == 1
