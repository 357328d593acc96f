"""Hadoop's S3A on the stage's S3."""

from __future__ import annotations

import boto3
import pytest
from aws_stage.testing import REGION, RunningStage
from botocore.config import Config

pytestmark = pytest.mark.stage


def test_s3a_is_not_told_the_encryption_which_it_could_not_repeat_without_tls(stage: RunningStage) -> None:
    s3 = stage.client("s3")
    s3.create_bucket(Bucket="encrypted", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="encrypted", Key="a", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/mine")
    assert s3.head_object(Bucket="encrypted", Key="a")["SSEKMSKeyId"]
    hadoop = boto3.client(
        "s3",
        endpoint_url=stage.endpoint_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(user_agent="Hadoop 3.3.4, aws-sdk-java/1.11.901"),
    )
    assert not {"SSEKMSKeyId", "ServerSideEncryption"} & set(hadoop.head_object(Bucket="encrypted", Key="a"))
