"""What an account has once has a state of its own, beside those of the stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.account import ROOT, AccountProvisioner
from datastreamer.provisioning.terraform.workspace import STATE_BUCKET_VARIABLE
from tests.terraform_text import attributes, blocks

TERRAFORM = """#!/bin/sh
echo '{"terraform_version": "1.10.0", "platform": "linux_amd64"}'
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    binary = tmp_path / "terraform"
    binary.write_text(TERRAFORM)
    binary.chmod(0o755)
    # Whoever says where providers come from is not searched one for.
    chosen = tmp_path / "terraform.rc"
    chosen.write_text("provider_installation {\n  direct {}\n}\n")
    return {
        "PATH": str(tmp_path),
        "TF_CLI_CONFIG_FILE": str(chosen),
        "DATASTREAMER_DATA_DIR": str(tmp_path / "data"),
    }


def test_the_state_lies_in_the_bucket_of_the_stages(environ: dict[str, str]) -> None:
    workspace = AccountProvisioner(environ | {STATE_BUCKET_VARIABLE: "states"}, lambda _: None).workspace
    assert workspace.root == ROOT
    assert workspace.backend == (str(ROOT.parent / "backend" / "backend.hcl"), "bucket=states")
    [(_, settings)] = blocks(ROOT / "backend.tf", "terraform")
    assert list(attributes(settings, "key")) == ["datastreamer/account/terraform.tfstate"]


def test_without_a_bucket_it_is_said_how_to_make_one(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)the account keeps its state in S3.*make state-bucket"):
        AccountProvisioner(environ, lambda _: None)


def test_no_pipeline_sets_what_the_account_has_once() -> None:
    """A stage that set it would take it from the others, and leave a role that is gone when it is destroyed."""
    once = "aws_api_gateway_account"
    texts = {file: file.read_text() for file in ROOT.parent.rglob("*.tf") if ".terraform" not in file.parts}
    assert [file for file, text in texts.items() if f'resource "{once}"' in text] == [ROOT / "main.tf"]
