"""The example model: the same bytes for the same seed, an archive that SageMaker reads, and honest numbers."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import boto3
import numpy as np
import pytest
import xgboost
from moto import mock_aws

from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.inference.training import TrainedExample, next_commands, train_example, upload
from datastreamer.inference.training.archive import pack
from datastreamer.inference.training.evaluation import best_threshold, evaluate
from datastreamer.inference.training.readings import HELD_OUT, TRAINING, VALIDATION, Readings, simulate
from tests.conftest import REPOSITORY

RECORDS = 100_000


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> TrainedExample:
    return train_example(out=tmp_path_factory.mktemp("model"), seed=3, records=RECORDS)


def booster(example: TrainedExample, folder: Path) -> xgboost.Booster:
    """The model as the container loads it: the archive unpacked, the file read by its name alone."""
    with tarfile.open(example.archive) as archive:
        assert archive.getnames() == ["xgboost-model"]
        archive.extractall(folder, filter="data")
    return xgboost.Booster(model_file=str(folder / "xgboost-model"))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(example: TrainedExample, tmp_path: Path) -> None:
    again = train_example(out=tmp_path / "again", seed=3, records=RECORDS)
    other = train_example(out=tmp_path / "other", seed=4, records=RECORDS)
    assert again.archive.read_bytes() == example.archive.read_bytes()
    assert again.card.read_text() == example.card.read_text()
    assert other.archive.read_bytes() != example.archive.read_bytes()
    assert other.digest != example.digest


def test_plain_xgboost_loads_the_archive_and_finds_the_same_anomalies(example: TrainedExample, tmp_path: Path) -> None:
    held_out = simulate(HELD_OUT, 3, RECORDS)
    scores = booster(example, tmp_path).predict(xgboost.DMatrix(held_out.values))
    assert scores.shape == (len(held_out.values),)
    assert evaluate(held_out, scores >= example.threshold) == example.held_out


def test_an_obvious_anomaly_scores_high_and_a_healthy_reading_low(example: TrainedExample, tmp_path: Path) -> None:
    hot, wet, healthy = booster(example, tmp_path).predict(
        xgboost.DMatrix(np.array([[48.0, 15.0, 1010.0], [21.0, 99.0, 1010.0], [21.5, 51.0, 1008.0]]))
    )
    assert min(hot, wet) >= example.threshold > healthy


def test_the_reading_that_the_documents_send_is_healthy(example: TrainedExample, tmp_path: Path) -> None:
    page = (REPOSITORY / "docs/pipelines/inference.md").read_text()
    shown = re.search(r'^\{"id": "sensor-001", "data": (\[.*?\])', page, re.MULTILINE)
    assert shown is not None
    [score] = booster(example, tmp_path).predict(xgboost.DMatrix(np.array([json.loads(shown[1])])))
    assert score < example.threshold / 2


def test_the_model_beats_plain_limits_on_readings_it_never_saw(example: TrainedExample) -> None:
    assert example.held_out.precision > 0.8
    assert example.held_out.recall > 0.6
    assert example.held_out.f1 > example.limits.f1
    assert set(example.held_out.recall_by_fault) == {
        *("overheating", "weak_cooling", "humidity_saturated", "humidity_decoupled"),
        *("pressure_leak", "temperature_drift", "spike"),
    }


def test_the_three_sets_share_no_fleet_and_no_reading() -> None:
    sets = [simulate(part, seed, RECORDS) for seed in (3, 4) for part in (TRAINING, VALIDATION, HELD_OUT)]
    seeds = [seed for readings in sets for seed in readings.seeds]
    assert len(seeds) == len(set(seeds))
    rows = [set(map(tuple, readings.values.tolist())) for readings in sets[:3]]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert len(rows[first] & rows[second]) < 0.001 * len(rows[second])
    assert sum(len(readings.values) for readings in sets[:3]) == RECORDS


def test_the_threshold_is_the_best_of_all() -> None:
    random = np.random.default_rng(5)
    faulty = random.random(300) < 0.2
    scores = np.clip(np.where(faulty, 0.6, 0.4) + random.normal(0, 0.2, 300), 0.0, 1.0).round(2).astype(np.float32)
    readings = Readings(np.zeros((300, 3)), np.where(faulty, "drift", ""), ())
    chosen = evaluate(readings, scores >= best_threshold(scores, faulty)).f1
    assert chosen == max(evaluate(readings, scores >= other).f1 for other in np.arange(-0.005, 1.01, 0.01))


def test_without_an_anomaly_there_is_no_threshold() -> None:
    with pytest.raises(UsageError, match="--records"):
        best_threshold(np.array([0.1, 0.2], np.float32), np.array([False, False]))


def test_an_evaluation_counts() -> None:
    readings = Readings(np.zeros((5, 3)), np.array(["", "", "spike", "drift", "drift"]), ())
    found = evaluate(readings, np.array([True, False, True, True, False]))
    assert (found.records, found.anomalies, found.alarms, found.found) == (5, 3, 3, 2)
    assert found.precision == found.recall == found.f1 == pytest.approx(2 / 3)
    assert found.recall_by_fault == {"drift": 0.5, "spike": 1.0}


def test_the_card_says_what_was_measured_and_how_to_get_it_again(example: TrainedExample) -> None:
    card = example.card.read_text()
    assert f"{example.held_out.precision:.1%} | {example.held_out.recall:.1%}" in card
    assert f"**{example.threshold}**" in card
    assert f"train-example --seed 3 --records {RECORDS}" in card
    for fault, recall in example.held_out.recall_by_fault.items():
        assert f"| `{fault}` | {recall:.1%} |" in card


def test_an_archive_holds_the_model_alone_and_no_time() -> None:
    packed = pack(b"trees")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        (entry,) = archive.getmembers()
        assert (entry.name, entry.mtime, entry.uid, entry.uname) == ("xgboost-model", 0, 0, "")
        content = archive.extractfile(entry)
        assert content is not None
        assert content.read() == b"trees"
    assert packed == pack(b"trees")


@mock_aws
def test_archive_and_card_are_uploaded_under_the_archives_digest(example: TrainedExample) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="models")
    uri = upload(example, s3, "models")
    assert uri == f"s3://models/example/{example.digest}/model.tar.gz"
    assert upload(example, s3, "models") == uri
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="models")["Contents"]]
    assert keys == [f"example/{example.digest}/{name}" for name in ("metrics.json", "model-card.md", "model.tar.gz")]
    assert s3.get_object(Bucket="models", Key=keys[2])["Body"].read() == example.archive.read_bytes()


def test_the_metrics_beside_the_archive_are_those_of_the_model(example: TrainedExample) -> None:
    metrics = json.loads(example.metrics.read_text())
    assert metrics == json.loads(json.dumps(example.document()))
    assert (metrics["digest"], metrics["threshold"]) == (example.digest, example.threshold)
    assert metrics["held_out"]["recall"] == example.held_out.recall


def test_the_next_commands_name_the_stack_the_image_and_the_threshold(example: TrainedExample) -> None:
    model, config, endpoint, processor = next_commands("s3://models/m", example.threshold, "my-ml", "ap-northeast-1")
    assert model.startswith("datastreamer inference create-model my-ml-model 354813040037.dkr.ecr.")
    assert model.endswith(" s3://models/m")
    assert config.endswith("create-endpoint-config my-ml-config my-ml-model")
    assert endpoint.endswith("create-endpoint my-ml-endpoint my-ml-config")
    assert str(example.threshold) in processor


@pytest.mark.parametrize(("change", "message"), [({"records": 100}, "--records"), ({"seed": -1}, "--seed")])
def test_what_cannot_be_trained_is_refused(tmp_path: Path, change: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        train_example(out=tmp_path, **{"records": RECORDS, **change})  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="--out"):
        train_example(out=tmp_path / "file" / "model", records=RECORDS)


def test_importing_it_brings_in_neither_xgboost_nor_the_simulator() -> None:
    code = "import sys, datastreamer.inference.training; print({'xgboost', 'numpy', 'sensor'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
