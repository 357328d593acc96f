"""Sensors against the local stage: what the command line promises, and what is in the stream afterwards."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing.waiting import PATIENCE

from datastreamer.events.chain import Closed, read_chains
from datastreamer.events.digest import Digest, digest_sum, id_hash, line_hash, unpacked
from datastreamer.events.reading import format_timestamp, reject_reason
from datastreamer.events.receipt import ABORTED, FAILED, FINISHED, RUNNING, STOPPED, Receipt
from tests.conftest import REPOSITORY, RunningStage
from tests.sensor_recordings import climate_rows

pytestmark = pytest.mark.stage


@dataclass
class Sensor:
    """Runs ``python -m datastreamer.sensor`` against one stream of a stage, in a folder of its own."""

    stage: RunningStage
    stream: str
    folder: Path

    @property
    def receipt_path(self) -> Path:
        return self.folder / "receipt.json"

    def start(self, *arguments: str, receipt: Path | None = None, **environment: str | None) -> subprocess.Popen[str]:
        """Variables that are None are taken out of the environment."""
        place = ["--stream", self.stream, "--receipt", str(receipt or self.receipt_path)]
        variables = {**self.stage.environment, "PYTHONPATH": str(REPOSITORY), **environment}
        return subprocess.Popen(
            [sys.executable, "-m", "datastreamer.sensor", *arguments, *place],
            cwd=self.folder,
            env={name: value for name, value in variables.items() if value is not None},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, *arguments: str, receipt: Path | None = None, **environment: str | None
    ) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, receipt=receipt, **environment)
        out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def receipt(self) -> Receipt:
        return Receipt.load(self.receipt_path)

    def wait_until(self, ready: Callable[[Receipt], bool], process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            if self.receipt_path.exists() and ready(self.receipt()):
                return
            time.sleep(0.02)
        raise AssertionError(f"the receipt never said so; sensor: {process.poll()}")

    def hear(self, process: subprocess.Popen[str], said: Callable[[str], bool]) -> str:
        """Read what the sensor prints every five seconds until ``said`` is true of a line; all that was read."""
        assert process.stderr
        heard = ""
        for line in process.stderr:
            heard += line
            if said(line):
                return heard
        raise AssertionError(f"the sensor never said so: {heard}")

    def records(self) -> list[dict[str, Any]]:
        """Everything in the stream, shard by shard."""
        kinesis, records = self.stage.client("kinesis"), []
        for shard in kinesis.list_shards(StreamName=self.stream)["Shards"]:
            iterator = kinesis.get_shard_iterator(
                StreamName=self.stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while True:
                answer = kinesis.get_records(ShardIterator=iterator)
                if not answer["Records"]:
                    break
                records += [{**record, "ShardId": shard["ShardId"]} for record in answer["Records"]]
                iterator = answer["NextShardIterator"]
        return records

    def lines(self) -> list[bytes]:
        return [line for record in self.records() for line in record["Data"].splitlines(keepends=True)]


def sensor_on(stage: RunningStage, folder: Path, shards: int = 2) -> Sensor:
    stream = f"sensor-{uuid.uuid4().hex[:8]}"
    kinesis = stage.client("kinesis")
    kinesis.create_stream(StreamName=stream, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    return Sensor(stage, stream, folder)


@pytest.fixture
def sensor(stage: RunningStage, tmp_path: Path) -> Sensor:
    return sensor_on(stage, tmp_path)


def waiting(line: str) -> int:
    """The readings that are produced and not sent, from what the sensor prints."""
    found = re.search(r"waiting ([\d,]+)", line)
    return int(found[1].replace(",", "")) if found else 0


TROUBLED = ("--dirty", "0.05", "--duplicates", "0.03", "--late", "0.04")


def test_the_receipt_says_what_is_in_the_stream(sensor: Sensor) -> None:
    ran = sensor.run("temperature", "--count", "20000", "--rate", "0", "--devices", "50", *TROUBLED, "--json")
    assert ran.returncode == 0, ran.stderr
    receipt, records = sensor.receipt(), sensor.records()

    lines = [(record["PartitionKey"], line) for record in records for line in record["Data"].split(b"\n")[:-1]]
    assert len(lines) == receipt.readings == 20_000
    assert len(records) == receipt.records
    assert sum(len(record["Data"]) for record in records) == receipt.bytes
    assert Counter(device for device, _ in lines) == receipt.devices
    now = datetime.now(UTC)
    reasons = Counter(reason for _, line in lines if (reason := reject_reason(line, now)) is not None)
    assert reasons == receipt.dirty
    ids = Counter(json.loads(line)["event_id"] for _, line in lines if reject_reason(line, now) is None)
    assert sum(ids.values()) - len(ids) == receipt.duplicates > 0
    assert receipt.late > 0
    for shard, told in receipt.shards.items():
        numbers = [int(record["SequenceNumber"]) for record in records if record["ShardId"] == shard]
        assert (told.records, int(told.first_sequence_number), int(told.last_sequence_number)) == (
            len(numbers),
            min(numbers),
            max(numbers),
        )
    assert receipt.state == FINISHED
    assert (receipt.unsent, receipt.in_flight) == (0, 0)
    summary = json.loads(ran.stdout)
    assert summary["readings"] == 20_000
    assert summary["receipt"] == str(sensor.receipt_path)


def test_each_device_is_in_the_stream_in_the_order_in_which_it_measured(sensor: Sensor) -> None:
    assert sensor.run("temperature", "--count", "5000", "--rate", "0", "--pack", "7", "--quiet").returncode == 0
    last: dict[str, str] = {}
    for record in sensor.records():
        assert record["Data"].count(b"\n") <= 7
        for line in record["Data"].splitlines():
            reading = json.loads(line)
            assert reading["device_id"] == record["PartitionKey"]
            assert last.get(reading["device_id"], "") < reading["event_id"]
            last[reading["device_id"]] = reading["event_id"]
    assert len(last) == 100


def test_equal_seed_and_start_send_equal_lines_whatever_the_packing(stage: RunningStage, tmp_path: Path) -> None:
    sent = []
    for number, pack in enumerate(("1", "50")):
        folder = tmp_path / str(number)
        folder.mkdir()
        sensor = sensor_on(stage, folder)
        options = ("--count", "3000", "--rate", "0", "--seed", "11", "--start", "2025-10-15", *TROUBLED)
        assert sensor.run("temperature", *options, "--pack", pack, "--quiet").returncode == 0
        sent.append(sorted(sensor.lines()))
    assert sent[0] == sent[1]
    assert len(sent[0]) == 3_000


def test_a_live_run_keeps_its_rate_and_the_present_time(sensor: Sensor) -> None:
    begun = datetime.now(UTC)
    ran = sensor.run("temperature", "--count", "300", "--rate", "300", "--devices", "10", "--quiet")
    ended = datetime.now(UTC)
    assert ran.returncode == 0, ran.stderr
    moments = [datetime.fromisoformat(json.loads(line)["timestamp"]) for line in sensor.lines()]
    assert begun - timedelta(milliseconds=1) <= min(moments)
    assert max(moments) <= ended
    assert max(moments) - min(moments) > timedelta(seconds=0.7)


def test_ctrl_c_sends_what_was_produced_and_ends_well(sensor: Sensor) -> None:
    process = sensor.start("temperature", "--rate", "2000", "--linger", "60", "--pack", "500")
    heard = sensor.hear(process, lambda line: waiting(line) > 1_000)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    receipt = sensor.receipt()
    assert receipt.state == STOPPED
    assert receipt.readings > 1_000, "with a linger of 60 s and 500 readings a record nothing was full when it ended"
    assert receipt.unsent == 0
    assert len(sensor.lines()) == receipt.readings
    assert "stopped" in out
    assert "\x1b[" not in heard + out + err, "no colours where there is no terminal"


def test_a_second_ctrl_c_ends_at_once_and_says_what_was_not_sent(tmp_path: Path, new_stage: Any) -> None:
    stage = new_stage()
    sensor = sensor_on(stage, tmp_path)
    process = sensor.start("temperature", "--rate", "5000", "--linger", "0", "--json")
    sensor.wait_until(lambda receipt: receipt.readings > 0, process)
    stage.process.send_signal(signal.SIGSTOP)
    stopped = format_timestamp(datetime.now(UTC))
    try:
        sensor.wait_until(lambda receipt: receipt.in_flight > 0 and (receipt.saved or "") > stopped, process)
        process.send_signal(signal.SIGINT)
        sensor.hear(process, lambda line: "stopping, Ctrl+C again to drop the rest" in line)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        stage.process.send_signal(signal.SIGCONT)
    assert process.returncode == 130
    assert "stopped before everything was sent" in err
    summary, receipt = json.loads(out), sensor.receipt()
    assert receipt.state == summary["state"] == ABORTED
    assert receipt.unsent == summary["unsent"] > 0
    assert 0 < receipt.in_flight <= receipt.unsent
    assert receipt.readings > 0


def test_kill_9_leaves_a_receipt_that_claims_no_more_than_was_stored(sensor: Sensor) -> None:
    process = sensor.start("temperature", "--rate", "3000", "--quiet")
    sensor.wait_until(lambda receipt: receipt.readings > 0, process)
    process.kill()
    process.communicate(timeout=PATIENCE)
    receipt, records = sensor.receipt(), sensor.records()
    assert receipt.state == RUNNING
    assert not receipt.is_final
    assert 0 < receipt.readings <= len(sensor.lines())
    assert 0 < receipt.records <= len(records)
    stored = {(record["ShardId"], int(record["SequenceNumber"])) for record in records}
    for shard, told in receipt.shards.items():
        assert (shard, int(told.first_sequence_number)) in stored
        assert (shard, int(told.last_sequence_number)) in stored


def test_kill_9_leaves_a_journal_of_all_that_was_acknowledged(sensor: Sensor) -> None:
    process = sensor.start("temperature", "--rate", "3000", "--quiet", *TROUBLED)
    sensor.wait_until(lambda receipt: receipt.readings > 0, process)
    process.kill()
    process.communicate(timeout=PATIENCE)
    receipt, journal = sensor.receipt(), sensor.receipt_path.with_suffix(".ids").read_bytes()
    told = unpacked(journal[: receipt.journal_bytes])
    assert digest_sum([*receipt.identified.values(), *receipt.dirty_digests.values()]) == Digest(len(told), 0).plus(
        0, sum(told)
    )
    assert len(journal) >= receipt.journal_bytes > 0
    now = datetime.now(UTC)
    stored = {
        line_hash(line) if reject_reason(line, now) else id_hash(json.loads(line)["event_id"].encode())
        for line in (line.rstrip(b"\n") for line in sensor.lines())
    }
    assert set(unpacked(journal)) <= stored
    (run,) = read_chains(sensor.folder).runs.values()
    assert (run.run_id, run.closed) == (receipt.run_id, None)


def test_the_chain_has_the_hashes_of_the_receipt_and_the_journal(sensor: Sensor) -> None:
    assert sensor.run("temperature", "--count", "500", "--rate", "0", "--quiet", *TROUBLED).returncode == 0
    chains = read_chains(sensor.folder)
    (run,) = chains.runs.values()
    assert (run.run_id, run.receipt, run.stream) == (sensor.receipt().run_id, "receipt.json", sensor.stream)
    hashes = [
        hashlib.sha256(sensor.receipt_path.with_suffix(end).read_bytes()).hexdigest() for end in (".json", ".ids")
    ]
    assert run.closed == Closed(*hashes)
    assert sensor.receipt().journal_bytes == 8 * (500 - sensor.receipt().duplicates)


def test_a_stage_that_dies_and_returns_costs_nothing(tmp_path: Path, new_stage: Any) -> None:
    stage = new_stage()
    sensor = sensor_on(stage, tmp_path)
    process = sensor.start("temperature", "--rate", "4000", "--pack", "5", "--json")
    sensor.wait_until(lambda receipt: receipt.readings > 0, process)
    stage.stop(signal.SIGKILL)
    sensor.wait_until(lambda receipt: receipt.failed > 0, process)
    before = sensor.receipt().readings
    stage.start()
    sensor.wait_until(lambda receipt: receipt.readings > before, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    summary = json.loads(out)
    assert (summary["state"], summary["unsent"]) == (STOPPED, 0)
    lines = sensor.lines()
    assert len(set(lines)) == summary["readings"]
    assert len(lines) - summary["readings"] <= summary["uncertain"]


def test_a_throttled_stream_gets_everything_in_order(
    tmp_path: Path, new_stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_STAGE_KINESIS_LIMITS", "1")
    sensor = sensor_on(new_stage(), tmp_path, shards=1)
    # All devices together have more to send at once than a shard takes in a second, however slow the machine is.
    ran = sensor.run("temperature", "--rate", "0", "--count", "15000", "--devices", "40", "--pack", "170", "--json")
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout)
    assert summary["failed"] > 0
    assert summary["retried"] > 0
    ids = [json.loads(line)["event_id"] for line in sensor.lines()]
    assert len(ids) == 15_000
    by_device: dict[str, list[str]] = {}
    for event_id in ids:
        by_device.setdefault(event_id.split("-")[1], []).append(event_id)
    assert all(device_ids == sorted(device_ids) for device_ids in by_device.values())


REPLAY = ("--no-header", "--device-id", "4", "--timestamp", "2", "--timestamp-unit", "ms", "--temperature", "5")


def test_replaying_a_file_twice_adds_no_new_event(sensor: Sensor, tmp_path: Path) -> None:
    rows = climate_rows(1_000)
    rows[500] = "no such row"
    (tmp_path / "climate.csv").write_text("\n".join(rows))
    (tmp_path / "climate.csv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    first = sensor.run("replay", "--csv", "climate.csv", *REPLAY, "--humidity", "6", "--json")
    assert first.returncode == 1, first.stderr
    assert "Error: climate.csv: 1 row could not be read" in first.stderr
    assert json.loads(first.stdout)["unreadable_rows"] == sensor.receipt().unreadable_rows == 1
    assert json.loads(first.stdout)["unreadable"] == [
        {"line": 501, "problem": "it has 1 columns, and column 6 is needed"}
    ]
    ids = {json.loads(line)["event_id"] for line in sensor.lines()}
    assert len(ids) == 999
    sensor.receipt_path.unlink()
    second = sensor.run("replay", "--csv", "climate.csv.gz", *REPLAY, "--humidity", "6")
    assert second.returncode == 1, second.stderr
    assert "line 501: it has 1 columns" in second.stdout
    assert "rows that could not be read" in second.stdout
    again = [json.loads(line)["event_id"] for line in sensor.lines()]
    assert len(again) == 2 * 999
    assert set(again) == ids


def test_columns_are_named_by_the_header(sensor: Sensor, tmp_path: Path) -> None:
    text = "when,who,Temp C\n2025-10-15 08:30:00,kitchen,20.5\n"
    (tmp_path / "a.csv").write_text(text)
    options = ("--device-id", "who", "--timestamp", "when", "--temperature", "Temp C", "--time-zone", "Asia/Tokyo")
    ran = sensor.run("replay", "--csv", "a.csv", *options, "--quiet")
    assert ran.returncode == 0, ran.stderr
    (line,) = sensor.lines()
    reading = json.loads(line)
    assert (reading["device_id"], reading["timestamp"]) == ("kitchen", "2025-10-14T23:30:00.000Z")
    assert ran.stdout == ran.stderr == ""


def test_a_file_without_one_readable_row_fails(sensor: Sensor, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n".join(climate_rows(10)))
    ran = sensor.run("replay", "--csv", "a.csv", *REPLAY[:-4], "--timestamp-unit", "s", "--temperature", "5")
    assert ran.returncode == 2
    assert "no row of a.csv could be read" in ran.stderr


def test_a_stream_that_does_not_exist_is_named_with_what_to_do(stage: RunningStage, tmp_path: Path) -> None:
    sensor = Sensor(stage, "no-such-stream", tmp_path)
    ran = sensor.run("temperature", "--count", "5")
    assert ran.returncode == 2
    assert "Error: there is no stream no-such-stream. Create it" in ran.stderr
    assert sensor.receipt().state == FAILED
    assert sensor.receipt().unsent == 5


def test_missing_credentials_are_named_with_what_to_do(stage: RunningStage, tmp_path: Path) -> None:
    sensor = Sensor(stage, "stream", tmp_path)
    environment = dict.fromkeys((name for name in stage.environment if name.startswith("AWS_")), None)
    environment |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    ran = sensor.run("temperature", "--stage", "prod", "--count", "5", "--region", "ap-northeast-1", **environment)
    assert ran.returncode == 2
    assert "Error: no usable AWS credentials" in ran.stderr
    assert "AWS_PROFILE" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_receipt_is_never_overwritten(sensor: Sensor) -> None:
    assert sensor.run("temperature", "--count", "5", "--rate", "0", "--quiet").returncode == 0
    before = sensor.receipt_path.read_bytes()
    ran = sensor.run("temperature", "--count", "5", "--rate", "0")
    assert ran.returncode == 2
    assert "a receipt is evidence" in ran.stderr
    assert sensor.receipt_path.read_bytes() == before


def test_a_receipt_that_cannot_be_written_is_refused_before_anything_is_sent(sensor: Sensor) -> None:
    (sensor.folder / "file").write_text("")
    elsewhere = sensor.folder / "file" / "receipt.json"
    ran = sensor.run("temperature", "--count", "5", receipt=elsewhere)
    assert ran.returncode == 2
    assert "cannot be written" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert sensor.lines() == []


def test_a_receipt_that_can_no_longer_be_written_ends_with_the_summary_and_what_to_do(sensor: Sensor) -> None:
    process = sensor.start("temperature", "--rate", "1000", "--linger", "0", "--json")
    sensor.wait_until(lambda receipt: receipt.readings > 0, process)
    process.send_signal(signal.SIGSTOP)  # it must not save the receipt in between
    sensor.receipt_path.rename(sensor.folder / "moved.json")
    sensor.receipt_path.mkdir()
    process.send_signal(signal.SIGCONT)
    time.sleep(1)  # the saves in between fail too
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert json.loads(out)["readings"] == len(sensor.lines())
    assert "cannot be written" in err
    assert "Traceback" not in err


def test_the_script_starts_simulated_readings_and_passes_options_on(sensor: Sensor) -> None:
    script = [str(REPOSITORY / "scripts" / "sensor.sh"), "local", "--count", "50", "--rate", "0", "--json"]
    ran = subprocess.run(
        [*script, "--stream", sensor.stream, "--receipt", str(sensor.receipt_path)],
        cwd=sensor.folder,
        env=sensor.stage.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["readings"] == len(sensor.lines()) == 50


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), ([], 2), (["--rate", "3"], 2)])
def test_the_script_explains_itself(arguments: list[str], status: int) -> None:
    script = REPOSITORY / "scripts" / "sensor.sh"
    ran = subprocess.run([str(script), *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ran.returncode == status
    assert "Usage: ./scripts/sensor.sh STAGE" in ran.stdout + ran.stderr
