"""Event source mappings: what feeds a stream's records to a function, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datastreamer.aws.waiting import PATIENT, Patience, Report, wait_for
from datastreamer.inference.names import tags
from datastreamer.inference.resources.roles import ROLE_PATIENCE, once_role_is_known

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True)
class MappingSettings:
    """How the stream is read; the defaults are Terraform's (terraform/pipelines/inference/variables.tf)."""

    batch_size: int = 500
    window: int = 0
    parallelization: int = 1
    retries: int = 5
    max_age: int = 86_400
    bisect: bool = True
    position: str = "TRIM_HORIZON"


def create_mapping(
    lambda_: LambdaClient,
    function: str,
    *,
    stream_arn: str,
    bucket_arn: str,
    mapping_settings: MappingSettings,
    stack: str,
    report: Report = lambda _: None,
) -> str:
    """Begin to feed the stream to the function, as soon as its role is known; returns the mapping's UUID.

    A batch that the function never takes goes whole to the bucket ``bucket_arn``.
    """
    answer: Any = once_role_is_known(
        lambda: lambda_.create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=stream_arn,
            StartingPosition=mapping_settings.position,  # type: ignore[arg-type]
            FunctionResponseTypes=["ReportBatchItemFailures"],
            DestinationConfig={"OnFailure": {"Destination": bucket_arn}},
            MetricsConfig={"Metrics": ["EventCount"]},
            Tags=tags(stack),
            **mapping_parameters(mapping_settings),
        ),
        patience=ROLE_PATIENCE,
        report=report,
    )
    uuid: str = answer.get("UUID", "")
    return uuid


def mapping_parameters(mapping_settings: MappingSettings) -> dict[str, Any]:
    """As the calls about event source mappings take them."""
    return {
        "BatchSize": mapping_settings.batch_size,
        "MaximumBatchingWindowInSeconds": mapping_settings.window,
        "ParallelizationFactor": mapping_settings.parallelization,
        "MaximumRetryAttempts": mapping_settings.retries,
        "MaximumRecordAgeInSeconds": mapping_settings.max_age,
        "BisectBatchOnFunctionError": mapping_settings.bisect,
    }


def wait_for_mapping(
    lambda_: LambdaClient, uuid: str, *, patience: Patience = PATIENT, report: Report = lambda _: None
) -> None:
    """Return when the mapping is Enabled."""

    def look() -> tuple[str, bool]:
        state = lambda_.get_event_source_mapping(UUID=uuid)["State"]
        return state, state == "Enabled"

    wait_for("event source mapping", look, patience=patience, report=report)


def delete_mapping(
    lambda_: LambdaClient, uuid: str, *, patience: Patience | None = PATIENT, report: Report = lambda _: None
) -> None:
    """Delete the mapping and, with ``patience``, return when it is gone; one that is not there is no error."""

    def look() -> tuple[str, bool]:
        try:
            return lambda_.get_event_source_mapping(UUID=uuid)["State"], False
        except lambda_.exceptions.ResourceNotFoundException:
            return "Deleted", True

    try:
        lambda_.delete_event_source_mapping(UUID=uuid)
    except lambda_.exceptions.ResourceNotFoundException:
        return
    if patience:
        wait_for("event source mapping", look, patience=patience, report=report)
