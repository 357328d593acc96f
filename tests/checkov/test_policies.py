"""Each policy of ours fails on an offence that is planted for it, and passes what is lawful."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.checkov.scan import POLICIES, Finding, scan

PLANTED = Path(__file__).parent / "planted"
OFFENCES = {
    "CKV2_DATASTREAMER_1": {"aws_neptune_cluster.empty", "aws_neptune_cluster.anywhere"},
    "CKV2_DATASTREAMER_2": {"aws_neptune_cluster_instance.by_hand"},
    "CKV2_DATASTREAMER_3": {"aws_s3_bucket.bare", "aws_s3_bucket.open"},
    "CKV2_DATASTREAMER_4": {
        "aws_iam_group_policy_attachment.administrators",
        "aws_iam_role_policy_attachment.literal",
        "aws_iam_role_policy_attachment.put_together",
        "aws_iam_user_policy_attachment.administrator",
    },
    "CKV2_DATASTREAMER_5": {"aws_cloudwatch_log_group.by_default", "aws_cloudwatch_log_group.zero"},
}
LAWFUL = {
    "CKV2_DATASTREAMER_1": {"aws_neptune_cluster.spread"},
    "CKV2_DATASTREAMER_2": {
        "aws_neptune_cluster_instance.anywhere",
        "aws_neptune_cluster_instance.spread[0]",
        "aws_neptune_cluster_instance.spread[1]",
    },
    "CKV2_DATASTREAMER_3": {"aws_s3_bucket.closed", "aws_s3_bucket.closed_by_json"},
    "CKV2_DATASTREAMER_4": {"aws_iam_role_policy_attachment.own"},
    "CKV2_DATASTREAMER_5": {"aws_cloudwatch_log_group.year"},
}


@pytest.fixture(scope="module")
def planted() -> list[Finding]:
    return scan(PLANTED)


def test_every_policy_has_an_offence_and_an_id_of_its_own() -> None:
    ids = [yaml.safe_load(path.read_text())["metadata"]["id"] for path in POLICIES.glob("*.yaml")]
    assert sorted(ids) == sorted(OFFENCES) == sorted(LAWFUL)


@pytest.mark.parametrize("policy", OFFENCES)
def test_a_policy_fails_on_its_offences_and_on_nothing_else(policy: str, planted: list[Finding]) -> None:
    found = {
        result: {finding.resource for finding in planted if (finding.check, finding.result) == (policy, result)}
        for result in ("failed", "passed")
    }
    assert found == {"failed": OFFENCES[policy], "passed": LAWFUL[policy]}
