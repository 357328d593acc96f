"""What must be in place before Terraform runs, and what is said when it is not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.provisioning.terraform.workspace import (
    REPOSITORY,
    STATE_BUCKET_VARIABLE,
    find_terraform,
    open_workspace,
)
from tests.conftest import free_port
from tests.terraform_text import blocks


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DATASTREAMER_DATA_DIR": str(tmp_path / "data")}


def terraform_that_says(folder: Path, text: str) -> dict[str, str]:
    binary = folder / "terraform"
    binary.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    binary.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_without_terraform_it_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no terraform on PATH\. Install Terraform 1\.10 or later"):
        find_terraform({"PATH": str(tmp_path)})


def test_an_old_terraform_is_refused_with_the_version_it_has(tmp_path: Path) -> None:
    old = terraform_that_says(tmp_path, '{"terraform_version": "1.9.8", "platform": "linux_amd64"}')
    with pytest.raises(ConfigurationError, match=r"is Terraform 1\.9\.8, and 1\.10 or later is needed"):
        find_terraform(old)


@pytest.mark.parametrize("version", ["1.10.0", "1.12.0-beta1", "2.0.1"])
def test_a_newer_terraform_will_do(tmp_path: Path, version: str) -> None:
    new = terraform_that_says(tmp_path, f'{{"terraform_version": "{version}", "platform": "darwin_arm64"}}')
    assert find_terraform(new) == (str(tmp_path / "terraform"), "darwin_arm64")


def test_something_else_called_terraform_is_not_taken_for_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not answer `terraform version -json`"):
        find_terraform(terraform_that_says(tmp_path, "hello"))


def test_terraform_collects_garbage_seldom_unless_the_caller_says_how_often(environ: dict[str, str]) -> None:
    given = {**environ, STATE_BUCKET_VARIABLE: "my-states"}
    assert open_workspace("staging", given).environ["GOGC"] == "400"
    assert open_workspace("staging", {**given, "GOGC": "50"}).environ["GOGC"] == "50"


def test_states_and_plans_lie_where_nobody_else_looks(environ: dict[str, str], tmp_path: Path) -> None:
    kept = tmp_path / "data" / "terraform"
    kept.mkdir(parents=True, mode=0o755)
    workspace = open_workspace("staging", {**environ, STATE_BUCKET_VARIABLE: "my-states"})
    assert kept in workspace.plan_file.parents
    assert kept.stat().st_mode & 0o777 == 0o700


def test_a_stage_on_aws_without_a_state_bucket_says_how_to_name_and_make_one(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=rf"(?s){STATE_BUCKET_VARIABLE}=<bucket>.*make state-bucket"):
        open_workspace("production", environ)


def test_a_stage_on_aws_leaves_only_the_bucket_of_its_state_to_be_named(environ: dict[str, str]) -> None:
    workspace = open_workspace("staging", {**environ, STATE_BUCKET_VARIABLE: "my-states"})
    assert workspace.backend == (str(REPOSITORY / "terraform" / "backend" / "backend.hcl"), "bucket=my-states")
    [(_, terraform)] = blocks(workspace.root / "backend.tf", "terraform")
    backend = terraform["backend"][0]["s3"]
    assert (backend["key"], backend["use_lockfile"]) == ("datastreamer/staging/terraform.tfstate", True)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_ENDPOINT_URL", "http://localhost:4566"),
        ("AWS_ENDPOINT_URL_S3", "http://localhost:4566"),
        ("TF_VAR_stage", "local"),
        ("TF_VAR_extra_pipelines", '["votes"]'),
        ("TF_VAR_packages", "elsewhere"),
        ("TF_WORKSPACE", "elsewhere"),
    ],
)
def test_what_would_lead_a_stage_on_aws_elsewhere_is_refused_with_what_to_type(
    environ: dict[str, str], variable: str, value: str
) -> None:
    given = {**environ, STATE_BUCKET_VARIABLE: "my-states", variable: value}
    with pytest.raises(ConfigurationError, match=rf"(?s){variable}=.*prod.*unset {variable}\b"):
        open_workspace("production", given)


def test_variables_of_another_root_are_nobodys_business(environ: dict[str, str]) -> None:
    given = {**environ, STATE_BUCKET_VARIABLE: "my-states", "TF_VAR_stack_name": "another"}
    assert open_workspace("production", given).name == "prod"


def test_the_local_stages_own_address_is_not_taken_for_a_strangers(environ: dict[str, str]) -> None:
    given = {**environ, "AWS_STAGE_PORT": str(free_port()), "AWS_ENDPOINT_URL": "http://localhost:1"}
    with pytest.raises(ConfigurationError, match=r"make up"):
        open_workspace("local", given)
    with pytest.raises(ConfigurationError, match=r"unset AWS_ENDPOINT_URL_KINESIS"):
        open_workspace("local", {**given, "AWS_ENDPOINT_URL_KINESIS": "http://localhost:1"})


def test_the_bucket_may_stand_in_the_shared_file(tmp_path: Path, environ: dict[str, str]) -> None:
    for folder in ("envs", "stage"):
        shutil.copytree(REPOSITORY / "terraform" / folder, tmp_path / "terraform" / folder)
    (tmp_path / "terraform" / "backend").mkdir()
    (tmp_path / "terraform" / "backend" / "backend.hcl").write_text('# where\nbucket = "ours"\n')
    workspace = open_workspace("prod", environ, tmp_path / "terraform" / "envs")
    assert not any(setting.startswith("bucket=") for setting in workspace.backend)


def test_a_stage_that_does_not_answer_is_refused_at_once(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing answers at http://localhost:.* make up"):
        open_workspace("local", {**environ, "AWS_STAGE_PORT": str(free_port())})


def test_an_unknown_stage_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="there is no stage 'prd'"):
        open_workspace("prd", environ)


def test_all_that_terraform_writes_lies_below_the_data_directory(environ: dict[str, str], tmp_path: Path) -> None:
    given = {**environ, STATE_BUCKET_VARIABLE: "b", "TF_CLI_CONFIG_FILE": "gone", "AWS_PROFILE": "mine"}
    workspace = open_workspace("prod", given)
    for name in ("TF_DATA_DIR", "TF_CLI_CONFIG_FILE"):
        assert Path(workspace.environ[name]).is_relative_to(tmp_path / "data")
    assert workspace.environ["AWS_PROFILE"] == "mine"
    assert "AWS_ENDPOINT_URL" not in workspace.environ
