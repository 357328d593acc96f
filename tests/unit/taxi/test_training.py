"""A training's first and last step, and that there is one at a time."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import ConfigurationError, JobFailedError, UsageError
from datastreamer.taxi.evaluation import program
from datastreamer.taxi.model.registry import properties_of, thresholds_of
from datastreamer.taxi.model.rules_table import RulesTable
from datastreamer.taxi.model.thresholds import Thresholds
from datastreamer.taxi.month import Month
from datastreamer.taxi.names import Names
from datastreamer.taxi.training import preparation, registration
from datastreamer.taxi.training.executions import AnotherTrainingError, refuse_a_second
from datastreamer.taxi.training.preparation import Order, prepare
from datastreamer.taxi.training.registration import Trained, register
from tests.unit.taxi.registry import BEGAN, FINGERPRINT, GROUP, Registry, Table

NAMES = Names("test", "123456789012")
EXECUTION = "arn:aws:sagemaker:ap-northeast-1:123456789012:pipeline/datastreamer-test-taxi-training/execution/abc123"
ORDER = Order(EXECUTION, NAMES.training_pipeline, GROUP, sets=S3Location("mine", "sets/"))
EVALUATION: dict[str, Any] = {
    "candidate": {"rmse": 0.7012345678, "mae": 0.41, "p99": 3.2, "recall": 0.9, "false_alarms": 1.0},
    "thresholds": {"floor": 1.25, "factor": 0.06},
    "feature_hash": "0123456789abcdef",
    "fingerprint": [7.5, 57.25, 4.125, 19.5],
    "baselines": {"residual": {"edges": [], "shares": [1.0], "missing": 0.0}},
}


@pytest.fixture
def registry() -> Registry:
    found = Registry()
    for name in ("training", "validation"):
        found.objects[f"s3://mine/sets/{name}/part-1"] = b"PAR1"
    return found


def prepared(registry: Registry, order: Order = ORDER, table: Table | None = None) -> dict[str, str]:
    return prepare(order, NAMES, registry.client, RulesTable(table or Table()))


def current_of(registry: Registry, answer: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(registry.objects[f"{answer['current_uri']}current.json"])
    return found


def test_both_sides_call_the_files_by_the_same_names() -> None:
    assert preparation.CURRENT == program.CURRENT
    assert registration.RESULT == program.RESULT


def test_sets_that_lie_somewhere_are_used_as_they_are(registry: Registry) -> None:
    answer = prepared(registry)
    assert answer["training_uri"] == "s3://mine/sets/training/"
    assert answer["validation_uri"] == "s3://mine/sets/validation/"
    del registry.objects["s3://mine/sets/validation/part-1"]
    with pytest.raises(ConfigurationError, match="there is nothing below s3://mine/sets/validation/"):
        prepared(registry)


def test_without_an_endpoint_there_is_no_model_to_compare_with(registry: Registry) -> None:
    answer = prepared(registry)
    assert answer["current_version"] == "none"
    assert current_of(registry, answer) == {"version": None}


@pytest.mark.parametrize("status", ["Creating", "Failed", "Deleting"])
def test_an_endpoint_that_serves_nothing_has_no_model(registry: Registry, status: str) -> None:
    registry.state = {"EndpointStatus": status, "EndpointConfigName": f"{GROUP}-v1"}
    assert prepared(registry)["current_version"] == "none"


def test_the_model_in_service_is_copied_with_the_rule_in_force(registry: Registry) -> None:
    registry.add("Approved")
    registry.objects["s3://models/artifacts/1/model.tar.gz"] = b"model"
    registry.state = {"EndpointStatus": "InService", "EndpointConfigName": f"{GROUP}-v1"}
    plain = prepared(registry)
    assert current_of(registry, plain) == {"version": "1", "floor": 10.0, "factor": 0.0}
    assert registry.objects[f"{plain['current_uri']}model.tar.gz"] == b"model"
    table = Table()
    table.items["1"] = Thresholds("1", 2.5, 0.2, "h", (1.0,)).item()
    assert current_of(registry, prepared(registry, table=table)) == {"version": "1", "floor": 2.5, "factor": 0.2}


def test_each_run_has_a_place_of_its_own(registry: Registry) -> None:
    assert prepared(registry)["current_uri"] != prepared(registry)["current_uri"]


def test_an_order_is_read_from_the_steps_arguments() -> None:
    event = {"execution": EXECUTION, "pipeline": "p", "endpoint": "e", "training_months": 2}
    assert Order.of({**event, "validation_month": "2025-03", "sets_uri": ""}) == Order(
        EXECUTION, "p", "e", Month(2025, 3), 2
    )
    with pytest.raises(UsageError, match="expected a month"):
        Order.of({**event, "validation_month": "March", "sets_uri": ""})


def test_of_trainings_at_once_the_eldest_goes_on_and_every_other_is_refused() -> None:
    summary = {"PipelineExecutionStatus": "Executing", "StartTime": BEGAN}
    running = [{**summary, "PipelineExecutionArn": name} for name in ("c", "a", "b")]
    running[1]["StartTime"] = BEGAN + timedelta(seconds=1)
    registry: Any = Registry(
        running=[*running, {**summary, "PipelineExecutionArn": "0", "PipelineExecutionStatus": "Failed"}]
    )
    refuse_a_second(registry, "p", "b")
    for name in ("a", "c"):
        with pytest.raises(AnotherTrainingError, match=r"^another training is under way: b$"):
            refuse_a_second(registry, "p", name)


def test_a_version_has_all_that_is_known_of_its_model() -> None:
    registry = Registry()
    _evaluated(registry)
    answer = register(_trained(), NAMES, registry.client)
    package = registry.packages[answer["package_arn"]]
    assert answer["version"] == "1"
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert package["CustomerMetadataProperties"] == {
        "training_from": "2025-01-01",
        "rmse": "0.701235",
        "mae": "0.41",
        "p99": "3.2",
        "recall": "0.9",
        "false_alarms": "1",
        "floor": "1.25",
        "factor": "0.06",
        "feature_hash": "0123456789abcdef",
        "fingerprint": FINGERPRINT,
    }
    quality = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    baselines = package["DriftCheckBaselines"]["ModelDataQuality"]["Statistics"]["S3Uri"]
    assert json.loads(registry.objects[quality]) == EVALUATION
    assert json.loads(registry.objects[baselines]) == EVALUATION["baselines"]


def test_a_step_that_is_repeated_registers_nothing_twice() -> None:
    registry = Registry()
    _evaluated(registry)
    first = register(_trained(), NAMES, registry.client)
    assert register(_trained(), NAMES, registry.client) == first
    assert len(registry.packages) == 1


def test_an_output_without_an_evaluation_registers_nothing() -> None:
    registry = Registry()
    _evaluated(registry, name="other.json")
    with pytest.raises(JobFailedError, match=r"has no evaluation\.json"):
        register(_trained(), NAMES, registry.client)
    assert not registry.packages


def test_a_rule_that_the_table_would_not_take_registers_nothing() -> None:
    registry = Registry()
    _evaluated(registry, thresholds={"floor": 0.0, "factor": 0.0})
    with pytest.raises(ConfigurationError, match="are both 0"):
        register(_trained(), NAMES, registry.client)
    assert not registry.packages


def test_the_rule_of_a_version_comes_back_from_its_properties() -> None:
    rule = Thresholds("7", 1.25, 0.06, "0123456789abcdef", (7.5, 57.25, 4.125, 19.5), "arn")
    package = {"ModelPackageVersion": 7, "ModelPackageArn": "arn", "CustomerMetadataProperties": properties_of(rule)}
    assert thresholds_of(package) == rule
    with pytest.raises(ConfigurationError, match="have no 'floor'"):
        thresholds_of({"ModelPackageVersion": 7, "ModelPackageArn": "arn"})


def test_a_rule_that_somebody_has_changed_stays() -> None:
    table, rule = Table(), Thresholds("7", 1.25, 0.06, "h", (7.5,))
    rules = RulesTable(table)
    rules.put_unless_there(rule)
    table.items["7"]["floor"] = Decimal(3)
    rules.put_unless_there(rule)
    assert rules.floor_and_factor("7") == (3.0, 0.06)
    assert rules.floor_and_factor("8") == (10.0, 0.0)


def _trained() -> Trained:
    return Trained.of(
        {
            "execution": EXECUTION,
            "image": "xgboost",
            "model_uri": "s3://models/artifacts/a/output/model.tar.gz",
            "evaluation_output": "s3://models/artifacts/",
            "evaluation_job": "pipelines-abc123-Evaluate-x",
            "facts": {"training_from": "2025-01-01"},
        }
    )


def _evaluated(registry: Registry, name: str = "evaluation.json", **changes: Any) -> None:
    packed, body = io.BytesIO(), json.dumps({**EVALUATION, **changes}).encode()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(body)
        tar.addfile(entry, io.BytesIO(body))
    uri = "s3://models/artifacts/pipelines-abc123-Evaluate-x/output/output.tar.gz"
    registry.objects[uri] = packed.getvalue()
