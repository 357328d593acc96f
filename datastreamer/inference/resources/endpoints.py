"""SageMaker endpoints: make, update, delete, list, wait for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datastreamer.aws.faults import is_missing
from datastreamer.aws.waiting import PATIENT, Patience, Report, wait_for
from datastreamer.errors import JobFailedError, UsageError
from datastreamer.inference.missing import CONFIG, ENDPOINT, looking_for
from datastreamer.inference.names import tag_list
from datastreamer.scoring.model_words import first_words

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

LONGEST_REASON = 1024
"""Characters of FailureReason (DescribeEndpoint)."""
FAILED = "Failed"
ENDED = frozenset({"InService", FAILED, "OutOfService", "UpdateRollbackFailed"})


@dataclass(frozen=True)
class Variant:
    """A production variant as it runs. Serverless ones have no instances: ``instances`` is None."""

    name: str
    instances: int | None
    weight: float | None
    image: str


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as AWS describes it; ``failure`` is its FailureReason."""

    name: str
    status: str
    config: str
    variants: tuple[Variant, ...]
    failure: str
    arn: str


def describe_endpoint(sagemaker: SageMakerClient, name: str) -> Endpoint:
    """Raises ConfigurationError when there is none of that name."""
    with looking_for(ENDPOINT, name, sagemaker):
        found = sagemaker.describe_endpoint(EndpointName=name)
    variants = tuple(
        Variant(
            each["VariantName"],
            each.get("CurrentInstanceCount"),
            each.get("CurrentWeight"),
            (each.get("DeployedImages") or [{}])[0].get("SpecifiedImage", ""),
        )
        for each in found.get("ProductionVariants", [])
    )
    return Endpoint(
        name,
        found["EndpointStatus"],
        found.get("EndpointConfigName", ""),
        variants,
        found.get("FailureReason", ""),
        found["EndpointArn"],
    )


def find_endpoint(sagemaker: SageMakerClient, name: str) -> Endpoint | None:
    """The endpoint, or None when there is none of that name."""
    try:
        sagemaker.describe_endpoint(EndpointName=name)
    except sagemaker.exceptions.ClientError as error:
        if not is_missing(error):
            raise
        return None
    return describe_endpoint(sagemaker, name)


def list_endpoints(sagemaker: SageMakerClient) -> Iterator[Endpoint]:
    """Every endpoint of the region, in order of name."""
    for name in sorted(ENDPOINT.names(sagemaker)):
        yield describe_endpoint(sagemaker, name)


def create_endpoint(sagemaker: SageMakerClient, name: str, config: str, stack: str) -> None:
    """Begin to make an endpoint of endpoint configuration ``config``.

    Raises ConfigurationError when there is no such configuration, UsageError when there is an endpoint of that name.
    """
    _check_config(sagemaker, config)
    there = find_endpoint(sagemaker, name)
    if there and there.status == FAILED:
        raise _only_to_delete(there, config)
    if there:
        raise UsageError(
            f"there is an endpoint {name} already ({there.status}, configuration {there.config}). "
            f"To move it to {config}: datastreamer inference create-endpoint {name} {config} --update"
        )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config, Tags=tag_list(stack))  # type: ignore[arg-type]


def check_update(sagemaker: SageMakerClient, endpoint: Endpoint, config: str) -> None:
    """Raises ConfigurationError when there is no such configuration, UsageError while the endpoint cannot be moved."""
    _check_config(sagemaker, config)
    if endpoint.status == FAILED:
        raise _only_to_delete(endpoint, config)
    if endpoint.status != "InService":
        raise UsageError(f"endpoint {endpoint.name} is {endpoint.status}; update it when it is InService")


def update_endpoint(sagemaker: SageMakerClient, name: str, config: str, *, keep_capacity: bool) -> None:
    """Begin to move an endpoint to ``config``; it goes on answering meanwhile.

    With ``keep_capacity`` its variants keep the instances and weights that they have, whatever ``config`` says.
    """
    kept: Any = {"RetainAllVariantProperties": True} if keep_capacity else {}
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, **kept)


def wait_for_endpoint(
    sagemaker: SageMakerClient, name: str, *, patience: Patience = PATIENT, report: Report = lambda _: None
) -> Endpoint:
    """Return when the endpoint is InService; raises JobFailedError, with AWS's reason, when it ends otherwise."""

    def look() -> tuple[str, bool]:
        status = sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"]
        return status, status in ENDED

    wait_for(f"endpoint {name}", look, patience=patience, report=report)
    found = describe_endpoint(sagemaker, name)
    if found.status != "InService" or found.failure:
        why = first_words(found.failure, LONGEST_REASON) or "SageMaker gave no reason"
        what = f"endpoint {name} is {found.status}"
        if found.status == "InService":
            what = f"the update of endpoint {name} failed, and configuration {found.config} goes on serving"
        raise JobFailedError(f"{what}: {why}. Its log: /aws/sagemaker/Endpoints/{name}")
    return found


def delete_endpoint(sagemaker: SageMakerClient, name: str) -> None:
    """Begin to delete an endpoint; its configuration and models stay."""
    with looking_for(ENDPOINT, name, sagemaker):
        sagemaker.delete_endpoint(EndpointName=name)


def models_of(sagemaker: SageMakerClient, config: str) -> list[str]:
    """The models that endpoint configuration ``config`` names."""
    with looking_for(CONFIG, config, sagemaker):
        variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    return sorted({each["ModelName"] for each in variants if "ModelName" in each})


def wait_until_endpoint_is_gone(
    sagemaker: SageMakerClient, name: str, *, patience: Patience = PATIENT, report: Report = lambda _: None
) -> None:
    """Return when AWS knows the endpoint no more."""

    def look() -> tuple[str, bool]:
        found = find_endpoint(sagemaker, name)
        return (found.status, False) if found else ("DELETED", True)

    wait_for(f"endpoint {name}", look, patience=patience, report=report)


def _only_to_delete(endpoint: Endpoint, config: str) -> UsageError:
    """DescribeEndpoint, "Failed": DeleteEndpoint is the only operation that can be performed on a failed endpoint."""
    return UsageError(
        f"endpoint {endpoint.name} is {FAILED}, and such a one can only be deleted: datastreamer inference "
        f"delete-endpoint {endpoint.name}, then datastreamer inference create-endpoint {endpoint.name} {config}"
    )


def _check_config(sagemaker: SageMakerClient, config: str) -> None:
    with looking_for(CONFIG, config, sagemaker):
        sagemaker.describe_endpoint_config(EndpointConfigName=config)
