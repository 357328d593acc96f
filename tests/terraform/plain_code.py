"""Terraform code of a test's own, applied to a stage by the real binary."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from datastreamer.provisioning.terraform.workspace import terraform_settings
from datastreamer.stages import ENVIRONMENTS
from tests.conftest import REGION, RunningStage

VERSIONS = ENVIRONMENTS.parent / "stage" / "versions.tf"
PROVIDER = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}
"""


def apply_plan_and_destroy(code: str, stage: RunningStage, folder: Path) -> None:
    """Apply ``code``, see that nothing of it is planned again, and destroy it; raises AssertionError."""
    work = folder / "code"
    work.mkdir()
    (work / "main.tf").write_text(PROVIDER + code)
    _, settings = terraform_settings(os.environ, folder / "config", VERSIONS)
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_", "DATASTREAMER_"))}
    environ |= {key: settings[key] for key in ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "GOGC") if key in settings}
    environ |= {
        "AWS_ENDPOINT_URL": stage.endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "CHECKPOINT_DISABLE": "1",
    }
    for words in (["init"], ["apply", "-auto-approve"], ["plan", "-detailed-exitcode"], ["destroy", "-auto-approve"]):
        done = subprocess.run(
            ["terraform", *words, "-no-color", "-input=false"],
            cwd=work,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"terraform {words[0]}: {done.stdout}{done.stderr}"
