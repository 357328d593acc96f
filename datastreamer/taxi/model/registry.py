"""The versions of the fare model in SageMaker's registry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from datastreamer.errors import ConfigurationError
from datastreamer.taxi.model.thresholds import Thresholds

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

APPROVED: Final = "Approved"
REJECTED: Final = "Rejected"
PENDING: Final = "PendingManualApproval"
LONGEST_REASON: Final = 1024
"""Characters of ApprovalDescription (SageMaker API reference, UpdateModelPackage)."""


@dataclass(frozen=True)
class Version:
    """A model package: ``version`` is its number as text, ``approval`` one of AWS's ModelApprovalStatus."""

    version: str
    arn: str
    approval: str
    created: datetime
    description: str = ""


def versions(sagemaker: SageMakerClient, group: str) -> list[Version]:
    """Every version, newest first."""
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
    )
    found = [
        Version(
            str(each["ModelPackageVersion"]),
            each["ModelPackageArn"],
            each["ModelApprovalStatus"],
            each["CreationTime"],
            each.get("ModelPackageDescription", ""),
        )
        for page in pages
        for each in page["ModelPackageSummaryList"]
    ]
    return sorted(found, key=lambda each: int(each.version), reverse=True)


def version_named(sagemaker: SageMakerClient, group: str, version: str) -> Version:
    """Version ``version`` of the group; raises ConfigurationError naming those that there are."""
    there = versions(sagemaker, group)
    for each in there:
        if each.version == version:
            return each
    known = ", ".join(each.version for each in there) or "none"
    raise ConfigurationError(f"{group} has no version {version}; there is: {known}")


def thresholds_of(package: Any) -> Thresholds:
    """The rule that a package (DescribeModelPackage's answer) brings.

    Raises ConfigurationError for one that the training pipeline did not register.
    """
    properties = package.get("CustomerMetadataProperties", {})
    item = {
        "model_version": str(package["ModelPackageVersion"]),
        "package_arn": package["ModelPackageArn"],
        **{name: properties[name] for name in ("floor", "factor", "feature_hash") if name in properties},
    }
    if "fingerprint" in properties:
        item["fingerprint"] = properties["fingerprint"].split(" ")
    return Thresholds.of(item)


def properties_of(thresholds: Thresholds) -> dict[str, str]:
    """The rule as properties of a package, whose values have letters, digits, spaces and ``_.:/=+-@`` alone (SageMaker
    API reference, CreateModelPackage, CustomerMetadataProperties): a fingerprint is numbers with spaces between."""
    return {
        "floor": repr(thresholds.floor),
        "factor": repr(thresholds.factor),
        "feature_hash": thresholds.feature_hash,
        "fingerprint": " ".join(repr(score) for score in thresholds.fingerprint),
    }
