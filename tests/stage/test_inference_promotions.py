"""The function on the stage while models are promoted behind its endpoint: named, held to a range, told of, undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing.lambda_functions import metric
from aws_stage.testing.models import SCRIPT, Hosting, script
from aws_stage.testing.waiting import eventually

from datastreamer.inference.reprocessing.replay import replay_failures
from datastreamer.inference.reprocessing.rescore import Wanted, rescore
from datastreamer.provisioning.packages.lambda_package import build_lambda_package
from tests.conftest import REPOSITORY, RunningStage
from tests.stage.inference_pipelines import Pipeline, good
from tests.terraform_text import attributes, blocks

pytestmark = [pytest.mark.stage, pytest.mark.slow]

SCORES = """
def model_fn(model_dir):
    return None

def input_fn(body, content_type):
    return body.splitlines()

def predict_fn(rows, model):
    return ["{score}" for _ in rows]

def output_fn(scores, accept):
    return "\\n".join(scores), "text/csv"
"""
"""A model that gives every row the same score."""
GARBAGE = SCORES.replace('return "\\n".join(scores), "text/csv"', 'return "<html>busy</html>", "text/csv"')
ZERO_TO_ONE = {"DATASTREAMER_SCORE_RANGE": "0..1"}
NAMESPACE = "Datastreamer/Inference"


class Endpoint:
    """An endpoint, and the model that serves it."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        self.model = ""
        self.name = ""

    def serve(self, code: str, further: Mapping[str, str] = {}) -> str:
        """Have a new model of ``code``, with ``further`` in its environment, serve; its name."""
        self.model = self._hosting.model(script(code), environment={**SCRIPT, **further})
        config = self._hosting.config({"ModelName": self.model})
        if self.name:
            self._hosting.sagemaker.update_endpoint(EndpointName=self.name, EndpointConfigName=config)
            assert self._hosting.settled(self.name)["EndpointConfigName"] == config
        else:
            self.name = self._hosting.endpoint(config)
        return self.model


@pytest.fixture
def endpoint(stage: RunningStage) -> Iterator[Endpoint]:
    with Hosting(stage) as hosting:
        yield Endpoint(hosting)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = REPOSITORY / "lambdas" / "inference_score"
    return build_lambda_package(folder, REPOSITORY, tmp_path_factory.mktemp("package"))


@pytest.fixture
def make(stage: RunningStage, package: Path) -> Iterator[Callable[[Endpoint], Pipeline]]:
    made: list[Pipeline] = []

    def pipeline(endpoint: Endpoint) -> Pipeline:
        made.append(Pipeline(stage, package, endpoint.name))
        return made[-1]

    yield pipeline
    for one in made:
        one.close()


def models(pipeline: Pipeline) -> Counter[str]:
    """How many predictions name each model."""
    pages = pipeline.dynamodb.get_paginator("scan").paginate(TableName=pipeline.name)
    return Counter(item["model"]["S"] for page in pages for item in page["Items"])


def test_predictions_name_the_model_that_served_and_what_it_should_not_have_predicted_is_scored_again(
    make: Callable[[Endpoint], Pipeline], endpoint: Endpoint
) -> None:
    first = endpoint.serve(SCORES.format(score="0.25"))
    pipeline = make(endpoint)
    pipeline.put([good(number) for number in range(5)])
    pipeline.settled()
    assert models(pipeline) == {first: 5}

    bad = endpoint.serve(SCORES.format(score="1e300"))
    number = iter(range(100, 10_000))

    def named() -> bool:
        pipeline.put([good(next(number))])
        pipeline.settled()
        return models(pipeline)[bad] > 0

    eventually(named)
    assert set(models(pipeline)) <= {first, bad, "|".join(sorted([first, bad]))}

    third = endpoint.serve(SCORES.format(score="0.75"))
    now = datetime.now(UTC)
    wanted = Wanted(bad, now - timedelta(hours=1), now + timedelta(hours=1))

    def undone() -> bool:
        done = rescore(
            pipeline.dynamodb, pipeline.functions, table=pipeline.name, function=pipeline.name, wanted=wanted
        )
        return sum(one.found for one in done) == 0

    eventually(undone)
    after = models(pipeline)
    assert not [name for name in after if bad in name.split("|")]
    assert after[third] > 0
    pipeline.settled()


def test_scores_outside_the_declared_range_are_parked_and_replayed_when_a_right_model_serves(
    make: Callable[[Endpoint], Pipeline], endpoint: Endpoint
) -> None:
    endpoint.serve(SCORES.format(score="1e300"), ZERO_TO_ONE)
    pipeline = make(endpoint)
    pipeline.put([good(number) for number in range(20)])
    where = pipeline.settled()
    assert Counter(where.parked.values()) == {"score_out_of_range": 20}
    assert where.items == {}

    endpoint.serve(SCORES.format(score="1"), ZERO_TO_ONE)

    def scored() -> bool:
        list(replay_failures(pipeline.failures, pipeline.functions, pipeline.name))
        return len(pipeline.settled().items) == 20

    eventually(scored)
    assert pipeline.settled().parked == {}


def test_a_model_that_answers_no_score_is_counted_while_it_is_tried_and_rings(
    make: Callable[[Endpoint], Pipeline], endpoint: Endpoint, stage: RunningStage
) -> None:
    endpoint.serve(GARBAGE)
    pipeline = make(endpoint)
    ring(stage, pipeline.name)
    pipeline.put([good(number) for number in range(20)])
    kind = {"service": pipeline.name, "Kind": "unreadable_answer"}
    eventually(lambda: metric(stage, NAMESPACE, "EndpointCallsFailed", kind))
    cloudwatch = stage.client("cloudwatch")
    eventually(
        lambda: cloudwatch.describe_alarms(AlarmNames=[pipeline.name])["MetricAlarms"][0]["StateValue"] == "ALARM"
    )
    # SageMaker has counted nothing but good answers.
    of = {"EndpointName": endpoint.name, "VariantName": "AllTraffic"}
    eventually(lambda: metric(stage, "AWS/SageMaker", "Invocations", of))
    assert metric(stage, "AWS/SageMaker", "InvocationModelErrors", of) == 0


def ring(stage: RunningStage, function: str) -> None:
    """Terraform's alarm on failed calls, but for one bad minute instead of two."""
    alarms = [alarm for _, alarm in blocks(REPOSITORY / "terraform/pipelines/inference/processor.tf", "resource")]
    [expression] = [each for alarm in alarms for each in attributes(alarm, "expression")]
    queries: list[Any] = [{"Id": "share", "Expression": expression, "ReturnData": True}]
    for name, query in (("EndpointCalls", "calls"), ("EndpointCallsFailed", "failed")):
        counted = {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": [{"Name": "service", "Value": function}]}
        queries.append(
            {"Id": query, "MetricStat": {"Metric": counted, "Period": 60, "Stat": "Sum"}, "ReturnData": False}
        )
    stage.client("cloudwatch").put_metric_alarm(
        AlarmName=function,
        Metrics=queries,
        EvaluationPeriods=1,
        Threshold=80,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
