"""Scalable targets: between how many instances a variant may be scaled."""

from __future__ import annotations

import uuid
from typing import Any

from aws_stage.engines.application_autoscaling.policies import Policies
from aws_stage.engines.application_autoscaling.resource import DIMENSION, NAMESPACE, ROLE, instances, variant_of
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.paging import page
from aws_stage.kernel.settings import ACCOUNT_ID
from aws_stage.storage.store import Document, Store

KIND = "target"
_ANSWERED = (
    "ServiceNamespace",
    "ResourceId",
    "ScalableDimension",
    "MinCapacity",
    "MaxCapacity",
    "RoleARN",
    "CreationTime",
    "SuspendedState",
    "ScalableTargetARN",
)
_RUNNING = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}
_MOST_TAGS = 50


class Targets:
    """Kept by their resource id."""

    def __init__(self, stage: Stage, store: Store, policies: Policies) -> None:
        self._stage = stage
        self._store = store
        self._policies = policies
        self.operations: dict[str, Handler] = {
            "RegisterScalableTarget": self._register,
            "DescribeScalableTargets": self._describe,
            "DeregisterScalableTarget": self._deregister,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    def _register(self, call: Call) -> dict[str, Any]:
        payload = call.payload
        variant = variant_of(payload)
        instances(self._stage.client("sagemaker"), variant)
        known = self._store.get(KIND, variant.resource_id)
        if known is not None and payload.get("Tags"):
            raise AwsError("ValidationException", "Tags are for a new scalable target; use TagResource")
        target = known or {
            "ServiceNamespace": NAMESPACE,
            "ResourceId": variant.resource_id,
            "ScalableDimension": DIMENSION,
            "RoleARN": ROLE,
            "CreationTime": self._stage.clock.now().timestamp(),
            "SuspendedState": _RUNNING,
            "ScalableTargetARN": f"arn:aws:application-autoscaling:{self._stage.settings.region}:{ACCOUNT_ID}:"
            f"scalable-target/{uuid.uuid4().hex}",
            "Tags": payload.get("Tags", {}),
        }
        target.update({name: payload[name] for name in ("MinCapacity", "MaxCapacity", "RoleARN") if name in payload})
        target["SuspendedState"] = {**target["SuspendedState"], **payload.get("SuspendedState", {})}
        low, high = target.get("MinCapacity"), target.get("MaxCapacity")
        if low is None or high is None:
            raise AwsError("ValidationException", "A new scalable target needs MinCapacity and MaxCapacity")
        if not 1 <= low <= high:
            message = f"Minimum capacity {low} must be at least 1 and at most the maximum capacity {high}"
            raise AwsError("ValidationException", message)
        self._store.put(KIND, variant.resource_id, target)
        return {"ScalableTargetARN": target["ScalableTargetARN"]}

    def _describe(self, call: Call) -> dict[str, Any]:
        wanted = call.payload.get("ResourceIds")
        found = [
            {name: target[name] for name in _ANSWERED}
            for resource_id, target in self._store.items(KIND)
            if call.payload["ServiceNamespace"] == NAMESPACE
            and (not wanted or resource_id in wanted)
            and call.payload.get("ScalableDimension", DIMENSION) == DIMENSION
        ]
        targets, more = page(found, call.payload.get("NextToken"), call.payload.get("MaxResults"), 50)
        return {"ScalableTargets": targets, **more}

    def _deregister(self, call: Call) -> dict[str, Any]:
        resource_id = variant_of(call.payload).resource_id
        if self._store.get(KIND, resource_id) is None:
            raise AwsError("ObjectNotFoundException", f"No scalable target found for resource ID: {resource_id}")
        self._policies.delete_all(resource_id)
        self._store.delete(KIND, resource_id)
        return {}

    def _tagged(self, call: Call) -> Document:
        for _, target in self._store.items(KIND):
            if target["ScalableTargetARN"] == call.payload["ResourceARN"]:
                return target
        message = f"No scalable target found for ARN: {call.payload['ResourceARN']}"
        raise AwsError("ResourceNotFoundException", message, members={"ResourceName": call.payload["ResourceARN"]})

    def _tag(self, call: Call) -> dict[str, Any]:
        target = self._tagged(call)
        tags = {**target["Tags"], **call.payload["Tags"]}
        if len(tags) > _MOST_TAGS:
            raise AwsError("TooManyTagsException", f"A scalable target has {_MOST_TAGS} tags at most")
        self._store.put(KIND, target["ResourceId"], {**target, "Tags": tags})
        return {}

    def _untag(self, call: Call) -> dict[str, Any]:
        target = self._tagged(call)
        tags = {key: value for key, value in target["Tags"].items() if key not in call.payload["TagKeys"]}
        self._store.put(KIND, target["ResourceId"], {**target, "Tags": tags})
        return {}

    def _list_tags(self, call: Call) -> dict[str, Any]:
        return {"Tags": self._tagged(call)["Tags"]}
