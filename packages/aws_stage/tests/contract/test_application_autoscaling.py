"""Application Auto Scaling on the local stage keeps targets and policies as AWS does, and scales endpoints by them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.application_autoscaling.engine import ApplicationAutoScaling
from aws_stage.kernel.engine import AwsError, Call
from aws_stage.testing import RunningStage
from aws_stage.testing.models import SCIKIT_LEARN, Hosting, script
from botocore.exceptions import ClientError

from contract.side_stage import ManualClock, SideStage

pytestmark = pytest.mark.stage

SUM = """
def model_fn(folder): return None
def transform_fn(model, body, content_type, accept): return body
"""
TRACKING: dict[str, Any] = {
    "TargetValue": 100.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    "ScaleOutCooldown": 60,
    "ScaleInCooldown": 300,
}


@pytest.fixture(scope="module")
def endpoint(stage: RunningStage) -> Iterator[str]:
    hosting = Hosting(stage)
    name = hosting.serve(script(SUM), SCIKIT_LEARN)
    yield name
    hosting.sagemaker.delete_endpoint(EndpointName=name)


def _variant(endpoint: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def _refused(call: Callable[..., Any], **request: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**request)
    code: str = error.value.response["Error"]["Code"]
    return code


def test_targets_policies_and_their_alarms_come_and_go(stage: RunningStage, endpoint: str) -> None:
    scaling, cloudwatch, variant = (
        stage.client("application-autoscaling"),
        stage.client("cloudwatch"),
        _variant(endpoint),
    )
    arn = scaling.register_scalable_target(**variant, MinCapacity=1, MaxCapacity=3, Tags={"PROJECT": "example"})
    assert scaling.list_tags_for_resource(ResourceARN=arn["ScalableTargetARN"])["Tags"] == {"PROJECT": "example"}
    scaling.register_scalable_target(**variant, MaxCapacity=4)
    [target] = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[variant["ResourceId"]])[
        "ScalableTargets"
    ]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    assert target["ScalableTargetARN"] == arn["ScalableTargetARN"]

    policy: dict[str, Any] = {**variant, "PolicyName": "invocations", "PolicyType": "TargetTrackingScaling"}
    put = scaling.put_scaling_policy(**policy, TargetTrackingScalingPolicyConfiguration=TRACKING)
    high, low = (alarm["AlarmName"] for alarm in put["Alarms"])
    again = {**TRACKING, "TargetValue": 200.0}
    assert (
        scaling.put_scaling_policy(**policy, TargetTrackingScalingPolicyConfiguration=again)["Alarms"] == put["Alarms"]
    )
    [found] = scaling.describe_scaling_policies(**variant, PolicyNames=["invocations"])["ScalingPolicies"]
    assert found["TargetTrackingScalingPolicyConfiguration"] == again
    assert found["Alarms"] == put["Alarms"]
    alarms = {
        alarm["AlarmName"]: (alarm["ComparisonOperator"], alarm["Threshold"], alarm["EvaluationPeriods"])
        for alarm in cloudwatch.describe_alarms(AlarmNames=[high, low])["MetricAlarms"]
    }
    assert alarms == {high: ("GreaterThanThreshold", 200.0, 3), low: ("LessThanThreshold", 180.0, 15)}

    scaling.delete_scaling_policy(**variant, PolicyName="invocations")
    assert cloudwatch.describe_alarms(AlarmNames=[high, low])["MetricAlarms"] == []
    assert _refused(scaling.delete_scaling_policy, **variant, PolicyName="invocations") == "ObjectNotFoundException"
    scaling.put_scaling_policy(**policy, TargetTrackingScalingPolicyConfiguration=TRACKING)
    scaling.deregister_scalable_target(**variant)
    assert scaling.describe_scaling_policies(**variant)["ScalingPolicies"] == []
    assert cloudwatch.describe_alarms(AlarmNamePrefix=f"TargetTracking-{variant['ResourceId']}")["MetricAlarms"] == []
    assert _refused(scaling.deregister_scalable_target, **variant) == "ObjectNotFoundException"


def test_a_variant_that_is_scaled_keeps_its_instance_type_and_may_change_its_model(stage: RunningStage) -> None:
    with Hosting(stage) as hosting:
        endpoint = hosting.serve(script(SUM), SCIKIT_LEARN)
        scaling, variant = stage.client("application-autoscaling"), _variant(endpoint)
        scaling.register_scalable_target(**variant, MinCapacity=1, MaxCapacity=3)
        model = hosting.model(script(SUM), SCIKIT_LEARN)
        for change in ({"InstanceType": "ml.c5.xlarge"}, {"VariantName": "blue"}):
            config = hosting.config({"ModelName": model, **change})
            with pytest.raises(ClientError, match="is registered as a scalable target: deregister it"):
                hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
        same = hosting.config({"ModelName": model})
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=same)
        assert hosting.settled(endpoint)["EndpointConfigName"] == same
        scaling.deregister_scalable_target(**variant)
        larger = hosting.config({"ModelName": model, "InstanceType": "ml.c5.xlarge"})
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=larger)
        assert hosting.settled(endpoint)["EndpointConfigName"] == larger


def test_what_the_stage_does_not_scale_is_refused(stage: RunningStage, endpoint: str) -> None:
    scaling, variant = stage.client("application-autoscaling"), _variant(endpoint)
    limits = {"MinCapacity": 1, "MaxCapacity": 2}
    table = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/t",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    for wrong in (
        {**table, **limits},
        {**variant, **limits, "ResourceId": f"endpoint/{endpoint}/variant/Other"},
        {**variant, **limits, "ResourceId": "endpoint/none/variant/AllTraffic"},
        {**variant, "MinCapacity": 3, "MaxCapacity": 2},
        {**variant, "MinCapacity": 1},
    ):
        assert _refused(scaling.register_scalable_target, **wrong) == "ValidationException"
    policy = {**variant, "PolicyName": "p", "PolicyType": "TargetTrackingScaling"}
    tracking = {"TargetTrackingScalingPolicyConfiguration": TRACKING}
    assert _refused(scaling.put_scaling_policy, **policy, **tracking) == "ObjectNotFoundException"
    scaling.register_scalable_target(**variant, **limits)
    step = {"PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {"AdjustmentType": "ChangeInCapacity"}}
    assert _refused(scaling.put_scaling_policy, **{**policy, **step}) == "ValidationException"
    other = {
        "TargetValue": 1.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "RDSReaderAverageCPUUtilization"},
    }
    request = {**policy, "TargetTrackingScalingPolicyConfiguration": other}
    assert _refused(scaling.put_scaling_policy, **request) == "ValidationException"
    assert _refused(scaling.put_scheduled_action, **variant, ScheduledActionName="s", Schedule="rate(1 day)")
    scaling.deregister_scalable_target(**variant)


class _Autoscaling:
    """The engine beside the stage, with a clock of the test's own.

    It lives days ago, so that the stage, which evaluates alarms by the metrics of these minutes, rings none of them.
    """

    def __init__(self, stage: RunningStage, folder: Path, endpoint: str) -> None:
        self.clock = ManualClock(datetime.now(UTC).replace(second=30, microsecond=0) - timedelta(days=3))
        self.engine = ApplicationAutoScaling(SideStage(stage, folder, clock=self.clock))
        self.cloudwatch = stage.client("cloudwatch")
        self.hosting = Hosting(stage)
        self.endpoint = endpoint
        self.metric = f"Load{uuid.uuid4().hex[:8]}"
        self.variant = _variant(endpoint)

    def call(self, operation: str, **payload: Any) -> dict[str, Any]:
        return self.engine.operations["application-autoscaling", operation](
            Call("application-autoscaling", operation, payload)
        )

    def track(self, **more: Any) -> dict[str, str]:
        """A policy of a metric of this test's own; returns its alarms by kind."""
        self.call("RegisterScalableTarget", **self.variant, MinCapacity=1, MaxCapacity=3)
        metric = {"Namespace": "Test", "MetricName": self.metric, "Statistic": "Average"}
        configuration = {"TargetValue": 10.0, "CustomizedMetricSpecification": metric, "ScaleOutCooldown": 60, **more}
        alarms = self.call(
            "PutScalingPolicy",
            **self.variant,
            PolicyName=self.metric,
            TargetTrackingScalingPolicyConfiguration=configuration,
        )["Alarms"]
        return {kind: alarm["AlarmName"] for kind, alarm in zip(("high", "low"), alarms, strict=True)}

    def load(self, value: float) -> None:
        """The metric in each of the last whole minutes."""
        minutes = [self.clock.now().replace(second=5) - timedelta(minutes=n) for n in range(1, 17)]
        data = [{"MetricName": self.metric, "Timestamp": minute, "Value": value} for minute in minutes]
        self.cloudwatch.put_metric_data(Namespace="Test", MetricData=data)

    def ring(self, alarm: str) -> None:
        """Have the engine act while the alarm rings; the stage may evaluate it in between, and silence it."""
        rang = False
        while not rang:
            self.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
            self.engine.scaling.act()
            [found] = self.cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
            rang = found["StateValue"] == "ALARM"
        self.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="test")

    def instances(self) -> int:
        """How many run, once the endpoint is in service again."""
        [variant] = self.hosting.settled(self.endpoint)["ProductionVariants"]
        assert variant["CurrentInstanceCount"] == variant["DesiredInstanceCount"]
        count: int = variant["CurrentInstanceCount"]
        return count

    def close(self) -> None:
        self.call("DeregisterScalableTarget", **self.variant)


