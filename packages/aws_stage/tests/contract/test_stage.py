"""The stage answers the AWS API on loopback."""

from __future__ import annotations

import json
import urllib.request

from aws_stage.testing import RunningStage


def test_an_object_put_is_the_object_read(stage: RunningStage) -> None:
    s3 = stage.client("s3")
    s3.create_bucket(Bucket="skeleton", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_object(Bucket="skeleton", Key="a/b", Body=b"whole")
    assert s3.get_object(Bucket="skeleton", Key="a/b")["Body"].read() == b"whole"


def test_health_names_the_engines(stage: RunningStage) -> None:
    with urllib.request.urlopen(f"{stage.endpoint_url}/_aws_stage/health") as answer:
        assert json.load(answer)["status"] == "ok"
