"""Where a stack's state lies, which values it gets, and what is said when it cannot be worked on."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from moto import mock_aws

from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.provisioning.stack import StackProvisioner
from datastreamer.provisioning.stage_values import own_values
from datastreamer.provisioning.terraform import stack_workspace
from datastreamer.provisioning.terraform.driver import Plan
from datastreamer.provisioning.terraform.stack_workspace import account_id, open_stack_workspace
from datastreamer.provisioning.terraform.workspace import STATE_BUCKET_VARIABLE, Workspace
from scripts import provision
from tests.terraform_text import blocks

ACCOUNT = "123456789012"
REGION = "ap-northeast-1"
ENDPOINT = "http://localhost:4599"
ROOT = REPOSITORY / "terraform" / "stacks" / "inference"

TERRAFORM = """#!/bin/sh
case "$1" in
version) echo '{"terraform_version": "1.11.4", "platform": "linux_amd64"}' ;;
*) env > "$WRITTEN" ;;
esac
"""


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment that leads to an account on AWS; nothing is asked of it."""
    monkeypatch.setattr(stack_workspace, "account_id", lambda _environ, _region: ACCOUNT)
    monkeypatch.setattr(stack_workspace, "check_endpoint", lambda _endpoint: None)
    binary = tmp_path / "bin" / "terraform"
    binary.parent.mkdir()
    binary.write_text(TERRAFORM)
    binary.chmod(0o755)
    # Whoever says where providers come from is not searched one for.
    chosen = tmp_path / "terraform.rc"
    chosen.write_text("provider_installation {\n  direct {}\n}\n")
    return {
        "TF_CLI_CONFIG_FILE": str(chosen),
        "PATH": f"{binary.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "DATASTREAMER_DATA_DIR": str(tmp_path / "data"),
        "WRITTEN": str(tmp_path / "written"),
    }


def stack(environ: dict[str, str], **options: Any) -> StackProvisioner:
    """Stack ``my-ml`` with a function that takes no time to pack."""
    function = Path(environ["HOME"]) / "score"
    function.mkdir(exist_ok=True)
    (function / "handler.py").touch()
    return StackProvisioner("my-ml", environ, lambda _: None, functions={"inference_score": function}, **options)


def state_of(workspace: Workspace) -> str:
    """The setting that says where the state is."""
    return next(setting for setting in workspace.backend if setting.startswith(("path=", "key=")))


def variables(environ: dict[str, str], **options: Any) -> dict[str, str]:
    """What Terraform gets as the root's variables."""
    stack(environ, **options).init()
    lines = Path(environ["WRITTEN"]).read_text().splitlines()
    return dict(line.removeprefix("TF_VAR_").split("=", 1) for line in lines if line.startswith("TF_VAR_"))


