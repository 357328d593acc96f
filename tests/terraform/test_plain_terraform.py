"""Terraform as its users type it: the real binary in a stage's folder, with nothing of ours between."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from datastreamer.pipelines import PIPELINES
from datastreamer.provisioning.packages.upload import build_packages, job_scripts
from datastreamer.provisioning.terraform.workspace import terraform_settings
from datastreamer.stages import ENVIRONMENTS
from tests.conftest import RunningStage

pytestmark = [pytest.mark.slow, pytest.mark.stage]

TERRAFORM = ENVIRONMENTS.parent
INIT = ("init", "-backend-config=../../backend/backend.hcl")


@dataclass
class Checkout:
    """A copy of what Terraform reads of the repository, and the environment that the README says to export."""

    folder: Path
    environ: dict[str, str]

    def terraform(self, stage: str, *words: str, status: int = 0, **variables: str) -> str:
        """All that ``terraform`` says in the stage's folder, its lines unwrapped."""
        done = subprocess.run(
            ["terraform", *words, "-no-color", *(["-input=false"] if words[0] != "output" else [])],
            cwd=self.folder / "terraform" / "envs" / stage,
            env=self.environ | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == status, said
        return re.sub(r"\s*\n(?:│ )?\s*", " ", said)

    def state_here(self, stage: str) -> None:
        """Override the stage's backend, for what can be seen without a bucket."""
        override = self.folder / "terraform" / "envs" / stage / "backend_override.tf"
        override.write_text('terraform {\n  backend "local" {}\n}\n')


@pytest.fixture
def checkout(tmp_path: Path, stage: RunningStage) -> Checkout:
    folder = tmp_path / "checkout"
    shutil.copytree(TERRAFORM, folder / "terraform", ignore=shutil.ignore_patterns(".terraform"))
    (folder / "glue_jobs").mkdir()
    for script in job_scripts(PIPELINES.values()).values():
        shutil.copy(script, folder / "glue_jobs")
    # `make cli-config` writes this file, for machines that do not reach the registry.
    _, settings = terraform_settings(os.environ, tmp_path / "config", TERRAFORM / "stage" / "versions.tf")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_", "DATASTREAMER_"))}
    environ |= {key: settings[key] for key in ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "GOGC") if key in settings}
    environ |= {
        "AWS_ENDPOINT_URL": stage.endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "CHECKPOINT_DISABLE": "1",
    }
    return Checkout(folder, environ)


def test_init_plan_and_apply_need_no_more_than_packages(
    checkout: Checkout, new_stage: Callable[..., RunningStage]
) -> None:
    stage = new_stage()
    checkout.environ["AWS_ENDPOINT_URL"] = stage.endpoint_url
    checkout.terraform("local", *INIT)
    unbuilt = checkout.terraform("local", "plan", status=1)
    assert "There is no zip ../../../.local/build/temperature_etl.zip: build it with `make package`." in unbuilt

    build_packages(checkout.folder / ".local" / "build")
    assert "Plan: " in checkout.terraform("local", "plan", "-var=stage=local")
    checkout.terraform("local", "apply", "-auto-approve")
    assert '"datastreamer-local-stream"' in checkout.terraform("local", "output", "-json", "telemetry")
    assert "datastreamer-local-stream" in stage.client("kinesis").list_streams()["StreamNames"]
    assert "No changes." in checkout.terraform("local", "plan", "-detailed-exitcode")
    assert (checkout.folder / ".local" / "terraform" / "local" / "terraform.tfstate").is_file()


def test_another_stages_name_is_refused_in_a_stages_folder(checkout: Checkout) -> None:
    checkout.terraform("local", *INIT)
    for words, variables in ((["-var=stage=prod"], {}), ([], {"TF_VAR_stage": "prod"})):
        said = checkout.terraform("local", "plan", *words, status=1, **variables)
        assert "This folder holds stage local, not prod" in said


def test_a_stage_on_aws_refuses_the_local_stage_for_its_state(checkout: Checkout) -> None:
    said = checkout.terraform("production", *INIT, "-backend-config=bucket=anybodys", status=1)
    assert "000000000000" in said
    assert "not allowed" in said


def test_a_stage_on_aws_refuses_the_local_stage_for_its_resources(checkout: Checkout) -> None:
    build_packages(checkout.folder / ".local" / "build")
    checkout.state_here("production")
    checkout.terraform("production", "init")
    told = '-var=alarm_emails=["ops@example.com"]'
    assert "AWS account ID not allowed: 000000000000" in checkout.terraform("production", "plan", told, status=1)


def test_the_local_stage_refuses_every_account_but_its_own(
    checkout: Checkout, new_stage: Callable[..., RunningStage]
) -> None:
    # A key of twelve digits belongs to the account of that number there.
    checkout.environ["AWS_ENDPOINT_URL"] = new_stage(AWS_STAGE_ACCESS_KEYS="123456789012:local").endpoint_url
    build_packages(checkout.folder / ".local" / "build")
    checkout.terraform("local", *INIT)
    said = checkout.terraform("local", "plan", status=1, AWS_ACCESS_KEY_ID="123456789012")
    assert "AWS account ID not allowed: 123456789012" in said
