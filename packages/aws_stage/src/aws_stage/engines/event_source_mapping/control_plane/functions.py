"""The function that a mapping names, in any of Lambda's ways of naming one."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.kernel.engine import AwsError
from aws_stage.kernel.settings import ACCOUNT_ID

_REFERENCE = re.compile(
    r"(?:arn:aws[\w-]*:lambda:(?P<region>[\w-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[\w.-]+)(?::(?P<qualifier>\$LATEST|[\w-]+))?"
)


def function_arn(client: Any, region: str, reference: str) -> str:
    """The ARN of an existing function, with the qualifier that ``reference`` has; raises AwsError."""
    match = _REFERENCE.fullmatch(reference)
    if match is None or match["region"] not in (None, region) or match["account"] not in (None, ACCOUNT_ID):
        raise missing(reference)
    request = {"FunctionName": match["name"]}
    if match["qualifier"]:
        request["Qualifier"] = match["qualifier"]
    try:
        client.get_function_configuration(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise missing(reference) from error
        raise
    qualifier = f":{match['qualifier']}" if match["qualifier"] else ""
    return f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{match['name']}{qualifier}"


def same_function(reference: str, arn: str) -> bool:
    """Whether ``reference`` names the function ``arn``, or without a qualifier any version of it."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return False
    parts = arn.split(":")
    return match["name"] == parts[6] and match["qualifier"] in (None, *parts[7:])


def missing(reference: str) -> AwsError:
    """The error for a function that does not exist, as AWS words it."""
    return AwsError("InvalidParameterValueException", f"Function does not exist: {reference}")
