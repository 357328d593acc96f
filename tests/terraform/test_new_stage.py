"""Adding a stage is copying a folder of values; its state goes to S3, below its own key, locked while it is written."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from datastreamer.errors import ProvisioningError
from datastreamer.provisioning.provisioner import Provisioner
from datastreamer.provisioning.state_bucket import ensure_state_bucket
from datastreamer.provisioning.terraform.workspace import STATE_BUCKET_VARIABLE
from datastreamer.stages import ENVIRONMENTS
from tests.conftest import REGION, RunningStage

pytestmark = [pytest.mark.slow, pytest.mark.stage]

BUCKET = "states-of-new-stages"
KEY = "datastreamer/trial/terraform.tfstate"


@pytest.fixture
def trial(stage: RunningStage, tmp_path: Path) -> Provisioner:
    """A stage copied from staging, with no pipeline on: its state has outputs only."""
    terraform = tmp_path / "terraform"
    shutil.copytree(ENVIRONMENTS.parent, terraform, ignore=shutil.ignore_patterns(".terraform*"))
    root = terraform / "envs" / "trial"
    shutil.copytree(ENVIRONMENTS / "staging", root)
    for file in root.glob("*.tf"):
        file.write_text(file.read_text().replace("staging", "trial"))
    text = (root / "main.tf").read_text()
    text = text.replace('always = ["telemetry"]', "always = []")
    # An emulated S3 has no names for its buckets, and its account is the one that stages on AWS refuse.
    text = re.sub(r"forbidden_account_ids = .*", "forbidden_account_ids = null", text)
    (root / "main.tf").write_text(text)
    (root / "stage.env").write_text(f"DATASTREAMER_STAGE=trial\nAWS_ENDPOINT_URL={stage.endpoint_url}\n")
    backend = (root / "backend.tf").read_text()
    (root / "backend.tf").write_text(re.sub(r"forbidden_account_ids.*", "use_path_style = true", backend))
    ensure_state_bucket(stage.client("s3"), BUCKET, REGION)
    environ = stage.environment | {STATE_BUCKET_VARIABLE: BUCKET, "DATASTREAMER_DATA_DIR": str(tmp_path / "data")}
    return Provisioner("trial", environ, lambda _: None, environments=root.parent)


def test_a_copied_folder_is_a_stage_with_its_state_in_s3(trial: Provisioner, stage: RunningStage) -> None:
    s3 = stage.client("s3")
    trial.apply()
    assert not any(trial.output().values())
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert listed == [KEY]
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["ServerSideEncryption"] == "aws:kms"
    assert not (trial.workspace.folder / "terraform.tfstate").exists()

    lock = {"ID": "1", "Operation": "OperationTypeApply", "Who": "a colleague", "Created": "2026-01-01T00:00:00Z"}
    s3.put_object(Bucket=BUCKET, Key=f"{KEY}.tflock", Body=json.dumps(lock).encode())
    with pytest.raises(ProvisioningError, match=r"(?s)Error acquiring the state lock.*a colleague"):
        trial.plan()
