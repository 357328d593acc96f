"""A function's package or a layer that could write outside its folder is refused as AWS refuses one it cannot unzip."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.lambda_functions import create, invoke
from botocore.exceptions import ClientError
from unit.test_archives import HOSTILE_ZIPS, zipped

ROLE = "arn:aws:iam::000000000000:role/function"


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as error:
        call()
    assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"
    return str(error.value.response["Error"]["Message"])


@pytest.mark.parametrize("kind", HOSTILE_ZIPS)
def test_a_package_and_a_layer_are_refused_when_they_are_put(stage: RunningStage, kind: str) -> None:
    functions, content = stage.client("lambda"), zipped(*HOSTILE_ZIPS[kind])
    name = f"hostile-{uuid.uuid4().hex[:8]}"
    new = {"FunctionName": name, "Runtime": "python3.11", "Handler": "handler.handler", "Role": ROLE}
    assert "Could not unzip" in refused(lambda: functions.create_function(**new, Code={"ZipFile": content}))
    assert name not in [found["FunctionName"] for found in functions.list_functions()["Functions"]]
    layer = {"LayerName": name, "Content": {"ZipFile": content}}
    assert "Could not unzip" in refused(lambda: functions.publish_layer_version(**layer))
    assert functions.list_layer_versions(LayerName=name)["LayerVersions"] == []


def test_a_function_keeps_its_code_when_the_new_one_is_refused(stage: RunningStage) -> None:
    name = create(stage, "def handler(event, context):\n    return 1\n")
    hostile = zipped(*HOSTILE_ZIPS["above"])
    refused(lambda: stage.client("lambda").update_function_code(FunctionName=name, ZipFile=hostile))
    assert invoke(stage, name) == 1


def test_a_bomb_is_refused_in_the_words_of_aws(stage: RunningStage) -> None:
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w", force_zip64=True) as zeros,
    ):
        for _ in range(251):
            zeros.write(bytes(1024 * 1024))
    layer = {"LayerName": "bomb", "Content": {"ZipFile": bomb.getvalue()}}
    message = refused(lambda: stage.client("lambda").publish_layer_version(**layer))
    assert message == "Unzipped size must be smaller than 262144000 bytes"
