"""DynamoDB tables for predictions: make with the contract's keys, delete, list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datastreamer.aws.waiting import PATIENT, Patience, Report, wait_for
from datastreamer.errors import UsageError
from datastreamer.inference.missing import TABLE, looking_for
from datastreamer.inference.names import tag_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYS = {"pk": "HASH", "sk": "RANGE"}
TTL_ATTRIBUTE = "expires_at"


@dataclass(frozen=True)
class Table:
    """A table as a list shows it. ``items`` and ``size_bytes`` are DynamoDB's own count, up to six hours old."""

    name: str
    status: str
    items: int
    size_bytes: int
    billing: str
    encryption: str
    arn: str
    keys: dict[str, str]
    kms_key: str | None = None
    """ARN of the KMS key that encrypts it."""

    @property
    def holds_predictions(self) -> bool:
        """Whether its keys are those of the contract."""
        return self.keys == {"pk": "HASH:S", "sk": "RANGE:S"}


def describe_table(dynamodb: DynamoDBClient, name: str) -> Table:
    """Raises ConfigurationError when there is none of that name."""
    with looking_for(TABLE, name, dynamodb):
        found = dynamodb.describe_table(TableName=name)["Table"]
    types = {item["AttributeName"]: item["AttributeType"] for item in found.get("AttributeDefinitions", [])}
    return Table(
        name,
        found["TableStatus"],
        found.get("ItemCount", 0),
        found.get("TableSizeBytes", 0),
        found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        found.get("SSEDescription", {}).get("SSEType", "AWS_OWNED"),
        found["TableArn"],
        {key["AttributeName"]: f"{key['KeyType']}:{types.get(key['AttributeName'])}" for key in found["KeySchema"]},
        found.get("SSEDescription", {}).get("KMSMasterKeyArn"),
    )


def list_tables(dynamodb: DynamoDBClient) -> Iterator[Table]:
    """Every table of the region, in order of name."""
    for name in sorted(TABLE.names(dynamodb)):
        yield describe_table(dynamodb, name)


def create_table(dynamodb: DynamoDBClient, name: str, stack: str, *, kms_key: str | None = None) -> None:
    """Begin to make a table for predictions: billed by request, encrypted with a KMS key (AWS's own without one)."""
    encryption: Any = {"Enabled": True, "SSEType": "KMS"}
    if kms_key:
        encryption["KMSMasterKeyId"] = kms_key
    try:
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in KEYS],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in KEYS.items()],  # type: ignore[typeddict-item]
            BillingMode="PAY_PER_REQUEST",
            SSESpecification=encryption,
            Tags=tag_list(stack),  # type: ignore[arg-type]
        )
    except dynamodb.exceptions.ResourceInUseException as error:
        raise UsageError(f"there is a table {name} already. See it: datastreamer inference list-tables") from error


def expires(dynamodb: DynamoDBClient, name: str) -> bool:
    """Whether DynamoDB deletes items of the table at their ``expires_at``."""
    found = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return found.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") and found.get("AttributeName") == TTL_ATTRIBUTE


def protect_table(dynamodb: DynamoDBClient, name: str, *, ttl: bool) -> None:
    """Switch on point-in-time recovery and, with ``ttl``, expiry by ``expires_at``; the table must be ACTIVE."""
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    if ttl:
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        )


def wait_for_table(
    dynamodb: DynamoDBClient, name: str, *, patience: Patience = PATIENT, report: Report = lambda _: None
) -> None:
    """Return when the table is ACTIVE."""

    def look() -> tuple[str, bool]:
        status = dynamodb.describe_table(TableName=name)["Table"]["TableStatus"]
        return status, status == "ACTIVE"

    wait_for(f"table {name}", look, patience=patience, report=report)


def delete_table(dynamodb: DynamoDBClient, name: str) -> None:
    """Begin to delete the table and all its items."""
    with looking_for(TABLE, name, dynamodb):
        dynamodb.delete_table(TableName=name)


def wait_until_table_is_gone(
    dynamodb: DynamoDBClient, name: str, *, patience: Patience = PATIENT, report: Report = lambda _: None
) -> None:
    """Return when AWS knows the table no more."""

    def look() -> tuple[str, bool]:
        try:
            return dynamodb.describe_table(TableName=name)["Table"]["TableStatus"], False
        except dynamodb.exceptions.ResourceNotFoundException:
            return "DELETED", True

    wait_for(f"table {name}", look, patience=patience, report=report)
