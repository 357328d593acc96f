"""The ways in which Lambda lets a caller name a function."""

from __future__ import annotations

from typing import Any

import pytest
from aws_stage.engines.event_source_mapping.control_plane.functions import function_arn, same_function
from aws_stage.kernel.engine import AwsError
from botocore.exceptions import ClientError

REGION = "ap-northeast-1"
ARN = f"arn:aws:lambda:{REGION}:000000000000:function:f"


class Lambda:
    """Has the function ``f`` with an alias ``live``."""

    def get_function_configuration(self, FunctionName: str, Qualifier: str = "live") -> dict[str, Any]:  # noqa: N803
        if (FunctionName, Qualifier) != ("f", "live"):
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetFunctionConfiguration")
        return {}


@pytest.mark.parametrize(
    ("reference", "arn"),
    [
        ("f", ARN),
        ("f:live", f"{ARN}:live"),
        ("000000000000:function:f", ARN),
        ("000000000000:function:f:live", f"{ARN}:live"),
        ("function:f", ARN),
        (ARN, ARN),
        (f"{ARN}:live", f"{ARN}:live"),
    ],
)
def test_a_function_is_found_by_each_form_of_its_name(reference: str, arn: str) -> None:
    assert function_arn(Lambda(), REGION, reference) == arn
    assert same_function(reference, arn)


@pytest.mark.parametrize(
    "reference",
    [
        "nobody",
        "f:absent",
        "111111111111:function:f",
        "arn:aws:lambda:eu-west-1:000000000000:function:f",
        "arn:aws:s3:::f",
        "no name",
    ],
)
def test_a_function_that_is_not_there_is_refused(reference: str) -> None:
    with pytest.raises(AwsError, match="InvalidParameterValueException: Function does not exist"):
        function_arn(Lambda(), REGION, reference)


def test_a_name_without_a_qualifier_stands_for_every_version() -> None:
    assert same_function("f", f"{ARN}:live")
    assert not same_function("f:live", ARN)
    assert not same_function("f:other", f"{ARN}:live")
    assert not same_function("g", ARN)
    assert not same_function("no name", ARN)
