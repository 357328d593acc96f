"""Log lines in the Embedded Metric Format become metrics, whoever writes them."""

from __future__ import annotations

import importlib.util
import io
import json
import time
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.lambda_functions import create, invoke, logged, metric, zipped

pytestmark = pytest.mark.stage


@pytest.fixture(scope="module")
def group(stage: RunningStage) -> str:
    name = f"/metrics/{uuid.uuid4().hex[:8]}"
    stage.client("logs").create_log_group(logGroupName=name)
    stage.client("logs").create_log_stream(logGroupName=name, logStreamName="stream")
    return name


def _log(stage: RunningStage, group: str, document: Any) -> None:
    message = document if isinstance(document, str) else json.dumps(document)
    event = {"timestamp": int(time.time() * 1000), "message": message}
    stage.client("logs").put_log_events(logGroupName=group, logStreamName="stream", logEvents=[event])


def _namespace() -> str:
    return f"Test/{uuid.uuid4().hex[:8]}"


def _document(directives: list[dict[str, Any]], **members: Any) -> dict[str, Any]:
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives}, **members}


def test_each_set_of_dimensions_of_each_namespace_is_a_metric(stage: RunningStage, group: str) -> None:
    one, other = _namespace(), _namespace()
    metrics = [{"Name": "Scored", "Unit": "Count"}, {"Name": "Took", "Unit": "Milliseconds", "StorageResolution": 1}]
    directives = [
        {"Namespace": one, "Dimensions": [["service"], ["service", "reason"], []], "Metrics": metrics},
        {"Namespace": other, "Dimensions": [["service"]], "Metrics": metrics[:1]},
    ]
    _log(stage, group, _document(directives, service="score", reason="nan", Scored=3, Took=[1.5, 2.5, 2.5], more=[{}]))
    by_service = {"service": "score"}
    for dimensions in (by_service, {**by_service, "reason": "nan"}, {}):
        assert metric(stage, one, "Scored", dimensions) == 3
        assert metric(stage, one, "Took", dimensions) == 6.5
        assert metric(stage, one, "Took", dimensions, "SampleCount") == 3
        assert metric(stage, one, "Took", dimensions, "Maximum") == 2.5
    assert metric(stage, other, "Scored", by_service) == 3
    assert metric(stage, other, "Took", by_service) is None
    [point] = stage.client("cloudwatch").get_metric_statistics(
        Namespace=one,
        MetricName="Took",
        Dimensions=[{"Name": "service", "Value": "score"}],
        StartTime=time.time() - 600,
        EndTime=time.time() + 60,
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    assert point["Unit"] == "Milliseconds"


def test_what_is_malformed_is_a_log_line_and_no_metric(stage: RunningStage, group: str) -> None:
    namespace = _namespace()
    directive = {"Namespace": namespace, "Dimensions": [["service"]], "Metrics": [{"Name": "N"}]}
    wrong = [
        json.dumps(_document([directive], service="s", N=1))[:-1],
        _document([directive], N=1),  # the dimension has no value
        _document([directive], service="s", N="many"),
        _document([directive], service="s", N=[1, "2"]),
        _document([{**directive, "Dimensions": "service"}], service={"a": 1}, N=1),
        _document([{"Dimensions": [["service"]], "Metrics": [{"Name": "N"}]}], service="s", N=1),
        {"_aws": {"CloudWatchMetrics": [directive]}, "service": "s", "N": 1},
        {"_aws": {"Timestamp": "now", "CloudWatchMetrics": [directive]}, "service": "s", "N": 1},
        _document([{**directive, "Metrics": [{"Name": "N"}] * 101}], service="s", N=1),
        _document([directive], service="s", M=1),  # the metric has no value
    ]
    for document in wrong:
        _log(stage, group, document)
    assert stage.client("cloudwatch").list_metrics(Namespace=namespace)["Metrics"] == []
    events = stage.client("logs").filter_log_events(logGroupName=group, filterPattern=f'"{namespace}"')["events"]
    assert len(events) == len(wrong) - 1  # one does not name it


def _with_powertools(source: str) -> bytes:
    content = io.BytesIO(zipped(source))
    with zipfile.ZipFile(content, "a") as archive:
        for name in ("aws_lambda_powertools", "typing_extensions"):
            spec = importlib.util.find_spec(name)
            assert spec is not None
            assert spec.origin is not None
            origin = Path(spec.origin)
            files = origin.parent.rglob("*.py") if origin.name == "__init__.py" else [origin]
            root = origin.parent.parent if origin.name == "__init__.py" else origin.parent
            for file in files:
                archive.write(file, str(file.relative_to(root)))
    return content.getvalue()


def test_metrics_of_powertools_are_counted(stage: RunningStage) -> None:
    namespace = _namespace()
    source = """
    from aws_lambda_powertools import Logger, Metrics
    from aws_lambda_powertools.metrics import MetricResolution, single_metric
    metrics, logger = Metrics(), Logger()
    @metrics.log_metrics(capture_cold_start_metric=True)
    @logger.inject_lambda_context
    def handler(event, context):
        logger.info("scoring")
        metrics.add_metric("RecordsScored", "Count", event)
        metrics.add_metric("RecordsScored", "Count", 1)
        metrics.add_metric("Took", "Milliseconds", 12.5, resolution=MetricResolution.High)
        with single_metric("RecordsParked", "Count", 2, namespace=metrics.namespace) as parked:
            parked.add_dimension("service", metrics.service)
            parked.add_dimension("Reason", "nan")
    """
    variables = {"POWERTOOLS_METRICS_NAMESPACE": namespace, "POWERTOOLS_SERVICE_NAME": "score"}
    name = create(
        stage, source, Code={"ZipFile": _with_powertools(source)}, Environment={"Variables": variables}, MemorySize=256
    )
    for scored in (10, 20):
        invoke(stage, name, scored)
    service = {"service": "score"}
    assert metric(stage, namespace, "RecordsScored", service) == 32
    assert metric(stage, namespace, "RecordsScored", service, "SampleCount") == 4
    assert metric(stage, namespace, "Took", service, "Maximum") == 12.5
    assert metric(stage, namespace, "RecordsParked", {**service, "Reason": "nan"}) == 4
    assert metric(stage, namespace, "ColdStart", {**service, "function_name": name}) == 1
    [lines] = logged(stage, name).values()
    [told, _] = [json.loads(line) for line in lines if '"scoring"' in line]
    assert told["function_memory_size"] == "256"
