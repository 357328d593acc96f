"""The telemetry lake end to end: the demo, then the same lake with its processes killed, then with its data damaged.

The tests build on each other, in the order in which they stand here.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aws_stage.testing.waiting import eventually

from datastreamer.telemetry.names import Names
from tests.e2e.conftest import Lake, shown
from tests.processes import kill
from tests.stage.faulty_proxy import FaultyProxy, Gone, Reply, Request

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

READINGS = 20_000
NAMES = Names("local", "000000000000")


def test_the_demo_ends_with_a_balanced_ledger(lake: Lake) -> None:
    done = lake.run("scripts.demo", "--readings", str(READINGS), "--receipts", str(lake.receipts), "--keep")
    assert done.returncode == 0, shown(done)
    last = done.stdout.strip().splitlines()[-1]
    found = re.fullmatch(
        r"DEMO OK ([\d,]+) acknowledged = ([\d,]+) curated \+ ([\d,]+) quarantined \+ ([\d,]+) duplicates dropped.*",
        last,
    )
    assert found, last
    acknowledged, curated, quarantined, duplicates = (int(number.replace(",", "")) for number in found.groups())
    assert acknowledged == READINGS == curated + quarantined + duplicates
    receipt = json.loads(next(lake.receipts.glob("*.json")).read_text())
    assert quarantined == sum(receipt["dirty"].values()) > 0
    assert duplicates == receipt["duplicates"] > 0


def test_a_second_plan_shows_no_change(lake: Lake) -> None:
    done = lake.run("scripts.provision", "plan", "local", "--detailed-exitcode")
    assert done.returncode == 0, shown(done)


def test_saved_queries_answer(lake: Lake) -> None:
    saved = json.loads(lake.telemetry("query", "--list", "--json").stdout)
    assert len(saved) >= 5
    for name in saved:
        answer = json.loads(lake.telemetry("query", "--saved", name, "--json").stdout)
        assert answer["columns"], name


def test_status_is_healthy_and_names_every_part(lake: Lake) -> None:
    parts = json.loads(lake.telemetry("status", "--json").stdout)["parts"]
    assert {part["name"] for part in parts} == {"stream", "delivery", "job", "schedule", "crawler", "table"}


@pytest.fixture
def by_hand(lake: Lake) -> None:
    """From now on the job runs when a test starts it, and not by its schedule in between."""
    scheduler = lake.stage.client("scheduler")
    schedule = scheduler.get_schedule(Name=NAMES.job)
    kept = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(**{name: schedule[name] for name in kept}, State="DISABLED")


@pytest.mark.usefixtures("by_hand")
def test_nothing_is_lost_or_doubled_when_stage_and_job_are_killed(lake: Lake) -> None:
    process, receipt = lake.stage_process(), lake.receipts / "killed.json"
    sensor = lake.start(
        *"datastreamer.sensor temperature --stage local --devices 20 --rate 4000 --count 16000".split(),
        *"--pack 20 --seed 11".split(),
        *("--duplicates", "0.02", "--dirty", "0.02", "--receipt", str(receipt)),
    )
    eventually(lambda: receipt.exists() and json.loads(receipt.read_text())["readings"] > 0)
    assert sensor.poll() is None
    lake.kill_stage(process)
    output, _ = sensor.communicate(timeout=600)
    assert sensor.returncode == 0, output
    lake.telemetry("await-delivery", "--receipts", str(lake.receipts))
    started = json.loads(lake.telemetry("etl", "--no-wait", "--json").stdout)
    kill_job(lake, started["run_id"])
    lake.telemetry("etl")
    code, ledger = lake.audit()
    assert code == 0, ledger["findings"]
    assert ledger["acknowledged"] == READINGS + 16_000
    assert ledger["raw"] == ledger["curated"] + ledger["quarantined"] + ledger["duplicates"]


REPLAYED = 400
ENDS = {"bare": b"", "ended": b"\n", "windows": b"\r\n", "last": b""}


@pytest.fixture(scope="module")
def added(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What the ledger has more when a file was replayed twice and a record was put with each of ``ENDS``."""
    csv = tmp_path_factory.mktemp("replayed") / "rooms.csv"
    csv.write_text(
        "".join(f"{n}, {1458117704955 + n * 1000}, {n}, {n % 4}, {20 + n % 7}.5, 41.5\n" for n in range(REPLAYED))
    )
    s3, kinesis = lake.stage.client("s3"), lake.stage.client("kinesis")
    before, delivered = lake.audit()[1], keys(s3)
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    for device, end in ENDS.items():
        reading = {"event_id": f"end-{device}", "device_id": device, "timestamp": moment, "temperature": 20.5}
        kinesis.put_record(StreamName=NAMES.stream, PartitionKey="one", Data=json.dumps(reading).encode() + end)
    for turn in range(2):
        done = lake.run(
            *"datastreamer.sensor replay --stage local --no-header --device-id 4".split(),
            *"--timestamp 2 --timestamp-unit ms".split(),
            *f"--csv {csv} --temperature 5 --humidity 6 --rate 0".split(),
            *("--receipt", str(lake.receipts / f"replay-{turn}.json")),
        )
        assert done.returncode == 0, shown(done)
    lake.telemetry("await-delivery", "--receipts", str(lake.receipts))

    def all_there() -> bool:
        bodies = [s3.get_object(Bucket=NAMES.data_bucket, Key=key)["Body"].read() for key in keys(s3) - delivered]
        return sum(gzip.decompress(body).count(b'"end-') for body in bodies) == len(ENDS)

    eventually(all_there)
    lake.telemetry("etl")
    code, after = lake.audit()
    assert code == 0, after["findings"]
    return {name: after[name] - before[name] for name in ("raw", "curated", "quarantined", "duplicates")}


