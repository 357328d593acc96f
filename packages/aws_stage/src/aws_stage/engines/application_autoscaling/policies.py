"""Target tracking policies, each with the two alarms that say when to scale."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from aws_stage.engines.application_autoscaling.resource import DIMENSION, NAMESPACE, Variant, variant_of
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.paging import page
from aws_stage.kernel.settings import ACCOUNT_ID
from aws_stage.storage.store import Document, Store

KIND = "policy"
PERIOD_SECONDS = 60
HIGH_PERIODS = 3
LOW_PERIODS = 15
LOW_SHARE = 0.9
"""How AWS sets the alarms: above the target for 3 minutes, and below 90 % of it for 15."""

_PREDEFINED = "SageMakerVariantInvocationsPerInstance"


class Policies:
    """Kept by resource id and name."""

    def __init__(self, stage: Stage, store: Store) -> None:
        self._stage = stage
        self._store = store
        self.operations: dict[str, Handler] = {
            "PutScalingPolicy": self._put,
            "DescribeScalingPolicies": self._describe,
            "DeleteScalingPolicy": self._delete,
        }

    def _put(self, call: Call) -> dict[str, Any]:
        payload = call.payload
        variant = variant_of(payload)
        if self._store.get("target", variant.resource_id) is None:
            message = f"No scalable target registered for resource ID: {variant.resource_id}"
            raise AwsError("ObjectNotFoundException", message)
        configuration = _target_tracking(payload)
        key = f"{variant.resource_id} {payload['PolicyName']}"
        known = self._store.get(KIND, key)
        if known is None and any(one["ResourceId"] == variant.resource_id for _, one in self._store.items(KIND)):
            raise AwsError("ValidationException", "The local stage keeps one target tracking policy a variant.")
        policy = known or {
            "PolicyARN": f"arn:aws:autoscaling:{self._stage.settings.region}:{ACCOUNT_ID}:scalingPolicy:"
            f"{uuid.uuid4()}:resource/{NAMESPACE}/{variant.resource_id}:policyName/{payload['PolicyName']}",
            "PolicyName": payload["PolicyName"],
            "ServiceNamespace": NAMESPACE,
            "ResourceId": variant.resource_id,
            "ScalableDimension": DIMENSION,
            "PolicyType": "TargetTrackingScaling",
            "CreationTime": self._stage.clock.now().timestamp(),
            "Alarms": [],
        }
        policy["TargetTrackingScalingPolicyConfiguration"] = configuration
        if not policy["Alarms"]:
            policy["Alarms"] = [self._alarm(variant, kind) for kind in ("High", "Low")]
        self._store.put(KIND, key, policy)  # first, so that no alarm is ever without its policy
        self._put_alarms(policy, variant, configuration)
        return {"PolicyARN": policy["PolicyARN"], "Alarms": policy["Alarms"]}

    def _alarm(self, variant: Variant, kind: str) -> dict[str, str]:
        name = f"TargetTracking-{variant.resource_id}-Alarm{kind}-{uuid.uuid4()}"
        arn = f"arn:aws:cloudwatch:{self._stage.settings.region}:{ACCOUNT_ID}:alarm:{name}"
        return {"AlarmName": name, "AlarmARN": arn}

    def _put_alarms(self, policy: Document, variant: Variant, configuration: Mapping[str, Any]) -> None:
        high, low = policy["Alarms"]
        target = configuration["TargetValue"]
        for alarm, operator, threshold, periods in (
            (high, "GreaterThanThreshold", target, HIGH_PERIODS),
            (low, "LessThanThreshold", target * LOW_SHARE, LOW_PERIODS),
        ):
            self._stage.client("cloudwatch").put_metric_alarm(
                AlarmName=alarm["AlarmName"],
                AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy['PolicyARN']}.",
                AlarmActions=[policy["PolicyARN"]],
                ComparisonOperator=operator,
                Threshold=threshold,
                EvaluationPeriods=periods,
                Period=PERIOD_SECONDS,
                **metric_of(variant, configuration),
            )

    def _describe(self, call: Call) -> dict[str, Any]:
        payload = call.payload
        found = [
            policy
            for _, policy in self._store.items(KIND)
            if payload["ServiceNamespace"] == NAMESPACE
            and payload.get("ResourceId", policy["ResourceId"]) == policy["ResourceId"]
            and payload.get("ScalableDimension", DIMENSION) == DIMENSION
            and (not payload.get("PolicyNames") or policy["PolicyName"] in payload["PolicyNames"])
        ]
        policies, more = page(found, payload.get("NextToken"), payload.get("MaxResults"), 50)
        return {"ScalingPolicies": policies, **more}

    def _delete(self, call: Call) -> dict[str, Any]:
        variant = variant_of(call.payload)
        name = call.payload["PolicyName"]
        policy = self._store.get(KIND, f"{variant.resource_id} {name}")
        if policy is None:
            message = f"No scaling policy found for resource ID: {variant.resource_id} and policy name: {name}"
            raise AwsError("ObjectNotFoundException", message)
        self._remove(policy)
        return {}

    def delete_all(self, resource_id: str) -> None:
        """Delete the policies of a target."""
        for _, policy in self._store.items(KIND):
            if policy["ResourceId"] == resource_id:
                self._remove(policy)

    def _remove(self, policy: Document) -> None:
        names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
        self._stage.client("cloudwatch").delete_alarms(AlarmNames=names)
        self._store.delete(KIND, f"{policy['ResourceId']} {policy['PolicyName']}")


def _target_tracking(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The policy's configuration; raises ValidationException for what the stage does not do."""
    configuration = payload.get("TargetTrackingScalingPolicyConfiguration")
    if payload.get("PolicyType", "TargetTrackingScaling") != "TargetTrackingScaling" or configuration is None:
        raise AwsError(
            "ValidationException",
            "The local stage does target tracking (PolicyType TargetTrackingScaling) alone; no step scaling, no "
            "predictive scaling.",
        )
    predefined = configuration.get("PredefinedMetricSpecification")
    customized = configuration.get("CustomizedMetricSpecification")
    if (predefined is None) == (customized is None):
        raise AwsError("ValidationException", "Give a predefined or a customized metric specification, one of them")
    if predefined is not None and predefined.get("PredefinedMetricType") != _PREDEFINED:
        raise AwsError("ValidationException", f"The local stage knows the predefined metric {_PREDEFINED} alone.")
    if customized is not None and not {"MetricName", "Namespace", "Statistic"} <= customized.keys():
        raise AwsError("ValidationException", "The local stage tracks a customized metric by name, no metric math.")
    if not configuration["TargetValue"] > 0:
        raise AwsError("ValidationException", "TargetValue must be greater than 0")
    return dict(configuration)


def metric_of(variant: Variant, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The metric that a policy tracks, in the words of PutMetricAlarm."""
    customized = configuration.get("CustomizedMetricSpecification")
    if customized is None:
        metric = {"Namespace": "AWS/SageMaker", "MetricName": "InvocationsPerInstance", "Statistic": "Sum"}
        return {**metric, "Dimensions": variant.dimensions}
    metric = {name: customized[name] for name in ("Namespace", "MetricName", "Statistic")}
    unit = {"Unit": customized["Unit"]} if customized.get("Unit") else {}
    return {**metric, **unit, "Dimensions": customized.get("Dimensions", [])}