@pytest.fixture
def autoscaling(stage: RunningStage, tmp_path: Path, endpoint: str) -> Iterator[_Autoscaling]:
    beside = _Autoscaling(stage, tmp_path, endpoint)
    yield beside
    beside.close()


@pytest.mark.parametrize("hours", [-1, 25])
def test_a_clock_that_is_set_makes_no_cooldown_longer_or_shorter(autoscaling: _Autoscaling, hours: int) -> None:
    alarms = autoscaling.track()
    autoscaling.load(15)
    autoscaling.ring(alarms["high"])
    assert autoscaling.instances() == 2
    autoscaling.clock.step(timedelta(hours=hours))
    autoscaling.load(1000)
    autoscaling.ring(alarms["high"])
    assert autoscaling.instances() == 2, "it cools down"
    autoscaling.clock.advance(timedelta(seconds=61))
    autoscaling.load(1000)
    autoscaling.ring(alarms["high"])
    assert autoscaling.instances() == 3
    autoscaling.clock.advance(timedelta(seconds=301))
    autoscaling.load(0.1)
    autoscaling.ring(alarms["low"])
    assert autoscaling.instances() == 1


def test_an_endpoint_is_scaled_to_what_its_metric_calls_for_within_its_limits(autoscaling: _Autoscaling) -> None:
    alarms = autoscaling.track(ScaleInCooldown=120)
    autoscaling.load(15)
    autoscaling.ring(alarms["high"])
    assert autoscaling.instances() == 2  # ceil(1 * 15 / 10)

    autoscaling.load(1000)
    autoscaling.ring(alarms["high"])
    assert autoscaling.instances() == 2, "it cools down"
    autoscaling.clock.advance(timedelta(seconds=61))
    autoscaling.ring(alarms["high"])
    assert autoscaling.instances() == 3, "the most"

    quiet = _quiet(autoscaling, 1)
    assert quiet == 3, "an alarm that does not ring scales nothing"
    autoscaling.clock.advance(timedelta(seconds=61))
    autoscaling.ring(alarms["low"])
    assert autoscaling.instances() == 3, "scaling in cools down longer"
    autoscaling.clock.advance(timedelta(seconds=61))
    autoscaling.ring(alarms["low"])
    assert autoscaling.instances() == 1, "the least"
    activities = autoscaling.call("DescribeScalingActivities", ServiceNamespace="sagemaker")["ScalingActivities"]
    assert [activity["Description"] for activity in activities] == [
        f"Setting desired instance count to {count}." for count in (1, 3, 2)
    ]


