"""The rules of training jobs that need no process: hyperparameters, content types, metrics in lines, archives."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.sagemaker.trainer.failures import JobFailedError
from aws_stage.engines.sagemaker.trainer.hyperparameters import checked
from aws_stage.engines.sagemaker.trainer.matrices import CSV, LIBSVM, PARQUET, kind_of
from aws_stage.engines.sagemaker.trainer.script import arguments, decoded
from aws_stage.engines.sagemaker.training.metric_definitions import (
    FinalMetrics,
    escaped,
    of_xgboost,
    refuse_unreadable,
)
from aws_stage.engines.sagemaker.training.output import upload
from aws_stage.kernel.engine import AwsError


def test_hyperparameters_have_the_types_that_xgboost_takes() -> None:
    values = checked({"num_round": "10", "learning_rate": "0.3", "eval_metric": "rmse,mae", "subsample": "1"})
    assert values == {"num_round": 10, "eta": 0.3, "eval_metric": ["rmse", "mae"], "subsample": 1.0}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "Missing required hyperparameter: num_round"),
        ({"num_round": "0"}, "num_round: 0 is not in [1, +inf)"),
        ({"num_round": "ten"}, "num_round: could not parse value"),
        ({"num_round": "1", "silent": "0"}, "Extraneous hyperparameter found: silent"),
        ({"num_round": "1", "subsample": "0"}, "subsample: 0.0 is not in (0, 1]"),
        ({"num_round": "1", "eta": "nan"}, "eta: nan is not in [0, 1]"),
        ({"num_round": "1", "booster": "forest"}, "booster: forest is not in"),
        ({"num_round": "1", "objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
        ({"num_round": "1", "eval_metric": "auc"}, "Metric 'auc' can only be applied for classification"),
        ({"num_round": "1", "eval_metric": "rmse,accuracy"}, "accuracy is a metric that AWS's container computes"),
        ({"num_round": "1", "monotone_constraints": "(1,0)"}, "tree_method parameter is set to"),
        ({"num_round": "1", "_kfold": "5"}, "cross-validation is not supported by the local stage"),
    ],
)
def test_hyperparameters_outside_the_limits_are_refused(given: dict[str, str], why: str) -> None:
    with pytest.raises(JobFailedError) as caught:
        checked(given)
    assert why in str(caught.value)


def test_content_types_are_those_of_the_container() -> None:
    for given, kind in (
        (None, LIBSVM),
        ("text/x-libsvm", LIBSVM),
        ("CSV", CSV),
        ("text/csv;label_size=1; charset=utf8", CSV),
        ("application/x-parquet", PARQUET),
    ):
        assert kind_of(given) == kind
    for refused in ("text/csv;label_size=0", "application/json", "application/x-recordio-protobuf"):
        with pytest.raises(JobFailedError, match="ContentType"):
            kind_of(refused)


def test_the_last_value_of_a_metric_counts() -> None:
    published: list[tuple[str, float]] = []
    metrics = FinalMetrics(of_xgboost(), lambda name, value: published.append((name, value)))
    for second, line in enumerate(("[0]\ttrain-rmse:9.5\tvalidation-rmse:1e-05", "[1]\ttrain-rmse:0.25", "no metric")):
        metrics.see(escaped(line), float(second))
    found = {each["MetricName"]: (each["Value"], each["Timestamp"]) for each in metrics.values()}
    assert found == {"train:rmse": (0.25, 1.0), "validation:rmse": (1e-05, 0.0)}
    assert published == [("train:rmse", 9.5), ("validation:rmse", 1e-05), ("train:rmse", 0.25)]


def test_a_metric_definition_that_cannot_be_read_is_refused() -> None:
    for pattern in ("loss=(", "loss=[0-9]+", r"(a)(b)", r"(?=loss)(.)"):
        with pytest.raises(AwsError, match="Regex of metric loss"):
            refuse_unreadable([{"Name": "loss", "Regex": pattern}])


def test_arguments_are_in_the_order_of_their_names() -> None:
    given = decoded({"sagemaker_program": '"train.py"', "z": "1", "alpha": '"a b"', "list": "[1, 2]", "plain": "x y"})
    assert arguments(given) == ["--alpha", "a b", "--list", "[1, 2]", "--plain", "x y", "-z", "1"]


class _Bucket:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.objects[f"{bucket}/{key}"] = Path(path).read_bytes()


def test_an_archive_of_the_same_files_has_the_same_bytes(tmp_path: Path) -> None:
    s3: Any = _Bucket()
    ordered = [f"part-{number:02d}" for number in range(20)]
    for number, names in enumerate((ordered, ordered[::-1])):
        folder = tmp_path / str(number) / "model"
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_text(name)
        upload(s3, folder, f"s3://bucket/{number}.tar.gz")
    assert s3.objects["bucket/0.tar.gz"] == s3.objects["bucket/1.tar.gz"]
    with tarfile.open(fileobj=io.BytesIO(s3.objects["bucket/0.tar.gz"])) as tar:
        assert tar.getnames() == ordered
