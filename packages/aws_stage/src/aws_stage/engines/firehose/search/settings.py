"""What an OpenSearch destination may say, its defaults, and how it is described.

Amazon Data Firehose API Reference: AmazonopensearchserviceDestinationConfiguration, …Update, …Description.
"""

from __future__ import annotations

from typing import Any

from aws_stage.engines.firehose.destination import S3_FIELDS
from aws_stage.engines.firehose.validation import complete_destination, invalid, unsupported

REQUEST = "AmazonopensearchserviceDestinationConfiguration"
UPDATE = "AmazonopensearchserviceDestinationUpdate"

_FIELDS = frozenset(
    {
        "RoleARN",
        "DomainARN",
        "IndexName",
        "TypeName",
        "IndexRotationPeriod",
        "BufferingHints",
        "RetryOptions",
        "S3BackupMode",
        "S3Configuration",
        "ProcessingConfiguration",
        "CloudWatchLoggingOptions",
        "DocumentIdOptions",
    }
)


def complete_search(config: dict[str, Any]) -> dict[str, Any]:
    """Validate a configuration and fill in AWS's defaults."""
    config = {name: value for name, value in config.items() if value is not None}
    for name in config:
        if name not in _FIELDS:
            raise unsupported(f"{name} in an OpenSearch destination")
    for name in ("DomainARN", "S3Configuration"):
        if name not in config:
            raise invalid(f"{name} is required in an OpenSearch destination.")
    if config.get("TypeName"):
        raise invalid("TypeName must be empty: indices of OpenSearch have no types.")
    for processor in (config.get("ProcessingConfiguration") or {}).get("Processors") or []:
        if processor["Type"] == "AppendDelimiterToRecord":
            raise invalid("AppendDelimiterToRecord is not allowed in an OpenSearch destination.")
    completed = {
        "IndexRotationPeriod": "OneDay",
        "S3BackupMode": "FailedDocumentsOnly",
        "ProcessingConfiguration": {"Enabled": False, "Processors": []},
        "CloudWatchLoggingOptions": {"Enabled": False},
        **config,
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300, **(config.get("BufferingHints") or {})},
        "RetryOptions": {"DurationInSeconds": 300, **(config.get("RetryOptions") or {})},
    }
    objects = complete_destination(config["S3Configuration"])
    completed["S3Configuration"] = {name: objects[name] for name in S3_FIELDS if name in objects}
    for name in config["S3Configuration"]:
        if name not in S3_FIELDS:
            raise unsupported(f"{name} in the S3Configuration of an OpenSearch destination")
    object_config(completed)  # which checks the rest
    return completed


def object_config(search: dict[str, Any]) -> dict[str, Any]:
    """The S3 side of a completed configuration, as an S3 destination has it: objects are cut as documents are."""
    return complete_destination(
        {
            **search["S3Configuration"],
            **{
                name: search[name] for name in ("BufferingHints", "ProcessingConfiguration", "CloudWatchLoggingOptions")
            },
        }
    )


def updated(search: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    """A completed configuration with the changes of an UpdateDestination."""
    changes = {name: value for name, value in update.items() if name != "S3Update" and value is not None}
    objects = {**search["S3Configuration"], **(update.get("S3Update") or {})}
    return complete_search({**search, **changes, "S3Configuration": objects})


def described(search: dict[str, Any]) -> dict[str, Any]:
    """The ``AmazonopensearchserviceDestinationDescription``. DocumentIdOptions are in it where they were given:
    Terraform's provider plans a change of those that nobody asked for."""
    shown = dict(search)
    shown["S3DestinationDescription"] = shown.pop("S3Configuration")
    return shown
