"""CreateEndpointConfig and its siblings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stage.engines.sagemaker.arns import ENDPOINT_CONFIG, MODEL, invalid, unsupported
from aws_stage.engines.sagemaker.hosting.models import model_data, serving_container
from aws_stage.engines.sagemaker.hosting.specification import STARTUP_SECONDS, VariantSpecification
from aws_stage.engines.sagemaker.images import framework_of
from aws_stage.engines.sagemaker.listing import listed
from aws_stage.engines.sagemaker.resources import Document, Resources, described
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call, Handler

MAX_INSTANCES = 8
"""Of one variant. An instance is a process of this machine, so the quota is small; on AWS it is the account's."""

_FIELDS = frozenset({"EndpointConfigName", "ProductionVariants", "KmsKeyId", "Tags", "DataCaptureConfig"})
_VARIANT_FIELDS = frozenset(
    {
        "VariantName",
        "ModelName",
        "InitialInstanceCount",
        "InstanceType",
        "InitialVariantWeight",
        "ServerlessConfig",
        "VolumeSizeInGB",
        "ModelDataDownloadTimeoutInSeconds",
        "ContainerStartupHealthCheckTimeoutInSeconds",
        "RoutingConfig",
    }
)


class EndpointConfigs:
    """The endpoint configurations of the stage: which models, in which shares, on how many instances."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self.operations: Mapping[str, Handler] = {
            "CreateEndpointConfig": self._create,
            "DescribeEndpointConfig": self._describe,
            "ListEndpointConfigs": self._list,
            "DeleteEndpointConfig": self._delete,
        }

    def specifications(self, name: str) -> list[VariantSpecification]:
        """What an endpoint of that configuration runs; raises ValidationException when a part of it is missing."""
        variants = self._resources.get(ENDPOINT_CONFIG, name)["ProductionVariants"]
        return [self._specification(variant) for variant in variants]

    def _specification(self, variant: Mapping[str, Any]) -> VariantSpecification:
        container = serving_container(self._resources.get(MODEL, variant["ModelName"]))
        return VariantSpecification(
            name=variant["VariantName"],
            image=container["Image"],
            framework=framework_of(container["Image"]),
            model_data=model_data(container),
            instance_type=variant.get("InstanceType"),
            environment=container["Environment"],
            weight=variant["InitialVariantWeight"],
            instances=variant.get("InitialInstanceCount", 1),
            serverless=variant.get("ServerlessConfig"),
            random_routing=(variant.get("RoutingConfig") or {}).get("RoutingStrategy") == "RANDOM",
            startup_seconds=variant.get("ContainerStartupHealthCheckTimeoutInSeconds", STARTUP_SECONDS),
        )

    def _create(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "CreateEndpointConfig", request)
        for field, value in request.items():
            if field not in _FIELDS and value not in (None, False, [], {}):
                raise unsupported(f"{field} of an endpoint configuration")
        if (request.get("DataCaptureConfig") or {}).get("EnableCapture"):
            raise unsupported("Data capture (DataCaptureConfig with EnableCapture)")
        variants = [self._variant(variant) for variant in request["ProductionVariants"]]
        names = [variant["VariantName"] for variant in variants]
        if len(set(names)) != len(names):
            raise invalid(f"Variant names must be unique within an endpoint configuration: {', '.join(names)}.")
        name = request["EndpointConfigName"]
        document: Document = {
            "EndpointConfigName": name,
            "EndpointConfigArn": self._resources.arn(ENDPOINT_CONFIG, name),
            "ProductionVariants": variants,
            "EnableNetworkIsolation": False,
            "CreationTime": self._resources.now(),
            **{field: request[field] for field in ("KmsKeyId", "DataCaptureConfig") if request.get(field)},
        }
        self._resources.create(ENDPOINT_CONFIG, name, document, request.get("Tags"))
        return {"EndpointConfigArn": document["EndpointConfigArn"]}

    def _variant(self, given: Mapping[str, Any]) -> dict[str, Any]:
        for field, value in given.items():
            if field not in _VARIANT_FIELDS and value not in (None, False):
                raise unsupported(f"{field} of a production variant")
        name = given["VariantName"]
        if not given.get("ModelName"):
            raise unsupported(f"Production variant {name} without ModelName (inference components)")
        model = self._resources.get(MODEL, given["ModelName"])
        if given.get("ServerlessConfig"):
            _check_serverless(given, model)
        elif not (given.get("InitialInstanceCount") and given.get("InstanceType")):
            raise invalid(f"InstanceType and InitialInstanceCount are required for production variant {name}.")
        if (given.get("RoutingConfig") or {}).get("RoutingStrategy") == "PREFIX_AWARE":
            raise unsupported("RoutingStrategy PREFIX_AWARE")
        check_instances(given.get("InitialInstanceCount", 1), name)
        variant = {field: value for field, value in given.items() if field in _VARIANT_FIELDS and value is not None}
        return {**variant, "InitialVariantWeight": float(given.get("InitialVariantWeight", 1.0))}

    def _describe(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DescribeEndpointConfig", call.payload)
        return described(self._resources.get(ENDPOINT_CONFIG, call.payload["EndpointConfigName"]))

    def _list(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "ListEndpointConfigs", call.payload)
        fields = ("EndpointConfigName", "EndpointConfigArn", "CreationTime")
        found, more = listed(self._resources.all(ENDPOINT_CONFIG), call.payload, "EndpointConfig", fields)
        return {"EndpointConfigs": found, **more}

    def _delete(self, call: Call) -> dict[str, Any]:
        """Endpoints that were made of it go on."""
        check("sagemaker", "DeleteEndpointConfig", call.payload)
        self._resources.delete(ENDPOINT_CONFIG, call.payload["EndpointConfigName"])
        return {}


def check_instances(count: int, variant: str) -> None:
    """Raise ResourceLimitExceeded for more instances than this stage gives a variant."""
    if count > MAX_INSTANCES:
        raise AwsError(
            "ResourceLimitExceeded",
            f"The local stage runs a process for each instance, and at most {MAX_INSTANCES} for a variant; "
            f"{count} were asked for variant {variant}.",
        )


def _check_serverless(given: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    """Raise ValidationException for what serverless hosting excludes ("Serverless Inference", "Feature exclusions").

    AWS's documents do not say which call refuses it, nor in which words.
    """
    for field, what in (("EnableNetworkIsolation", "network isolation"), ("VpcConfig", "a VPC configuration")):
        if model.get(field):
            raise invalid(f"Model {model['ModelName']} has {what}, which serverless endpoints do not support.")
    for field in ("InitialInstanceCount", "InstanceType"):
        if given.get(field):
            raise invalid(f"{field} cannot be set together with ServerlessConfig.")
    memory = given["ServerlessConfig"]["MemorySizeInMB"]
    if memory % 1024:
        raise invalid(f"MemorySizeInMB must be 1024, 2048, 3072, 4096, 5120 or 6144, not {memory}.")
    provisioned = given["ServerlessConfig"].get("ProvisionedConcurrency")
    if provisioned is not None and provisioned > given["ServerlessConfig"]["MaxConcurrency"]:
        raise invalid("ProvisionedConcurrency must be less than or equal to MaxConcurrency.")
