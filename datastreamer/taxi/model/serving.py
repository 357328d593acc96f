"""Which version an endpoint serves: the names of what is made of a version say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def resource_name(endpoint: str, version: str) -> str:
    """The SageMaker model of a version, and its endpoint configuration: ``<endpoint>-v7``."""
    return f"{endpoint}-v{version}"


def version_of(endpoint: str, resource: str) -> str | None:
    """The version that a model or a configuration is of; None where it is of none."""
    match = re.fullmatch(re.escape(endpoint) + r"-v([1-9][0-9]*)", resource)
    return match[1] if match else None


def endpoint_state(sagemaker: SageMakerClient, endpoint: str) -> Any | None:
    """DescribeEndpoint's answer; None where there is no such endpoint."""
    try:
        return sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        # SageMaker has no error of its own for it (API reference, DescribeEndpoint).
        if "Could not find" in error.response["Error"].get("Message", ""):
            return None
        raise


def served_version(sagemaker: SageMakerClient, endpoint: str) -> str | None:
    """The version that takes the endpoint's traffic; None where nothing does, or what nobody registered."""
    state = endpoint_state(sagemaker, endpoint)
    if state is None or state["EndpointStatus"] in ("Creating", "Failed", "Deleting"):
        return None
    return version_of(endpoint, state["EndpointConfigName"])
