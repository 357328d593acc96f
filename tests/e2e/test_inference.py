"""The inference pipeline end to end: the demo with its killed endpoint, then an outage and a replay on what it left up.

The tests build on each other, in the order in which they stand here. Each event id is accounted for.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing.waiting import PATIENCE

from datastreamer.events.labels import POISON, Label, read_labels
from datastreamer.inference.audit.account import Account, account
from datastreamer.inference.audit.stored import read_stored
from datastreamer.inference.names import Names
from tests.conftest import RunningStage, free_port
from tests.e2e.conftest import Lake, shown

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

READINGS = 3_000
OUTAGE_RECORDS = 200


@dataclass
class Stack:
    """A stage, the stack that the demo left up on it, and the labels of everything that was sent."""

    commands: Lake

    @property
    def stage(self) -> RunningStage:
        return self.commands.stage

    @property
    def folder(self) -> Path:
        """What the demo kept."""
        (folder,) = (self.stage.data_dir / "demo").iterdir()
        return folder

    @property
    def names(self) -> Names:
        return Names(self.folder.name, "000000000000")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``datastreamer inference …`` on the stage."""
        return self.commands.run("datastreamer.cli", "inference", *words, "--stage", "local")

    def do(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The same; fails the test unless it exits 0."""
        done = self.run(*words)
        assert done.returncode == 0, shown(done)
        return done

    def sent(self) -> list[Label]:
        return [label for path in sorted(self.folder.glob("*.csv")) for label in read_labels(path)]

    def account(self, timeout: float = 0.0) -> Account:
        """What became of everything that was sent; waits so many seconds for what is missing."""
        deadline = time.monotonic() + timeout
        clients = self.stage.client("dynamodb"), self.stage.client("s3")
        while True:
            found = account(self.sent(), read_stored(*clients, self.names.table, self.names.dlq_bucket))
            if not found.missing or time.monotonic() >= deadline:
                return found
            time.sleep(0.3)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("inference")
    found = Stack(Lake(RunningStage(free_port(), folder / "data"), folder / "receipts"))
    yield found
    found.commands.run("aws_stage", "down")


def test_the_demo_accounts_for_every_record_though_the_endpoint_is_killed(stack: Stack) -> None:
    done = stack.commands.run("scripts.demo", "--pipeline", "inference", "--readings", str(READINGS), "--keep")
    assert done.returncode == 0, shown(done)
    killed = re.search(r"served by process (\d+), and is now by (\d+)", done.stdout)
    assert killed
    assert killed[1] != killed[2]
    last = done.stdout.strip().splitlines()[-1]
    numbers = re.match(
        r"DEMO OK ([\d,]+) sent = ([\d,]+) predicted once \+ ([\d,]+) parked;"
        r" anomalies: precision ([\d.]+)%, recall ([\d.]+)%;"
        r" put to item: p50 (?:\d+|nan) ms, p99 (?:\d+|nan) ms before the kill, p50 \d+ ms, p99 \d+ ms with it",
        last,
    )
    assert numbers, last
    sent, scored, parked = (int(number.replace(",", "")) for number in numbers.groups()[:3])
    labels = stack.sent()
    assert sent == len(labels) > READINGS
    assert parked == sum(label.truth == POISON for label in labels) > 5
    assert scored == sent - parked
    found = stack.account()
    assert found.balanced, found.document()
    assert (found.sent, found.scored, found.good_parked) == (sent, scored, 0)
    assert found.precision > 0.6
    assert found.recall > 0.3


def test_predictions_of_a_sensor_come_newest_first(stack: Stack) -> None:
    words = ("query-predictions", stack.names.table, "sensor-001", "--limit", "10", "--json")
    items: list[dict[str, Any]] = json.loads(stack.do(*words).stdout)["predictions"]
    keys = [item["sk"] for item in items]
    assert len(keys) == 10
    assert keys == sorted(keys, reverse=True)
    assert {item["pk"] for item in items} == {"sensor-001"}
    assert all(0.0 <= item["prediction"]["score"] <= 1.0 for item in items)


def test_what_an_outage_left_unscored_is_parked_by_lambda_whole(stack: Stack) -> None:
    before = len(stack.sent())
    stack.do("delete-endpoint", stack.names.endpoint, "--yes")
    stack.do("update-processor", stack.names.function, "--retries", "0")
    sensors = stack.commands.run(
        *f"datastreamer.sensor inference --stage local --stream {stack.names.stream}".split(),
        *f"--count {OUTAGE_RECORDS} --rate 0".split(),
        *f"--seed 12 --poison 0.1 --labels {stack.folder / 'outage.csv'}".split(),
        *("--receipt", str(stack.folder / "outage.json")),
    )
    assert sensors.returncode == 0, shown(sensors)
    found = stack.account(timeout=PATIENCE)
    assert found.balanced, found.document()
    assert found.sent == before + OUTAGE_RECORDS
    assert OUTAGE_RECORDS / 2 < found.good_parked < OUTAGE_RECORDS


def test_replaying_makes_predictions_of_what_the_outage_parked_and_leaves_poison_parked(stack: Stack) -> None:
    stack.do("create-endpoint", stack.names.endpoint, stack.names.config)
    labels = stack.sent()
    poison = sum(label.truth == POISON for label in labels)
    good_parked = stack.account().good_parked
    for turn in range(2):
        done = stack.run("replay-failures", stack.names.stack, "--json")
        assert done.returncode == 1, "poison still fails"
        tally = json.loads(done.stdout)
        assert tally["failing"] == poison
        assert tally["stored"] == good_parked or turn, "what is stored already may be stored again"
        found = stack.account()
        assert found.balanced, found.document()
        assert (found.scored, found.good_parked) == (len(labels) - poison, 0)
        assert sum(found.parked.values()) == poison


def test_destroy_leaves_nothing(stack: Stack) -> None:
    stack.do("destroy", stack.names.stack, "--yes")
    client = stack.stage.client
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("kinesis").list_streams()["StreamNames"] == []
    assert client("dynamodb").list_tables()["TableNames"] == []
    assert client("lambda").list_functions()["Functions"] == []
    assert client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert client("sagemaker").list_endpoints()["Endpoints"] == []
    assert client("sagemaker").list_endpoint_configs()["EndpointConfigs"] == []
    assert client("sagemaker").list_models()["Models"] == []
    assert client("sns").list_topics()["Topics"] == []
    assert client("iam").list_roles()["Roles"] == []
    assert client("iam").list_policies(Scope="Local")["Policies"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
