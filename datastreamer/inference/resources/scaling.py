"""Endpoints that Application Auto Scaling gives more and fewer instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_missing
from datastreamer.errors import UsageError
from datastreamer.inference.resources.endpoints import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def scaled_variants(scaling: Any, endpoint: Endpoint) -> set[str]:
    """The names of the variants that are scaled; ``scaling`` is a client of Application Auto Scaling."""
    ids = [f"endpoint/{endpoint.name}/variant/{each.name}" for each in endpoint.variants]
    if not ids:
        return set()
    found = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=ids)["ScalableTargets"]
    return {each["ResourceId"].rpartition("/")[2] for each in found}


def check_scaled(sagemaker: SageMakerClient, endpoint: Endpoint, config: str, scaled: set[str]) -> None:
    """Raises UsageError where SageMaker would refuse the move: ``config`` gives a scaled variant another instance type,
    or has none of its name ("Update endpoints that use auto scaling")."""
    before, after = _types(sagemaker, endpoint.config), _types(sagemaker, config)
    for variant in sorted(scaled & before.keys()):
        if after.get(variant) != before[variant]:
            raise UsageError(
                f"variant {variant} of endpoint {endpoint.name} is scaled, and SageMaker changes no instance type of "
                "such a one. An endpoint of deploy: docs/pipelines/inference.md has the three steps. Else first: "
                "aws application-autoscaling deregister-scalable-target --service-namespace sagemaker "
                f"--scalable-dimension {DIMENSION} --resource-id endpoint/{endpoint.name}/variant/{variant}"
            )


def _types(sagemaker: SageMakerClient, config: str) -> dict[str, str]:
    """The instance type of each variant with instances; of no variant when the configuration is deleted."""
    try:
        variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    except ClientError as error:
        if not is_missing(error):
            raise
        return {}
    return {each["VariantName"]: each["InstanceType"] for each in variants if "InstanceType" in each}
