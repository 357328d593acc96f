"""The inference pipeline end to end: a stack of its own, poison, a killed endpoint, an outage, a replay.

The tests build on each other, in the order in which they stand here. Each event id is accounted for.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from datastreamer.inference.names import Names
from datastreamer.inference.training import model_uri, next_commands
from scripts.inference.account import Account, account
from scripts.inference.stored import read_stored
from sensor.inference.labels import POISON, Label, read_labels
from tests.conftest import REGION, RunningStage, free_port
from tests.e2e.conftest import Lake, shown

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

NAMES = Names("end-to-end", "000000000000")
RECORDS = 3_000
OUTAGE_RECORDS = 200


@dataclass
class Stack:
    """A stage, the commands that a user types on it, and the labels of everything that was sent."""

    commands: Lake
    folder: Path
    labels: list[Path] = field(default_factory=list)

    @property
    def stage(self) -> RunningStage:
        return self.commands.stage

    def inference(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``datastreamer inference …`` on the stage; fails the test unless it exits 0."""
        done = self.commands.run("datastreamer.cli", "inference", *words, "--stage", "local")
        assert done.returncode == 0, shown(done)
        return done

    def start_sensors(self, name: str, records: int, *words: str) -> subprocess.Popen[str]:
        """``python -m sensor inference …`` in the background; its labels count from now on."""
        self.labels.append(self.folder / f"{name}.csv")
        return self.commands.start(
            *f"sensor inference --stage local --stream {NAMES.stream} --count {records} --poison 0.02".split(),
            *("--labels", str(self.labels[-1]), "--receipt", str(self.folder / f"{name}.json"), *words),
        )

    def account(self) -> Account:
        """What became of everything that was sent."""
        found = read_stored(self.stage.client("dynamodb"), self.stage.client("s3"), NAMES.table, NAMES.dlq_bucket)
        return account(self.sent(), found)

    def sent(self) -> list[Label]:
        return [label for path in self.labels for label in read_labels(path)]

    def settled_account(self, timeout: float = 60.0) -> Account:
        """The account, once nothing is missing."""
        deadline = time.monotonic() + timeout
        while (found := self.account()).missing and time.monotonic() < deadline:
            time.sleep(0.3)
        return found

    def server_pid(self) -> int:
        """The process that serves the endpoint."""
        path = self.stage.data_dir / "work" / "sagemaker" / NAMES.endpoint / "AllTraffic.pid"
        return int(path.read_text().split()[0])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("inference")
    stage = RunningStage(free_port(), folder / "data")
    stage.start()
    yield Stack(Lake(stage, folder / "receipts"), folder)
    stage.stop()


def test_a_stack_a_model_and_an_endpoint_are_put_in_place(stack: Stack) -> None:
    stack.inference("deploy", NAMES.stack, "--yes")
    folder = stack.folder / "model"
    stack.inference("train-example", "--stack", NAMES.stack, "--out", str(folder), "--records", "60000")
    metrics = json.loads((folder / "metrics.json").read_text())
    uri = model_uri(NAMES.models_bucket, metrics["digest"])
    for command in next_commands(uri, metrics["threshold"], NAMES.stack, REGION):
        stack.inference(*command.split()[2:])


def test_every_record_is_scored_once_or_parked_though_the_endpoint_is_killed(stack: Stack) -> None:
    sensors = stack.start_sensors("killed", RECORDS, "--rate", "600", "--seed", "11")
    time.sleep(RECORDS / 600 / 2)
    before = stack.server_pid()
    os.kill(before, signal.SIGKILL)
    output, _ = sensors.communicate(timeout=60)
    assert sensors.returncode == 0, output
    found = stack.settled_account()
    assert found.balanced, found.document()
    poison = sum(label.truth == POISON for label in stack.sent())
    assert (found.sent, found.scored, sum(found.parked.values())) == (RECORDS, RECORDS - poison, poison)
    assert found.good_parked == 0
    assert poison > 30
    assert found.precision > 0.6
    assert found.recall > 0.4
    assert stack.server_pid() != before


def test_predictions_of_a_sensor_come_newest_first(stack: Stack) -> None:
    answer = json.loads(
        stack.inference("query-predictions", NAMES.table, "sensor-001", "--limit", "10", "--json").stdout
    )
    items: list[dict[str, Any]] = answer["predictions"]
    assert len(items) == 10
    keys = [item["sk"] for item in items]
    assert keys == sorted(keys, reverse=True)
    assert {item["pk"] for item in items} == {"sensor-001"}
    assert all(0.0 <= item["prediction"]["score"] <= 1.0 for item in items)


def test_what_an_outage_left_unscored_is_parked_by_lambda_whole(stack: Stack) -> None:
    stack.inference("delete-endpoint", NAMES.endpoint, "--yes")
    stack.inference("update-processor", NAMES.function, "--retries", "0")
    sensors = stack.start_sensors("outage", OUTAGE_RECORDS, "--rate", "0", "--seed", "12", "--poison", "0.1")
    output, _ = sensors.communicate(timeout=60)
    assert sensors.returncode == 0, output
    found = stack.settled_account()
    assert found.balanced, found.document()
    assert found.sent == RECORDS + OUTAGE_RECORDS
    assert found.good_parked > OUTAGE_RECORDS / 2


def test_replaying_makes_predictions_of_what_the_outage_parked_and_leaves_poison_parked(stack: Stack) -> None:
    stack.inference("create-endpoint", NAMES.endpoint, NAMES.config)
    poison = sum(label.truth == POISON for label in stack.sent())
    good_parked = stack.account().good_parked
    for turn in range(2):
        done = stack.commands.run(
            "datastreamer.cli", "inference", "replay-failures", NAMES.stack, "--json", "--stage", "local"
        )
        assert done.returncode == 1, "poison still fails"
        tally = json.loads(done.stdout)
        assert tally["failing"] == poison
        assert tally["stored"] == good_parked or turn
        found = stack.account()
        assert found.balanced, found.document()
        assert (found.scored, found.good_parked) == (RECORDS + OUTAGE_RECORDS - poison, 0)
        assert sum(found.parked.values()) == poison


def test_destroy_leaves_nothing(stack: Stack) -> None:
    stack.inference("destroy", NAMES.stack, "--yes")
    client = stack.stage.client
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("kinesis").list_streams()["StreamNames"] == []
    assert client("dynamodb").list_tables()["TableNames"] == []
    assert client("lambda").list_functions()["Functions"] == []
    assert client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert client("sagemaker").list_endpoints()["Endpoints"] == []
    assert client("sagemaker").list_endpoint_configs()["EndpointConfigs"] == []
    assert client("sagemaker").list_models()["Models"] == []
    assert client("iam").list_roles()["Roles"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
