"""Updates of endpoints that shift traffic in steps, watch alarms and roll back; the test owns the clock."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.sagemaker.engine import SageMakerEngine
from aws_stage.kernel.engine import AwsError, Call
from aws_stage.testing import RunningStage
from aws_stage.testing.models import BUCKET, ROLE, SCIKIT_LEARN, SCRIPT, Hosting, script
from aws_stage.testing.waiting import eventually

from contract.side_stage import SideStage

pytestmark = pytest.mark.stage

NAMED = """
import os
def model_fn(model_dir): return os.environ["NAME"]
def transform_fn(model, body, content_type, accept): return model, "text/plain"
"""


class Guarded:
    """A SageMaker engine of the test's own, with two configurations and an endpoint of the first."""

    def __init__(self, side: SideStage) -> None:
        self.side = side
        self.engine = SageMakerEngine(side, random.Random(7))
        self.engine.start()
        self.endpoint = "guarded"
        Hosting(side.running).s3.put_object(Bucket=BUCKET, Key="named/model.tar.gz", Body=script(NAMED))
        self.alarm = f"alarm-{uuid.uuid4().hex[:8]}"
        side.client("cloudwatch").put_metric_alarm(
            AlarmName=self.alarm,
            Namespace="test",
            MetricName=self.alarm,
            Statistic="Sum",
            Period=10,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )

    def call(self, operation: str, **payload: Any) -> dict[str, Any]:
        return self.engine.operations["sagemaker", operation](Call("sagemaker", operation, payload))

    def config(self, name: str, variant: str = "AllTraffic") -> None:
        """A configuration whose model answers ``name``."""
        container = {
            "Image": SCIKIT_LEARN,
            "ModelDataUrl": f"s3://{BUCKET}/named/model.tar.gz",
            "Environment": {**SCRIPT, "NAME": name},
        }
        self.call("CreateModel", ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        one = {"VariantName": variant, "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        self.call("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[one])

    def create(self) -> None:
        for name in ("blue", "green"):
            self.config(name)
        self.call("CreateEndpoint", EndpointName=self.endpoint, EndpointConfigName="blue")
        eventually(lambda: self.describe()["EndpointStatus"] == "InService")

    def update(self, routing: dict[str, Any], final: int = 0, config: str = "green") -> None:
        self.call(
            "UpdateEndpoint",
            EndpointName=self.endpoint,
            EndpointConfigName=config,
            DeploymentConfig={
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {"WaitIntervalInSeconds": 60, **routing},
                    "TerminationWaitInSeconds": final,
                },
                "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": self.alarm}]},
            },
        )

    def describe(self) -> dict[str, Any]:
        return self.call("DescribeEndpoint", EndpointName=self.endpoint)

    def variant_status(self) -> dict[str, Any]:
        summary = self.describe().get("PendingDeploymentSummary") or {"ProductionVariants": [{}]}
        found: dict[str, Any] = (summary["ProductionVariants"][0].get("VariantStatus") or [{}])[0]
        return found

    def baking(self, what: str) -> None:
        """Wait until a step bakes whose message holds ``what``."""
        eventually(lambda: what in self.variant_status().get("StatusMessage", ""))
        assert self.variant_status()["Status"] == "Baking"

    def settled(self) -> dict[str, Any]:
        eventually(lambda: self.describe()["EndpointStatus"] not in ("Updating", "RollingBack"))
        return self.describe()

    def answers(self, count: int = 60) -> list[str]:
        calls = [self.call("InvokeEndpoint", EndpointName=self.endpoint, Body=b"1") for _ in range(count)]
        return [answer["Body"].decode() for answer in calls]

    def ring(self) -> None:
        self.side.client("cloudwatch").set_alarm_state(AlarmName=self.alarm, StateValue="ALARM", StateReason="test")

    def pass_time(self, seconds: float) -> None:
        self.side.clock.advance(timedelta(seconds=seconds))


@pytest.fixture
def guarded(stage: RunningStage, tmp_path: Path) -> Iterator[Guarded]:
    guarded = Guarded(SideStage(stage, tmp_path))
    try:
        guarded.create()
        yield guarded
    finally:
        guarded.engine.stop()


