"""A stack's state in S3: below its own key, locked while it is written, and not taken for another's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datastreamer.errors import ProvisioningError, UsageError
from datastreamer.provisioning.stack import StackProvisioner
from datastreamer.provisioning.state_bucket import ensure_state_bucket
from datastreamer.provisioning.terraform.workspace import STATE_BUCKET_VARIABLE
from tests.conftest import REGION, RunningStage

pytestmark = [pytest.mark.slow, pytest.mark.stage]

BUCKET = "states-of-stacks"
KEY = f"datastreamer/stacks/000000000000/{REGION}/my-ml/terraform.tfstate"


def test_a_stack_without_a_stage_keeps_its_state_in_the_bucket_that_is_named(
    stage: RunningStage, tmp_path: Path
) -> None:
    s3 = stage.client("s3")
    ensure_state_bucket(s3, BUCKET, REGION)
    environ = stage.environment | {STATE_BUCKET_VARIABLE: BUCKET, "DATASTREAMER_DATA_DIR": str(tmp_path / "data")}
    provisioner = StackProvisioner("my-ml", environ, lambda _: None)
    with pytest.raises(UsageError, match=rf"no stack my-ml was deployed from here.*bucket={BUCKET}, key={KEY}"):
        provisioner.destroy()

    lock = {"ID": "1", "Operation": "OperationTypeApply", "Who": "a colleague", "Created": "2026-01-01T00:00:00Z"}
    s3.put_object(Bucket=BUCKET, Key=f"{KEY}.tflock", Body=json.dumps(lock).encode())
    with pytest.raises(ProvisioningError, match=r"(?s)Error acquiring the state lock.*a colleague"):
        provisioner.plan()
    assert not (provisioner.workspace.folder / "terraform.tfstate").exists()

    # What another stack keeps at its own key is none of this one's business.
    state = {"version": 4, "terraform_version": "1.10.0", "serial": 1, "lineage": "a", "outputs": {}, "resources": []}
    state["outputs"] = {"inference": {"value": {"stack_name": "other"}, "type": ["object", {"stack_name": "string"}]}}
    s3.put_object(Bucket=BUCKET, Key=KEY.replace("my-ml", "other"), Body=json.dumps(state).encode())
    assert provisioner.output() == {}
    assert StackProvisioner("other", environ, lambda _: None).output()["inference"]["stack_name"] == "other"
