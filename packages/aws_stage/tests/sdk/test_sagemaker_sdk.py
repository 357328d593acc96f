"""SageMaker's Python SDK as it is, from the venv that ``make sdk-check`` sets up."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.training import rows

HERE = Path(__file__).parent
VENV = Path(__file__).resolve().parents[4] / ".local" / "tools" / "sagemaker-sdk" / "bin" / "python"
BUCKET = "sdk-check"
STEPS = ["trained", "registered", "predicted", "deleted the endpoint", "ran a pipeline: Succeeded"]


def test_sdk_2_trains_registers_deploys_predicts_and_runs_a_pipeline(stage: RunningStage, tmp_path: Path) -> None:
    stage.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    (tmp_path / "train.csv").write_text(rows(200))
    (tmp_path / "validation.csv").write_text(rows(80, seed=8))
    settings = {"SAGEMAKER_ADMIN_CONFIG_OVERRIDE": str(HERE / "config.yaml"), "HOME": str(tmp_path)}
    ran = subprocess.run(
        [VENV, HERE / "sdk2.py", BUCKET, tmp_path],
        env={**os.environ, **stage.environment, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = (tmp_path / "done.txt").read_text().splitlines()
    print("", *lines, sep="\n")
    missing = [step for step in STEPS if not any(line.startswith(step) for line in lines)]
    assert missing == []
    assert [line for line in lines if line.startswith("step ")] == [
        "step Register-RegisterModel: Succeeded",
        "step Train: Succeeded",
    ]
