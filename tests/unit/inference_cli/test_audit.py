"""``datastreamer inference audit``: each record of a run is found again, or named."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from datastreamer.events.labels import NORMAL, POISON, Label, LabelFile
from tests.unit.inference_cli.conftest import REGION, CommandLine

ACCOUNT = "123456789012"
GOOD = Label("0123456789ab-001-0000000001", "sensor-001", NORMAL, "")
BAD = Label("0123456789ab-002-0000000001", "sensor-002", POISON, "no_id")
LOST = Label("0123456789ab-003-0000000001", "sensor-003", NORMAL, "")


@pytest.fixture
def stack(cli: CommandLine, tmp_path: Path) -> Path:
    """A stack ``my-ml`` with one prediction and one parked record, and the file of their labels."""
    cli.done("create-table", "my-ml-predictions")
    cli.client("dynamodb").put_item(
        TableName="my-ml-predictions",
        Item={
            "pk": {"S": GOOD.device},
            "sk": {"S": "1"},
            "timestamp": {"N": "1000"},
            "input": {"M": {"event_id": {"S": GOOD.event_id}}},
            "prediction": {"M": {"scored_at": {"N": "1007"}, "label": {"N": "0"}}},
        },
    )
    s3 = cli.client("s3")
    bucket = f"my-ml-dlq-{ACCOUNT}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    parked = {"reason": "missing_id", "record": {"kinesis": {"data": base64.b64encode(BAD.event_id.encode()).decode()}}}
    s3.put_object(Bucket=bucket, Key="failures/1.json", Body=json.dumps(parked).encode())
    path = tmp_path / "labels.csv"
    with LabelFile(path) as file:
        file.add([GOOD, BAD])
    return path


def test_a_run_of_which_nothing_is_lost_balances(cli: CommandLine, stack: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.json"
    found = cli.done("audit", "my-ml", "--labels", str(stack), "--ledger", str(ledger), "--json").document
    assert (found["sent"], found["scored"], found["parked"]) == (2, 1, {"missing_id": 1})
    assert found["balanced"]
    assert json.loads(ledger.read_text())["sent"] == 2
    assert "nothing lost, nothing twice" in cli.done("audit", "my-ml", "--labels", str(stack)).out


def test_what_is_missing_is_named_once_patience_ends(cli: CommandLine, stack: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    with LabelFile(more) as file:
        file.add([LOST])
    answer = cli("audit", "my-ml", "--labels", str(stack), "--labels", str(more), "--timeout", "3")
    assert answer.code == 1
    assert "1 neither in the table nor parked" in answer.out
    assert LOST.event_id in answer.out
    assert cli.operations.count("Scan") > 1, "it waits for what is missing"


def test_a_file_that_holds_no_labels_is_refused(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("device,truth\n")
    answer = cli("audit", "my-ml", "--labels", str(tmp_path / "labels.csv"))
    assert answer.code == 2
    assert "holds no labels" in answer.err
