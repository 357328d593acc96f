"""A fleet's events on a stage: the stream has what the receipt counts, and means the graph that the truth says."""

from __future__ import annotations

import json
import signal
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datastreamer.events.digest import digest_sum, id_hash
from datastreamer.events.fleet.event import parse_event, reject_reason
from datastreamer.events.fleet.graph import graph_of
from datastreamer.events.fleet.truth import read_truth
from datastreamer.events.receipt import STOPPED
from tests.conftest import RunningStage
from tests.stage.test_sensor import Sensor, sensor_on

pytestmark = pytest.mark.stage

WORDS = "insight --sites 3 --devices 60 --rate 0 --seed 7"


@pytest.fixture
def sensor(stage: RunningStage, tmp_path: Path) -> Sensor:
    return sensor_on(stage, tmp_path)


def test_the_stream_has_what_the_receipt_counts_and_means_the_graph_of_the_truth(sensor: Sensor) -> None:
    rough = "--dirty 0.05 --duplicates 0.05 --late 0.1 --topology-changes 0.02 --incidents 2"
    ran = sensor.run(*WORDS.split(), *rough.split(), "--count", "8000", "--truth", "truth.jsonl", "--json")
    assert ran.returncode == 0, ran.stderr
    receipt, now = sensor.receipt(), datetime.now(UTC)
    records = sensor.records()
    assert all(record["Data"].endswith(b"\n") for record in records)
    lines = [(record["PartitionKey"], line) for record in records for line in record["Data"].splitlines()]
    assert len(lines) == receipt.readings == 8_000
    assert json.loads(ran.stdout)["readings"] == 8_000
    reasons = Counter(reason for _, line in lines if (reason := reject_reason(line, now)))
    assert reasons == receipt.dirty
    events = [(key, parse_event(line, now)) for key, line in lines if reject_reason(line, now) is None]
    assert {key for key, _ in events} == {event.site_id for _, event in events} == {"tokyo", "nagoya", "sapporo"}
    assert all(key == event.site_id for key, event in events)
    ids = {event.event_id for _, event in events}
    assert len(events) - len(ids) == receipt.duplicates > 0
    assert receipt.late > 0
    identified = digest_sum(receipt.identified.values())
    assert (identified.lines, identified.total) == (len(ids), sum(id_hash(each.encode()) for each in ids) % 2**64)
    truth = read_truth(sensor.folder / "truth.jsonl")
    assert truth.graph == graph_of(event for _, event in events).document()
    assert truth.options["devices"] == 60
    assert truth.incidents


def test_ctrl_c_sends_what_was_produced_and_the_truth_is_of_that(sensor: Sensor) -> None:
    process = sensor.start(
        *WORDS.replace("--rate 0", "--rate 2000").split(), "--truth", "truth.jsonl", "--linger", "30"
    )
    sensor.wait_until(lambda receipt: receipt.readings > 500, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 0, err
    receipt, now = sensor.receipt(), datetime.now(UTC)
    assert (receipt.state, receipt.unsent) == (STOPPED, 0)
    assert "insight" in out
    lines = [line for record in sensor.records() for line in record["Data"].splitlines()]
    assert len(lines) == receipt.readings
    graph = graph_of(parse_event(line, now) for line in lines)
    assert read_truth(sensor.folder / "truth.jsonl").graph == graph.document()


def test_a_run_without_a_stream_says_what_to_do_and_claims_no_graph(sensor: Sensor) -> None:
    words = [*WORDS.split(), "--count", "10", "--truth", "truth.jsonl"]
    sensor.stream = "datastreamer-local-insight-stream"
    ran = sensor.run(*words)
    assert ran.returncode == 2
    assert "there is no stream datastreamer-local-insight-stream" in ran.stderr
    assert read_truth(sensor.folder / "truth.jsonl").graph is None
