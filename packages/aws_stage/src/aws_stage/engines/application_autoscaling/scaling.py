"""Scaling itself: when an alarm of a policy is in ALARM, the variant gets the instances that its metric calls for."""

from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.application_autoscaling import policies, targets
from aws_stage.engines.application_autoscaling.resource import DIMENSION, NAMESPACE, Variant, instances, variant_of
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.paging import page
from aws_stage.storage.store import Document, Store

logger = logging.getLogger("aws_stage.application_autoscaling")

KIND = "activity"
COOLDOWN_SECONDS = 300.0
"""For SageMaker's variants, when the policy gives none."""
MOST_ACTIVITIES = 50


def wanted(current: int, value: float, policy: Mapping[str, Any], target: Mapping[str, Any], *, out: bool) -> int:
    """How many instances bring the metric to its target value, from ``value`` with ``current`` of them.

    More, or fewer, as the alarm says; never past the target's limits, nor where the target or policy says not to.
    """
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    suspended = target["SuspendedState"]
    if suspended["DynamicScalingOutSuspended"] if out else suspended["DynamicScalingInSuspended"]:
        return current
    if not out and configuration.get("DisableScaleIn"):
        return current
    count = math.ceil(current * value / configuration["TargetValue"])
    count = max(count, current) if out else min(count, current)
    return int(min(max(count, target["MinCapacity"]), target["MaxCapacity"]))


class Scaling:
    """Acts on every policy, once each time that it is asked to."""

    def __init__(self, stage: Stage, store: Store) -> None:
        self._stage = stage
        self._store = store
        self._scaled: dict[str, float] = {}
        """Resource to when it was last scaled, in monotonic seconds."""
        self.operations: dict[str, Handler] = {"DescribeScalingActivities": self._describe}

    def act(self) -> None:
        """Judge every policy by its alarms."""
        for _, policy in self._store.items(policies.KIND):
            try:
                self._act(policy)
            except (ClientError, BotoCoreError, AwsError) as error:
                logger.warning("%s is not scaled: %s", policy["ResourceId"], error)

    def _act(self, policy: Document) -> None:
        target = self._store.get(targets.KIND, policy["ResourceId"])
        alarms = [alarm["AlarmName"] for alarm in policy["Alarms"]]
        states = {
            alarm["AlarmName"]: alarm["StateValue"]
            for alarm in self._stage.client("cloudwatch").describe_alarms(AlarmNames=alarms)["MetricAlarms"]
        }
        ringing = [name for name in alarms if states.get(name) == "ALARM"]
        if target is None or not ringing or self._cools(policy, out=ringing[0] == alarms[0]):
            return
        variant = variant_of(policy)
        status, current = instances(self._stage.client("sagemaker"), variant)
        value = self._value(variant, policy)
        if status != "InService" or value is None:
            return
        count = wanted(current, value, policy, target, out=ringing[0] == alarms[0])
        if count != current:
            self._scale(variant, current, count, ringing[0], policy)

    def _scale(self, variant: Variant, current: int, count: int, alarm: str, policy: Document) -> None:
        self._stage.client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName=variant.endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": variant.name, "DesiredInstanceCount": count}],
        )
        logger.info("%s: from %d to %d instances", variant.resource_id, current, count)
        now = self._stage.clock.now().timestamp()
        self._scaled[variant.resource_id] = self._stage.clock.monotonic()
        activity = {
            "ActivityId": str(uuid.uuid4()),
            "ServiceNamespace": NAMESPACE,
            "ResourceId": variant.resource_id,
            "ScalableDimension": DIMENSION,
            "Description": f"Setting desired instance count to {count}.",
            "Cause": f"monitor alarm {alarm} in state ALARM triggered policy {policy['PolicyName']}",
            "StartTime": now,
            "EndTime": now,
            "StatusCode": "Successful",
            "StatusMessage": f"Successfully set desired instance count to {count}.",
        }
        with self._store.transaction():
            self._store.put(KIND, f"{now:020.6f}", activity)
            for key in [key for key, _ in self._store.items(KIND)][:-MOST_ACTIVITIES]:
                self._store.delete(KIND, key)

    def _cools(self, policy: Document, *, out: bool) -> bool:
        """Whether too little time has passed since the variant was last scaled."""
        configuration = policy["TargetTrackingScalingPolicyConfiguration"]
        seconds = configuration.get("ScaleOutCooldown" if out else "ScaleInCooldown", COOLDOWN_SECONDS)
        scaled = self._scaled.get(policy["ResourceId"])
        if scaled is not None:
            return bool(self._stage.clock.monotonic() - scaled < seconds)
        now = self._stage.clock.now().timestamp()
        past = [one["StartTime"] for one in self._of(policy["ResourceId"]) if one["StartTime"] <= now]
        return bool(now - max(past, default=-math.inf) < seconds)

    def _value(self, variant: Variant, policy: Document) -> float | None:
        """The metric's last datapoint of a whole period."""
        metric = policies.metric_of(variant, policy["TargetTrackingScalingPolicyConfiguration"])
        statistic = metric.pop("Statistic")
        period = policies.PERIOD_SECONDS
        now = self._stage.clock.now()
        end = now - timedelta(seconds=now.timestamp() % period)
        points = self._stage.client("cloudwatch").get_metric_statistics(
            **metric,
            Statistics=[statistic],
            Period=period,
            StartTime=end - timedelta(seconds=policies.LOW_PERIODS * period),
            EndTime=end,
        )["Datapoints"]
        return max(points, key=lambda point: point["Timestamp"])[statistic] if points else None

    def _of(self, resource_id: str) -> list[Document]:
        return [activity for _, activity in self._store.items(KIND) if activity["ResourceId"] == resource_id]

    def _describe(self, call: Call) -> dict[str, Any]:
        wanted_id = call.payload.get("ResourceId")
        found = [
            activity
            for _, activity in reversed(self._store.items(KIND))
            if call.payload["ServiceNamespace"] == NAMESPACE and wanted_id in (None, activity["ResourceId"])
        ]
        activities, more = page(found, call.payload.get("NextToken"), call.payload.get("MaxResults"), 50)
        return {"ScalingActivities": activities, **more}
