"""What a person decides about versions: approve, reject, go back. The deploy function does the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datastreamer.errors import UsageError
from datastreamer.taxi.model.registry import APPROVED, LONGEST_REASON, REJECTED, Version, version_named, versions
from datastreamer.taxi.model.serving import served_version

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def approve(sagemaker: SageMakerClient, group: str, version: str) -> Version:
    """Approve a version; raises UsageError where a newer one is approved: the newest approved one serves."""
    there = version_named(sagemaker, group, version)
    newer = [
        each.version for each in versions(sagemaker, group) if each.approval == APPROVED and _is_newer(each, there)
    ]
    if newer:
        raise UsageError(
            f"version {newer[0]} is approved and newer than {version}: the newest approved version serves. To go back: "
            f"datastreamer taxi rollback {version}"
        )
    sagemaker.update_model_package(
        ModelPackageArn=there.arn, ModelApprovalStatus=APPROVED, ApprovalDescription="Approved by a command."
    )
    return there


def reject(sagemaker: SageMakerClient, group: str, version: str, reason: str) -> Version:
    """Reject a version; if it serves, the newest approved one before it is to serve again."""
    there = version_named(sagemaker, group, version)
    sagemaker.update_model_package(
        ModelPackageArn=there.arn,
        ModelApprovalStatus=REJECTED,
        ApprovalDescription=" ".join(reason.split())[:LONGEST_REASON],
    )
    return there


def go_back(sagemaker: SageMakerClient, group: str, version: str | None, reason: str) -> Version:
    """Have an older version serve: ``version``, or the newest approved one before that which serves now.

    Every version above it that is approved is rejected with ``reason``. Raises UsageError where there is nothing to go
    back to, or where ``version`` is not older.
    """
    served = served_version(sagemaker, group)
    if served is None:
        raise UsageError(f"endpoint {group} serves no version of the registry")
    there = versions(sagemaker, group)
    approved = [each for each in there if each.approval == APPROVED and int(each.version) < int(served)]
    if version is None and not approved:
        raise UsageError(f"no version before {served} is approved; name one: datastreamer taxi rollback VERSION")
    target = approved[0] if version is None else version_named(sagemaker, group, version)
    if int(target.version) >= int(served):
        raise UsageError(f"version {served} serves, and {target.version} is not older")
    # First the target, and last the one that serves: at no time is another one than the target to come after it.
    if target.approval != APPROVED:
        sagemaker.update_model_package(
            ModelPackageArn=target.arn, ModelApprovalStatus=APPROVED, ApprovalDescription=f"Gone back to. {reason}"
        )
    for each in reversed(there):
        if each.approval == APPROVED and _is_newer(each, target):
            reject(sagemaker, group, each.version, reason)
    return target


def _is_newer(one: Version, other: Version) -> bool:
    return int(one.version) > int(other.version)
