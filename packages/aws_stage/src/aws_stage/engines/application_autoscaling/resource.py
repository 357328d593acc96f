"""What can be scaled: the variants of SageMaker's endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.kernel.engine import AwsError
from aws_stage.kernel.settings import ACCOUNT_ID

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
ROLE = (
    f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
_RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")


@dataclass(frozen=True)
class Variant:
    """A variant of an endpoint."""

    endpoint: str
    name: str

    @property
    def resource_id(self) -> str:
        """Its name in this service."""
        return f"endpoint/{self.endpoint}/variant/{self.name}"

    @property
    def dimensions(self) -> list[dict[str, str]]:
        """The dimensions of its metrics."""
        return [{"Name": "EndpointName", "Value": self.endpoint}, {"Name": "VariantName", "Value": self.name}]


def variant_of(payload: Mapping[str, Any]) -> Variant:
    """Whom a call is about; raises ValidationException when that cannot be scaled here."""
    if payload["ServiceNamespace"] != NAMESPACE or payload["ScalableDimension"] != DIMENSION:
        raise AwsError(
            "ValidationException",
            f"The local stage scales {NAMESPACE} by {DIMENSION} alone, not {payload['ServiceNamespace']} by "
            f"{payload['ScalableDimension']}.",
        )
    match = _RESOURCE.fullmatch(payload["ResourceId"])
    if match is None:
        raise AwsError(
            "ValidationException",
            f"Unsupported service namespace, resource type or scalable dimension: {payload['ResourceId']} is not "
            "endpoint/<endpoint>/variant/<variant>",
        )
    return Variant(match[1], match[2])


def instances(sagemaker: Any, variant: Variant) -> tuple[str, int]:
    """The endpoint's status and the variant's wanted instances; raises ValidationException when there is neither."""
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=variant.endpoint)
    except ClientError as error:
        raise AwsError("ValidationException", f"Endpoint {variant.endpoint} was not found") from error
    for found in endpoint.get("ProductionVariants", []):
        if found["VariantName"] == variant.name:
            count = found.get("DesiredInstanceCount", found.get("CurrentInstanceCount"))
            if count is None:
                break
            return endpoint["EndpointStatus"], count
    raise AwsError("ValidationException", f"Endpoint {variant.endpoint} has no variant {variant.name} with instances")