def _quiet(autoscaling: _Autoscaling, value: float) -> int:
    autoscaling.cloudwatch.put_metric_data(
        Namespace="Test",
        MetricData=[
            {
                "MetricName": autoscaling.metric,
                "Timestamp": autoscaling.clock.now().replace(second=5) + timedelta(minutes=n),
                "Value": value,
            }
            for n in range(4)
        ],
    )
    autoscaling.engine.scaling.act()
    return autoscaling.instances()


def test_nothing_is_scaled_where_the_target_or_the_policy_says_so(autoscaling: _Autoscaling) -> None:
    alarms = autoscaling.track(DisableScaleIn=True)
    suspended = {"DynamicScalingOutSuspended": True}
    autoscaling.call("RegisterScalableTarget", **autoscaling.variant, SuspendedState=suspended)
    autoscaling.load(25)
    autoscaling.ring(alarms["high"])
    assert autoscaling.instances() == 1
    autoscaling.call(
        "RegisterScalableTarget", **autoscaling.variant, SuspendedState={"DynamicScalingOutSuspended": False}
    )
    autoscaling.ring(alarms["high"])
    assert autoscaling.instances() == 3
    autoscaling.hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=autoscaling.endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}],
    )
    assert autoscaling.instances() == 2
    autoscaling.clock.advance(timedelta(seconds=301))
    autoscaling.ring(alarms["low"])
    assert autoscaling.instances() == 2
    with pytest.raises(AwsError, match="one target tracking policy"):
        autoscaling.call(
            "PutScalingPolicy",
            **autoscaling.variant,
            PolicyName="another",
            TargetTrackingScalingPolicyConfiguration=TRACKING,
        )
    autoscaling.hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=autoscaling.endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 1}],
    )
    assert autoscaling.instances() == 1
