"""CreateEndpoint and its siblings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from aws_stage.engines.sagemaker.arns import ENDPOINT, invalid, unsupported
from aws_stage.engines.sagemaker.hosting.deployment_config import Plan, plan_of, shifts_in_steps
from aws_stage.engines.sagemaker.hosting.description import Descriptions
from aws_stage.engines.sagemaker.hosting.endpoint_configs import EndpointConfigs, check_instances
from aws_stage.engines.sagemaker.hosting.fleets import deployment_document, specifications_of
from aws_stage.engines.sagemaker.hosting.hosting import Hosting
from aws_stage.engines.sagemaker.hosting.rollout import alarm_states
from aws_stage.engines.sagemaker.hosting.specification import VariantSpecification
from aws_stage.engines.sagemaker.listing import listed
from aws_stage.engines.sagemaker.resources import Document, Resources
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import Call, Handler

ANSWER_SECONDS = 2.0
"""A change is answered when it is done, or after this time. Waiters of boto3 and Terraform look at once and then only
every 30 seconds: a second spent here spares them the half minute."""


class Endpoints:
    """The endpoints of the stage, as documents; ``hosting`` makes them live."""

    def __init__(
        self,
        resources: Resources,
        configs: EndpointConfigs,
        hosting: Hosting,
        descriptions: Descriptions,
        client: Callable[[str], Any],
    ) -> None:
        self._client = client
        self._resources = resources
        self._configs = configs
        self._hosting = hosting
        self._descriptions = descriptions
        self.operations: Mapping[str, Handler] = {
            "CreateEndpoint": self._create,
            "DescribeEndpoint": self._describe,
            "ListEndpoints": self._list,
            "UpdateEndpoint": self._update,
            "UpdateEndpointWeightsAndCapacities": self._resize,
            "DeleteEndpoint": self._delete,
        }

    def _create(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "CreateEndpoint", request)
        name, config = request["EndpointName"], request["EndpointConfigName"]
        specifications = self._configs.specifications(config)
        self._check_alarms(_plan(request.get("DeploymentConfig"), specifications))
        now = self._resources.now()
        document: Document = {
            "EndpointName": name,
            "EndpointArn": self._resources.arn(ENDPOINT, name),
            "EndpointConfigName": config,
            "EndpointStatus": "Creating",
            "CreationTime": now,
            "LastModifiedTime": now,
            "Deployment": deployment_document(specifications),
        }
        if request.get("DeploymentConfig"):
            document["LastDeploymentConfig"] = request["DeploymentConfig"]
        self._resources.create(ENDPOINT, name, document, request.get("Tags"))
        self._descriptions.announce(self._resources.get(ENDPOINT, name))
        _await(self._hosting.create(name))
        return {"EndpointArn": document["EndpointArn"]}

    def _update(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "UpdateEndpoint", request)
        name, config = request["EndpointName"], request["EndpointConfigName"]
        current = self._resources.get(ENDPOINT, name)
        specifications = self._configs.specifications(config)
        old = specifications_of(current["Deployment"])
        _check_move(old, specifications)
        self._check_scaled(name, old, specifications)
        if request.get("RetainAllVariantProperties"):
            excluded = {each["VariantPropertyType"] for each in request.get("ExcludeRetainedVariantProperties") or []}
            specifications = _retain(specifications, current, excluded)
        elif request.get("ExcludeRetainedVariantProperties"):
            raise invalid("ExcludeRetainedVariantProperties needs RetainAllVariantProperties.")
        deployment_config = request.get("DeploymentConfig")
        if deployment_config is None and request.get("RetainDeploymentConfig"):
            deployment_config = current.get("LastDeploymentConfig")
        self._check_alarms(_plan(deployment_config, specifications))
        if shifts_in_steps(deployment_config) and {each.name for each in old} != {each.name for each in specifications}:
            raise invalid("The new endpoint configuration must have the same variant names as the old one.")
        pending = {
            "EndpointConfigName": config,
            "Deployment": deployment_document(specifications),
            "DeploymentConfig": deployment_config,
            "StartTime": self._resources.now(),
        }

        def edit(document: Document) -> None:
            document["Pending"] = pending

        document = self._begin_update(name, edit)
        _await(self._hosting.update(name))
        return {"EndpointArn": document["EndpointArn"]}

    def _check_alarms(self, plan: Plan) -> None:
        """Refuses alarms that there are not. AWS's documents do not say in which words."""
        if plan.alarms:
            states = alarm_states(self._client("cloudwatch"), plan.alarms)
            missing = [name for name in plan.alarms if name not in states]
            if missing:
                raise invalid(f"AutoRollbackConfiguration names alarms that do not exist: {', '.join(missing)}.")

    def _check_scaled(self, name: str, old: list[VariantSpecification], new: list[VariantSpecification]) -> None:
        """Refuses another instance type for a variant that is scaled, and its removal ("Update endpoints that use auto
        scaling"). AWS's documents do not say in which words."""
        types = {each.name: each.instance_type for each in new}
        changed = [
            f"endpoint/{name}/variant/{each.name}"
            for each in old
            if each.instance_type is not None and types.get(each.name) != each.instance_type
        ]
        if not changed:
            return
        scaling = self._client("application-autoscaling")
        scaled = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=changed)["ScalableTargets"]
        for target in scaled:
            raise invalid(
                f"{target['ResourceId']} is registered as a scalable target: deregister it before its instance type is "
                "changed or it is removed."
            )

    def _resize(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "UpdateEndpointWeightsAndCapacities", request)
        name = request["EndpointName"]
        wanted = {each["VariantName"]: each for each in request["DesiredWeightsAndCapacities"]}

        def edit(document: Document) -> None:
            specifications = specifications_of(document["Deployment"])
            missing = sorted(wanted.keys() - {each.name for each in specifications})
            if missing:
                raise invalid(
                    f'The variant name(s) "{", ".join(missing)}" is/are not present within endpoint "{name}".'
                )
            document["Deployment"]["Specifications"] = [
                (_resized(each, wanted[each.name]) if each.name in wanted else each).document()
                for each in specifications
            ]

        document = self._begin_update(name, edit)
        _await(self._hosting.resize(name))
        return {"EndpointArn": document["EndpointArn"]}

    def _begin_update(self, name: str, edit: Any) -> Document:
        def change(document: Document) -> None:
            if document["EndpointStatus"] != "InService":
                raise _in_progress(document)
            edit(document)
            document.pop("FailureReason", None)
            document |= {"EndpointStatus": "Updating", "LastModifiedTime": self._resources.now()}

        document = self._resources.change(ENDPOINT, name, change)
        self._descriptions.announce(document)
        return document

    def _delete(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DeleteEndpoint", call.payload)
        name = call.payload["EndpointName"]

        def change(document: Document) -> None:
            if document["EndpointStatus"] not in ("InService", "Failed", "UpdateRollbackFailed"):
                raise _in_progress(document)
            document |= {"EndpointStatus": "Deleting", "LastModifiedTime": self._resources.now()}

        self._descriptions.announce(self._resources.change(ENDPOINT, name, change))
        _await(self._hosting.delete(name))
        return {}

    def _describe(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DescribeEndpoint", call.payload)
        return self._descriptions.of(self._resources.get(ENDPOINT, call.payload["EndpointName"]))

    def _list(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "ListEndpoints", call.payload)
        fields = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
        found, more = listed(self._resources.all(ENDPOINT), call.payload, "Endpoint", fields)
        return {"Endpoints": found, **more}


def _plan(config: Mapping[str, Any] | None, specifications: list[VariantSpecification]) -> Plan:
    return plan_of(config, min(each.instances for each in specifications))


def _await(transition: threading.Thread) -> None:
    transition.join(ANSWER_SECONDS)


def _in_progress(document: Document) -> Exception:
    if document["EndpointStatus"] == "Failed":
        return invalid(f'Cannot update failed endpoint "{document["EndpointArn"]}": delete it and create it anew.')
    return invalid(f'Cannot update in-progress endpoint "{document["EndpointArn"]}".')


def _check_move(old: list[VariantSpecification], new: list[VariantSpecification]) -> None:
    """Refuses to move instances to serverless hosting (SageMaker developer guide, "Serverless Inference")."""
    if any(each.serverless is None for each in old) and any(each.serverless is not None for each in new):
        raise invalid("An endpoint with instances cannot be updated to serverless hosting: create another endpoint.")


def _resized(each: VariantSpecification, wanted: Mapping[str, Any]) -> VariantSpecification:
    count = wanted.get("DesiredInstanceCount")
    if each.serverless is not None and count is not None:
        raise invalid(f"DesiredInstanceCount cannot be set for serverless variant {each.name}.")
    if wanted.get("ServerlessUpdateConfig"):
        raise unsupported("ServerlessUpdateConfig")
    if count is not None and count < 1:
        raise invalid(f"DesiredInstanceCount of variant {each.name} must be at least 1.")
    check_instances(count or 1, each.name)
    return each.resized(wanted.get("DesiredWeight"), count)


def _retain(
    specifications: list[VariantSpecification], current: Document, excluded: set[str]
) -> list[VariantSpecification]:
    """The new variants with the weights and counts of those of the same name that serve now."""
    old = {each.name: each for each in specifications_of(current["Deployment"])}
    return [
        each.resized(
            old[each.name].weight if "DesiredWeight" not in excluded else None,
            old[each.name].instances if "DesiredInstanceCount" not in excluded else None,
        )
        if each.name in old
        else each
        for each in specifications
    ]
