"""train-example: where the model goes and what is told of it (the training itself has tests of its own)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from datastreamer.inference import training
from tests.unit.inference_cli.conftest import CommandLine

BUCKET = "shop-models-123456789012"


class Measured:
    records, anomalies, precision, recall, f1 = 1000, 30, 0.975, 0.747, 0.846


class Trained:
    """What the training gives, without the training."""

    digest, threshold = "0123456789abcdef", 0.81
    held_out = limits = Measured()

    def __init__(self, out: Path) -> None:
        self.archive, self.card, self.metrics = out / "model.tar.gz", out / "model-card.md", out / "metrics.json"
        out.mkdir(parents=True, exist_ok=True)
        for file in (self.archive, self.card, self.metrics):
            file.write_text("x")

    @property
    def prefix(self) -> str:
        return f"example/{self.digest}"

    def document(self) -> dict[str, Any]:
        return {"digest": self.digest, "threshold": self.threshold}


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the training was asked for."""
    asked: list[dict[str, Any]] = []

    def train(**given: Any) -> Trained:
        asked.append(given)
        given["report"]("training on 600 of them")
        return Trained(given["out"])

    monkeypatch.setattr(training, "train_example", train)
    return asked


@pytest.fixture
def bucket(cli: CommandLine) -> str:
    cli.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    return BUCKET


def test_it_uploads_to_the_stacks_bucket_and_tells_what_to_type_next(
    cli: CommandLine, trained: list[dict[str, Any]], bucket: str, tmp_path: Path
) -> None:
    answer = cli.done("train-example", "--stack", "shop", "--out", str(tmp_path), "--seed", "3", "--records", "60000")
    assert (trained[0]["out"], trained[0]["seed"], trained[0]["records"]) == (tmp_path, 3, 60_000)
    uri = f"s3://{bucket}/example/0123456789abcdef/model.tar.gz"
    assert f"uploaded {uri}" in answer.out
    assert "97.5%" in answer.out
    for command in ("create-model shop-model", "create-endpoint shop-endpoint", "update-processor shop-processor"):
        assert f"  datastreamer inference {command}" in answer.out
    stored = [each["Key"] for each in cli.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert "example/0123456789abcdef/model.tar.gz" in stored


@pytest.mark.usefixtures("trained")
def test_without_a_bucket_it_only_writes_files(cli: CommandLine, tmp_path: Path) -> None:
    document = cli.done("train-example", "--out", str(tmp_path), "--json").document
    assert (document["model_uri"], document["archive"]) == (None, str(tmp_path / "model.tar.gz"))
    assert cli.calls == []


def test_a_missing_bucket_is_told_before_the_training(cli: CommandLine, trained: list[dict[str, Any]]) -> None:
    answer = cli("train-example", "--stack", "shop")
    assert answer.code == 2
    assert f"there is no bucket {BUCKET}. Is its stack deployed in ap-northeast-1?" in answer.err
    assert trained == []


@pytest.mark.usefixtures("trained", "bucket")
def test_a_dry_run_trains_and_uploads_nothing(cli: CommandLine, tmp_path: Path) -> None:
    calls = cli.dry("train-example", "--stack", "shop", "--out", str(tmp_path))
    assert {name for name, _ in calls} == {"s3.PutObject"}
    assert {given["Body"] for _, given in calls} == {"x"}


def test_stack_and_bucket_exclude_each_other(cli: CommandLine) -> None:
    assert cli("train-example", "--stack", "shop", "--bucket", "b").code == 2