def test_replaying_a_file_twice_adds_nothing(added: dict[str, int]) -> None:
    assert (added["curated"] - len(ENDS), added["duplicates"]) == (REPLAYED, REPLAYED)


def test_two_readings_stay_two_however_their_records_end(added: dict[str, int]) -> None:
    assert (added["raw"], added["quarantined"]) == (2 * REPLAYED + len(ENDS), 0)
    assert added["curated"] - REPLAYED == len(ENDS)


def test_the_audit_names_a_curated_file_that_is_gone(lake: Lake) -> None:
    s3 = lake.stage.client("s3")
    files = s3.list_objects_v2(Bucket=NAMES.analytics_bucket, Prefix="device_telemetry/")["Contents"]
    victim = max(files, key=lambda item: item["Size"])["Key"]
    body = s3.get_object(Bucket=NAMES.analytics_bucket, Key=victim)["Body"].read()
    s3.delete_object(Bucket=NAMES.analytics_bucket, Key=victim)
    code, ledger = lake.audit()
    s3.put_object(Bucket=NAMES.analytics_bucket, Key=victim, Body=body)
    assert code == 1
    assert any("not in the table" in finding["law"] and finding["culprits"] for finding in ledger["findings"])
    assert lake.audit()[0] == 0


def test_the_audit_names_a_raw_object_that_is_gone(lake: Lake) -> None:
    s3 = lake.stage.client("s3")
    victim = s3.list_objects_v2(Bucket=NAMES.data_bucket, Prefix=NAMES.raw_prefix)["Contents"][0]["Key"]
    body = s3.get_object(Bucket=NAMES.data_bucket, Key=victim)["Body"].read()
    s3.delete_object(Bucket=NAMES.data_bucket, Key=victim)
    code, ledger = lake.audit()
    s3.put_object(Bucket=NAMES.data_bucket, Key=victim, Body=body)
    assert code == 1
    assert any(victim in " ".join(finding["culprits"]) for finding in ledger["findings"])


def test_a_loss_is_named_although_lost_answers_left_more_in_raw_than_was_acknowledged(lake: Lake) -> None:
    s3, random = lake.stage.client("s3"), Random(102)
    proxy = FaultyProxy(lake.stage.endpoint_url)

    def lose_answers(_request: Request, answered: Callable[[], Reply]) -> Reply:
        reply = answered()
        if random.random() < 0.3:
            raise Gone
        return reply

    proxy.spoiler = lose_answers
    before = keys(s3)
    lossy = str(lake.receipts / "lossy.json")
    sent = "datastreamer.sensor temperature --stage local --rate 0 --count 6000 --seed 102 --pack 10 --receipt".split()
    done = lake.run(*sent, lossy, AWS_STAGE_PORT=proxy.url.rpartition(":")[2], AWS_ENDPOINT_URL=proxy.url)
    proxy.close()
    assert done.returncode == 0, shown(done)
    assert json.loads(Path(lossy).read_text())["uncertain"] > 0
    victim = str(lake.receipts / "victim.json")
    sent = "datastreamer.sensor temperature --stage local --rate 0 --count 2000 --seed 107 --receipt".split()
    assert lake.run(*sent, victim).returncode == 0
    lake.telemetry("await-delivery", "--receipts", str(lake.receipts))
    gone = max(keys(s3) - before)
    s3.delete_object(Bucket=NAMES.data_bucket, Key=gone)
    lake.telemetry("etl")
    code, ledger = lake.audit()
    assert code == 1
    (lost,) = (finding for finding in ledger["findings"] if "in no raw object that waits" in finding["law"])
    assert lost["count"] > 0
    assert "shardId-" in lost["culprits"][0]
    assert "run " in lost["culprits"][0]


def test_destroy_leaves_nothing(lake: Lake) -> None:
    done = lake.run("scripts.provision", "destroy", "local", "--auto-approve")
    assert done.returncode == 0, shown(done)
    assert lake.stage.client("s3").list_buckets()["Buckets"] == []
    assert lake.stage.client("kinesis").list_streams()["StreamNames"] == []
    assert lake.stage.client("firehose").list_delivery_streams()["DeliveryStreamNames"] == []
    glue = lake.stage.client("glue")
    assert glue.get_databases()["DatabaseList"] == []
    assert glue.get_jobs()["Jobs"] == []
    assert glue.list_crawlers()["CrawlerNames"] == []
    assert lake.stage.client("scheduler").list_schedules()["Schedules"] == []
    assert lake.stage.client("iam").list_roles()["Roles"] == []
    assert lake.stage.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def keys(s3: Any) -> set[str]:
    """All raw objects."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=NAMES.data_bucket, Prefix=NAMES.raw_prefix)
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


def kill_job(lake: Lake, run_id: str) -> None:
    """``kill -9`` the run's processes once its Spark session works on the data."""
    staged = partial(lake.stage.client("s3").list_objects_v2, Bucket=NAMES.analytics_bucket)
    eventually(lambda: staged(Prefix="_state/temperature_etl/staged/").get("KeyCount"))
    found = subprocess.run(["pgrep", "-f", run_id], capture_output=True, text=True, check=False).stdout.split()
    assert kill(*map(int, found)), f"no process of run {run_id}"
