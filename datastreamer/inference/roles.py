"""Execution roles with least privilege: one inline policy each, trusted by one service of one account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from datastreamer.errors import UsageError
from datastreamer.inference.models import Artifact
from datastreamer.inference.names import tag_list, tags
from datastreamer.inference.place import Place
from datastreamer.inference.waiting import Patience, Report

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

POLICY = "least-privilege"

Answer = TypeVar("Answer")

_NOT_YET = ("cannot be assumed", "could not assume role", "unable to assume", "is invalid or cannot be assumed")
"""How Lambda and SageMaker refuse a role that IAM has not spread to them yet."""


def trust(service: str, place: Place) -> dict[str, Any]:
    """Only ``service`` acting for this account may take the role (against the confused deputy)."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": place.account_id}},
            }
        ],
    }


def model_policy(image: str, artifact: Artifact, place: Place) -> dict[str, Any]:
    """What SageMaker needs to serve a model: its archive, its image, a log and metrics."""
    registry, _, repository = image.partition("/")
    account, _, host = registry.partition(".")
    region = host.split(".")[2] if account.isdigit() and host.count(".") >= 2 else place.region
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadModel",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"{place.bucket(artifact.bucket)}/{artifact.key}",
            },
            {
                "Sid": "DecryptModel",
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": place.arn("kms", "key/*"),
                "Condition": {"StringEquals": {"kms:ViaService": f"s3.{place.region}.amazonaws.com"}},
            },
            {
                "Sid": "PullImage",
                "Effect": "Allow",
                "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                "Resource": f"arn:{place.partition}:ecr:{region}:{account if account.isdigit() else place.account_id}"
                f":repository/{repository.partition(':')[0].partition('@')[0] or image}",
            },
            {"Sid": "LogInToRegistry", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
            {
                "Sid": "WriteLog",
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": place.arn("logs", "log-group:/aws/sagemaker/Endpoints/*"),
            },
            {
                "Sid": "WriteMetrics",
                "Effect": "Allow",
                "Action": "cloudwatch:PutMetricData",
                "Resource": "*",
                "Condition": {"StringLike": {"cloudwatch:namespace": "*aws/sagemaker*"}},
            },
        ],
    }


def find_role(iam: IAMClient, name: str) -> dict[str, str] | None:
    """The role's tags, or None when there is no such role."""
    try:
        role = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}


def ensure_role(iam: IAMClient, name: str, *, service: str, policy: dict[str, Any], place: Place, stack: str) -> bool:
    """Make the role, or bring our own of that name up to date; returns whether it was made.

    Raises UsageError when a role of that name exists that is not ours.
    """
    found = find_role(iam, name)
    if found is None:
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(trust(service, place)),
            Description=f"Execution role of {stack} for {service}.",
            Tags=tag_list(stack),  # type: ignore[arg-type]
        )
    elif any(found.get(key) != value for key, value in tags(stack).items()):
        raise UsageError(f"there is a role {name} that is not of stack {stack}; name another with --role")
    iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=json.dumps(policy))
    return found is None


def delete_role(iam: IAMClient, name: str) -> None:
    """Delete the role with its inline policies; none is no error."""
    try:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return


def once_role_is_known(call: Callable[[], Answer], *, patience: Patience, report: Report = lambda _: None) -> Answer:
    """``call`` again while AWS does not know the new role yet, which takes some seconds after it was made."""
    deadline = patience.now() + patience.timeout
    while True:
        try:
            return call()
        except ClientError as error:
            message = error.response["Error"].get("Message", "").lower()
            if not any(words in message for words in _NOT_YET) or patience.now() >= deadline:
                raise
            report("waiting until the new role is known")
            patience.sleep(patience.every)
