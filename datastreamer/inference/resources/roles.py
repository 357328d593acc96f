"""Execution roles with least privilege: one inline policy each, trusted by one service of one account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from datastreamer.aws.waiting import Answer, Patience, Report, once_taken
from datastreamer.errors import UsageError
from datastreamer.inference.names import has_tags, tag_list, tags
from datastreamer.inference.resources.place import Place

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

POLICY = "least-privilege"
ROLE_PATIENCE = Patience(timeout=90.0, every=2.0)
"""IAM says that a new role takes some seconds to be known everywhere."""

_NOT_YET = (
    "cannot be assumed",
    "could not assume role",
    "unable to assume",
    "please ensure the role can perform",
    "ensure that the role",
    "does not have permissions to call",
    "cannot access stream",
)
"""How Lambda and SageMaker refuse a role, or a permission of it, that IAM has not spread to them yet."""


LAMBDA = "lambda.amazonaws.com"
SAGEMAKER = "sagemaker.amazonaws.com"


def trust(service: str, place: Place) -> dict[str, Any]:
    """Who may take the role: ``service``; SageMaker, which says for whom it acts, only for this account."""
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if service == SAGEMAKER:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": place.account_id}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def description_of(stack: str, service: str) -> str:
    """What a role says that a command made for ``stack``."""
    return f"Execution role of {stack} for {service}."


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
            Description=description_of(stack, service),
            Tags=tag_list(stack),  # type: ignore[arg-type]
        )
    elif not has_tags(found, tags(stack)):
        raise UsageError(f"there is a role {name} that is not of stack {stack}; name another with --role")
    put_policy(iam, name, policy)
    return found is None


def put_policy(iam: IAMClient, name: str, policy: dict[str, Any]) -> None:
    """Let the role do what ``policy`` says, and no more what it said before."""
    iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=json.dumps(policy))


def delete_role(iam: IAMClient, name: str) -> bool:
    """Delete the role with its inline policies; whether there was one."""
    try:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def once_role_is_known(call: Callable[[], Answer], *, patience: Patience, report: Report = lambda _: None) -> Answer:
    """``call`` again while AWS does not know the new role yet, which takes some seconds after it was made."""

    def not_yet(error: ClientError) -> bool:
        message = error.response["Error"].get("Message", "").lower()
        return any(words in message for words in _NOT_YET)

    return once_taken(
        call, not_yet=not_yet, state="waiting until the new role is known", patience=patience, report=report
    )