CANARY = {"Type": "CANARY", "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50}}
LINEAR = {"Type": "LINEAR", "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 50}}


def test_a_canary_takes_its_share_and_then_everything(guarded: Guarded) -> None:
    guarded.update(CANARY, final=30)
    guarded.baking("canary capacity of 1 instance(s)")
    share = guarded.answers().count("green")
    assert 15 <= share <= 45
    assert guarded.describe()["EndpointStatus"] == "Updating"
    assert guarded.describe()["EndpointConfigName"] == "blue"
    guarded.pass_time(61)
    guarded.baking("Baking for 30 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity")
    assert set(guarded.answers(20)) == {"green"}
    guarded.pass_time(31)
    description = guarded.settled()
    assert (description["EndpointStatus"], description["EndpointConfigName"]) == ("InService", "green")
    assert description["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"] == [{"AlarmName": guarded.alarm}]
    assert "FailureReason" not in description
    assert set(guarded.answers(10)) == {"green"}
    statuses = [
        event["detail"]["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]["Status"]
        for event in guarded.side.events
        if event["detail-type"] == "SageMaker Endpoint Deployment State Change"
    ]
    assert statuses == ["Creating", "ActivatingTraffic", "Baking", "ActivatingTraffic", "Baking"]


def test_an_alarm_gives_every_invocation_back_to_the_old_fleet(guarded: Guarded) -> None:
    guarded.update(CANARY)
    guarded.baking("canary")
    guarded.ring()
    guarded.pass_time(1)
    description = guarded.settled()
    assert (description["EndpointStatus"], description["EndpointConfigName"]) == ("InService", "blue")
    assert description["FailureReason"] == f"Alarms are in state ALARM: {guarded.alarm}."
    assert "PendingDeploymentSummary" not in description
    assert set(guarded.answers(20)) == {"blue"}
    states = [
        event["detail"]["EndpointStatus"]
        for event in guarded.side.events
        if event["detail-type"] == "SageMaker Endpoint State Change"
    ]
    assert states == ["CREATING", "IN_SERVICE", "UPDATING", "ROLLING_BACK", "IN_SERVICE"]


def test_an_alarm_of_the_last_step_still_rolls_back(guarded: Guarded) -> None:
    guarded.update({"Type": "ALL_AT_ONCE"}, final=600)
    guarded.baking("full capacity")
    assert set(guarded.answers(10)) == {"green"}
    guarded.ring()
    guarded.pass_time(1)
    assert guarded.settled()["EndpointConfigName"] == "blue"
    assert set(guarded.answers(10)) == {"blue"}


def test_a_stage_that_stops_while_a_step_bakes_begins_the_update_again(guarded: Guarded) -> None:
    guarded.update(LINEAR)
    guarded.baking("canary")
    guarded.engine.stop()
    guarded.engine = SageMakerEngine(guarded.side, random.Random(7))
    guarded.engine.start()
    guarded.baking("canary")
    assert set(guarded.answers()) == {"blue", "green"}
    guarded.pass_time(61)
    assert guarded.settled()["EndpointConfigName"] == "green"


def test_a_fleet_that_cannot_be_retired_leaves_the_rollback_failed(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.update(CANARY)
    guarded.baking("canary")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("aws_stage.engines.sagemaker.hosting.deployment.Deployment.retire", fail)
    guarded.ring()
    guarded.pass_time(1)
    description = guarded.settled()
    assert description["EndpointStatus"] == "UpdateRollbackFailed"
    assert "disk full" in description["FailureReason"]
    assert set(guarded.answers(10)) == {"blue"}
    with pytest.raises(AwsError, match="Cannot update"):
        guarded.update(CANARY)


def test_what_cannot_be_guarded_is_refused(guarded: Guarded) -> None:
    guarded.config("other", variant="Other")
    with pytest.raises(AwsError, match="must have the same variant names"):
        guarded.update(CANARY, config="other")
    guarded.alarm = "no-such-alarm"
    with pytest.raises(AwsError, match="alarms that do not exist: no-such-alarm"):
        guarded.update(CANARY)
    assert guarded.describe()["EndpointStatus"] == "InService"
