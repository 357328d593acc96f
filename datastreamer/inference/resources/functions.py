"""The function of a processor and its log group."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datastreamer.aws.waiting import PATIENT, Patience, Report, wait_for
from datastreamer.errors import ConfigurationError
from datastreamer.inference.names import log_group_of, tags
from datastreamer.inference.resources.place import Place
from datastreamer.inference.resources.roles import ROLE_PATIENCE, once_role_is_known

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

LOG_RETENTION_DAYS = 30
METRIC_NAMESPACE = "Datastreamer/Inference"


@dataclass(frozen=True)
class Spec:
    """A function as it should be. ``environment`` holds what the function is told (processing/settings.py)."""

    name: str
    stack: str
    role_arn: str
    environment: dict[str, str]
    memory: int = 512
    timeout: int = 120
    architecture: str = "arm64"

    @property
    def description(self) -> str:
        told = self.environment
        return f"Scores records with {told['ENDPOINT_NAME']} and writes predictions to {told['TABLE_NAME']}."


def environment(name: str, endpoint: str, table: str, bucket: str, **options: object) -> dict[str, str]:
    """The function's variables; an option that is None is left out."""
    return {
        "ENDPOINT_NAME": endpoint,
        "TABLE_NAME": table,
        "DLQ_BUCKET": bucket,
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": METRIC_NAMESPACE,
        **{key: str(value) for key, value in options.items() if value is not None},
    }


def ensure_log_group(logs: CloudWatchLogsClient, name: str, stack: str) -> bool:
    """Make the function's log group, keeping its lines 30 days; returns whether it was made."""
    group = log_group_of(name)
    found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    if any(each.get("logGroupName") == group for each in found):
        return False
    logs.create_log_group(logGroupName=group, tags=tags(stack))
    logs.put_retention_policy(logGroupName=group, retentionInDays=LOG_RETENTION_DAYS)
    return True


def log_group_tags(logs: CloudWatchLogsClient, name: str, place: Place) -> dict[str, str]:
    """The tags of the function's log group; none when there is no such group."""
    try:
        return logs.list_tags_for_resource(resourceArn=place.arn("logs", f"log-group:{log_group_of(name)}"))["tags"]
    except logs.exceptions.ResourceNotFoundException:
        return {}


def delete_log_group(logs: CloudWatchLogsClient, name: str) -> None:
    """None is no error."""
    try:
        logs.delete_log_group(logGroupName=log_group_of(name))
    except logs.exceptions.ResourceNotFoundException:
        return


def delete_function(lambda_: LambdaClient, name: str) -> None:
    """None is no error."""
    try:
        lambda_.delete_function(FunctionName=name)
    except lambda_.exceptions.ResourceNotFoundException:
        return


def create_function(lambda_: LambdaClient, spec: Spec, package: Path, report: Report = lambda _: None) -> None:
    """Begin to make the function, as soon as its role is known."""
    once_role_is_known(
        lambda: lambda_.create_function(
            FunctionName=spec.name,
            Description=spec.description,
            Runtime="python3.11",
            Handler="handler.handler",
            Role=spec.role_arn,
            Architectures=[spec.architecture],  # type: ignore[list-item]
            MemorySize=spec.memory,
            Timeout=spec.timeout,
            Code={"ZipFile": package.read_bytes()},
            Environment={"Variables": spec.environment},
            Tags=tags(spec.stack),
        ),
        patience=ROLE_PATIENCE,
        report=report,
    )


def wait_for_function(
    lambda_: LambdaClient, name: str, *, patience: Patience = PATIENT, report: Report = lambda _: None
) -> None:
    """Return when the function is Active and no update is under way; raises ConfigurationError when it failed."""
    reason = [""]

    def look() -> tuple[str, bool]:
        found = lambda_.get_function_configuration(FunctionName=name)
        states = (found.get("State", "Active"), found.get("LastUpdateStatus", "Successful"))
        reason[0] = found.get("StateReason") or found.get("LastUpdateStatusReason") or ""
        if "Failed" in states:
            return "Failed", True
        return states[0] if states[1] == "Successful" else f"update {states[1]}", states == ("Active", "Successful")

    if wait_for(f"function {name}", look, patience=patience, report=report) == "Failed":
        raise ConfigurationError(f"function {name} failed: {reason[0]}")