def test_each_endpoint_account_region_and_stack_has_a_state_of_its_own(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    places = [
        open_stack_workspace("my-ml", REGION, environ),
        open_stack_workspace("my-ml", REGION, environ | {"AWS_ENDPOINT_URL": ENDPOINT}),
        open_stack_workspace("my-ml", "eu-west-1", environ),
        open_stack_workspace("other", REGION, environ),
    ]
    monkeypatch.setattr(stack_workspace, "account_id", lambda _environ, _region: "210987654321")
    places.append(open_stack_workspace("my-ml", REGION, environ))
    states = [state_of(place) for place in places]
    assert states[0] == f"path={tmp_path}/data/terraform/stacks/aws/{ACCOUNT}/{REGION}/my-ml/terraform.tfstate"
    assert len(set(states)) == len({place.folder for place in places}) == len(places)
    assert {place.root for place in places} == {ROOT}
    for place in places:
        assert Path(place.environ["TF_DATA_DIR"]).is_relative_to(place.folder)


def test_a_state_bucket_keeps_each_stacks_state_below_its_own_key(environ: dict[str, str]) -> None:
    named = environ | {STATE_BUCKET_VARIABLE: "my-states"}
    workspace = open_stack_workspace("my-ml", REGION, named)
    assert workspace.backend == (
        str(REPOSITORY / "terraform" / "backend" / "backend.hcl"),
        "bucket=my-states",
        f"key=datastreamer/stacks/{ACCOUNT}/{REGION}/my-ml/terraform.tfstate",
    )
    at_endpoint = open_stack_workspace("my-ml", REGION, named | {"AWS_ENDPOINT_URL": ENDPOINT})
    assert at_endpoint.backend[-1] == "use_path_style=true"


def test_a_root_with_its_state_in_s3_is_the_same_root_but_for_that(environ: dict[str, str]) -> None:
    copy = open_stack_workspace("my-ml", REGION, environ | {STATE_BUCKET_VARIABLE: "my-states"}).root
    [(_, terraform)] = blocks(copy / "backend.tf", "terraform")
    assert terraform["backend"][0]["s3"]["use_lockfile"] is True
    for name in (".terraform.lock.hcl", "main.tf", "variables.tf", "../../pipelines/inference/main.tf"):
        assert (copy / name).read_text() == (ROOT / name).read_text()


def test_a_stack_on_a_stage_keeps_its_state_as_the_stage_does(environ: dict[str, str]) -> None:
    local = environ | {"DATASTREAMER_STAGE": "local", STATE_BUCKET_VARIABLE: "my-states"}
    assert state_of(open_stack_workspace("my-ml", REGION, local)).startswith("path=")
    with pytest.raises(ConfigurationError, match=r"(?s)stack my-ml keeps its state in S3.*make state-bucket"):
        open_stack_workspace("my-ml", REGION, environ | {"DATASTREAMER_STAGE": "prod"})


def test_terraform_is_told_name_region_package_and_the_callers_values(environ: dict[str, str]) -> None:
    told = variables(environ, region="eu-west-1", values={"shard_count": 2, "alarm_emails": ["a@b.org"]})
    assert (told["stack_name"], told["region"], told["s3_path_style"]) == ("my-ml", "eu-west-1", "false")
    assert told["stage"] == "none"
    assert json.loads(told["settings"]) == {"shard_count": 2, "alarm_emails": ["a@b.org"]}
    assert not Path(told["packages"]).is_absolute()
    index = json.loads((ROOT / told["packages"] / "packages.json").read_text())
    assert (ROOT / told["packages"] / index["inference_score"]).is_file()


def test_buckets_are_addressed_by_path_at_an_endpoint_that_is_not_awss(environ: dict[str, str]) -> None:
    assert variables(environ | {"AWS_ENDPOINT_URL": ENDPOINT})["s3_path_style"] == "true"


def test_a_stages_values_hold_for_its_stacks_unless_the_caller_says_otherwise(environ: dict[str, str]) -> None:
    staged = environ | {"DATASTREAMER_STAGE": "local"}
    assert variables(staged)["stage"] == "local"
    own = own_values("local", "inference")
    assert own["age_objects"] is False
    assert json.loads(variables(staged)["settings"]) == own
    assert json.loads(variables(staged, values={"age_objects": True})["settings"]) == own | {"age_objects": True}


def test_a_value_that_the_pipeline_does_not_have_is_refused_with_the_nearest(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"has no setting shard_cont\. Did you mean shard_count\?"):
        stack(environ, values={"shard_cont": 2})


def test_what_was_never_deployed_is_not_destroyed(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    provisioner = stack(environ)
    monkeypatch.setattr(provisioner, "resources", list)
    for attempt in (provisioner.destroy, lambda: provisioner.plan(destroy=True)):
        with pytest.raises(UsageError, match=r"no stack my-ml was deployed from here: its state is empty \(path="):
            attempt()


def test_a_plan_that_was_shown_is_carried_out_unasked(environ: dict[str, str], tmp_path: Path) -> None:
    plan = Plan(tmp_path / "plan.tfplan", 1, 0.0)
    plan.file.touch()
    stack(environ).destroy(plan)
    assert not plan.file.exists()


def test_what_aws_has_already_is_taken_into_the_state_by_a_command_that_names_the_stack(
    environ: dict[str, str],
) -> None:
    command = stack(environ | {"DATASTREAMER_STAGE": "local"}, region="eu-west-1").adopt_command
    words = shlex.split(command.format(address="module.inference.this").replace("<id>", "my-ml-stream"))
    assert words[:3] == ["python", "-m", "scripts.provision"]
    context = typer.main.get_command(provision.app).commands[words[3]].make_context(words[3], words[4:])
    assert context.params == {
        "stack": "my-ml",
        "address": "module.inference.this",
        "identifier": "my-ml-stream",
        "region": "eu-west-1",
        "stage": "local",
    }


@mock_aws
def test_the_account_is_the_one_of_the_given_credentials() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    assert account_id(keys, REGION) == ACCOUNT


def test_without_credentials_it_says_how_to_get_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match=r"whose account this is.*AWS_PROFILE.*--stage local"):
        account_id({}, REGION)


def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match="nobodys"):
        account_id({"AWS_PROFILE": "nobodys"}, REGION)
