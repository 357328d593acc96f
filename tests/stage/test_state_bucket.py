"""The bucket for Terraform's state is made once and has its settings whenever it is asked for again."""

from __future__ import annotations

import json

import pytest

from datastreamer.provisioning.state_bucket import ensure_state_bucket
from tests.conftest import REGION, RunningStage

pytestmark = pytest.mark.stage


def test_it_is_made_once_private_versioned_encrypted_and_tls_only(stage: RunningStage) -> None:
    s3 = stage.client("s3")
    assert ensure_state_bucket(s3, "states-of-everybody", REGION)
    s3.put_bucket_versioning(Bucket="states-of-everybody", VersioningConfiguration={"Status": "Suspended"})
    assert not ensure_state_bucket(s3, "states-of-everybody", REGION)

    assert s3.get_bucket_versioning(Bucket="states-of-everybody")["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket="states-of-everybody")["PublicAccessBlockConfiguration"].values())
    encryption = s3.get_bucket_encryption(Bucket="states-of-everybody")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    rules = s3.get_bucket_lifecycle_configuration(Bucket="states-of-everybody")["Rules"]
    assert rules[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    policy = json.loads(s3.get_bucket_policy(Bucket="states-of-everybody")["Policy"])["Statement"][0]
    assert (policy["Effect"], policy["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
