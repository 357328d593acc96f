"""Terraform driven from Python, on a root of its own that needs no AWS."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from datastreamer.errors import ProvisioningError, UsageError
from datastreamer.provisioning.provisioner import Provisioner
from datastreamer.stages import ENVIRONMENTS

pytestmark = pytest.mark.slow

MAIN = """
variable "packages" { type = string }
variable "word" {
  type    = string
  default = "first"
  validation {
    condition     = var.word != "forbidden"
    error_message = "That word is forbidden."
  }
}
resource "terraform_data" "this" { input = var.word }
output "word" { value = terraform_data.this.output }
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A stage of one resource that lives in the state alone."""
    folder = tmp_path / "envs" / "tiny"
    folder.mkdir(parents=True)
    shutil.copy(ENVIRONMENTS / "local" / ".terraform.lock.hcl", folder)
    shutil.copy(ENVIRONMENTS.parent / "stage" / "versions.tf", folder)
    # What a root has and a module that is called has not.
    versions = folder / "versions.tf"
    versions.write_text(re.sub(r"\n +# One for each.*?\]\n", "", versions.read_text(), flags=re.DOTALL))
    (folder / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    (folder / "main.tf").write_text(MAIN)
    (folder / "stage.env").write_text("DATASTREAMER_STAGE=tiny\n")
    return folder


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def provisioner(root: Path, lines: list[str], tmp_path: Path) -> Provisioner:
    environ = {**os.environ, "DATASTREAMER_DATA_DIR": str(tmp_path / "data")}
    return Provisioner("tiny", environ, lines.append, environments=root.parent)


def test_apply_and_destroy_report_each_resource_and_output_reads_the_result(
    provisioner: Provisioner, lines: list[str]
) -> None:
    assert provisioner.apply() == 1
    assert lines == ["  1/1 created terraform_data.this"]
    assert provisioner.output() == {"word": "first"}
    assert provisioner.resources() == ["terraform_data.this"]
    assert provisioner.destroy() == 1
    assert lines[-1] == "  1/1 deleted terraform_data.this"
    assert provisioner.resources() == []


def test_a_saved_plan_is_shown_and_then_carried_out(provisioner: Provisioner, lines: list[str], root: Path) -> None:
    provisioner.apply()
    (root / "terraform.tfvars").write_text('word = "second"\n')
    plan = provisioner.plan()
    assert plan.changes == 1
    provisioner.show(plan)
    assert any('"first" -> "second"' in line for line in lines)
    assert provisioner.apply(plan) == 1
    assert provisioner.output() == {"word": "second"}
    assert not plan.file.exists()


def test_a_failure_tells_terraforms_own_reason(provisioner: Provisioner, root: Path) -> None:
    (root / "terraform.tfvars").write_text('word = "forbidden"\n')
    with pytest.raises(ProvisioningError, match=r"(?s)terraform apply failed for stage tiny.*That word is forbidden"):
        provisioner.apply()


def test_a_provider_that_is_not_the_locked_one_is_refused(provisioner: Provisioner, root: Path) -> None:
    lock = root / ".terraform.lock.hcl"
    lock.write_text("".join(line for line in lock.read_text().splitlines(True) if "h1:edXO" not in line))
    lock.write_text(lock.read_text().replace('"zh:', '"zh:0000'))
    with pytest.raises(ProvisioningError, match="terraform init failed"):
        provisioner.apply()


def test_without_registry_and_mirror_it_says_how_to_name_one(root: Path, tmp_path: Path) -> None:
    said = {
        "type": "diagnostic",
        "diagnostic": {"severity": "error", "summary": "could not connect to registry.terraform.io: no such host"},
    }
    binary = tmp_path / "bin" / "terraform"
    binary.parent.mkdir()
    binary.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = version ]; then echo \'{"terraform_version": "1.11.4", "platform": "linux_amd64"}\'; exit 0; fi\n'
        f"echo '{json.dumps(said)}'; exit 1\n"
    )
    binary.chmod(0o755)
    environ = {"PATH": f"{binary.parent}:{os.environ['PATH']}", "DATASTREAMER_DATA_DIR": str(tmp_path / "data")}
    offline = Provisioner("tiny", environ, lambda _: None, environments=root.parent)
    with pytest.raises(ProvisioningError, match=r"(?s)no such host.*Name one: DATASTREAMER_TERRAFORM_MIRROR=<folder>"):
        offline.init()


PIPELINES = """
variable "extra_pipelines" {
  type    = set(string)
  default = []
}
locals {
  pipelines = ["first", "second", "third"]
  always    = ["first"]
  never     = ["third"]
  on        = setsubtract(setunion(local.always, var.extra_pipelines), local.never)
}
module "stage" {
  source = "./stage"
  first  = contains(local.on, "first") ? {} : null
  second = contains(local.on, "second") ? {} : null
  third  = contains(local.on, "third") ? {} : null
}
"""

STAGE = """
variable "first" {}
variable "second" {}
variable "third" {}
module "first" {
  source = "../one"
  count  = var.first == null ? 0 : 1
}
module "second" {
  source = "../one"
  count  = var.second == null ? 0 : 1
}
module "third" {
  source = "../one"
  count  = var.third == null ? 0 : 1
}
"""

FIRST, SECOND = (f"module.stage.module.{name}[0].terraform_data.this" for name in ("first", "second"))


@pytest.fixture
def stage_of_two(root: Path) -> Path:
    """A stage with two pipelines of one resource each, the second on when it is asked for, and a third that is off."""
    for name, text in (("one", 'resource "terraform_data" "this" {}\n'), ("stage", STAGE)):
        (root / name).mkdir()
        (root / name / "main.tf").write_text(text)
    (root / "main.tf").write_text(PIPELINES)
    return root


@pytest.fixture
def applied(stage_of_two: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """Applies the stage of two with pipelines added; returns what is in its state then."""

    def apply(*added: str) -> list[str]:
        environ = {**os.environ, "DATASTREAMER_DATA_DIR": str(tmp_path / "data")}
        provisioner = Provisioner("tiny", environ, lambda _: None, environments=stage_of_two.parent)
        provisioner.keep_pipelines(added)
        provisioner.apply()
        return provisioner.resources()

    return apply


def test_pipelines_that_are_on_stay_on_when_another_is_added(applied: Callable[..., list[str]]) -> None:
    assert applied() == [FIRST]
    assert applied("second") == [FIRST, SECOND]
    assert applied("first") == [FIRST, SECOND]


def test_a_pipeline_goes_when_the_stage_says_that_it_is_never_on(
    applied: Callable[..., list[str]], stage_of_two: Path
) -> None:
    applied("second")
    text = PIPELINES.replace('never     = ["third"]', 'never     = ["second", "third"]')
    (stage_of_two / "main.tf").write_text(text)
    assert applied() == [FIRST]


def test_a_pipeline_that_the_stage_does_not_have_is_refused(applied: Callable[..., list[str]]) -> None:
    with pytest.raises(UsageError, match=r"cannot have fourth, third: .*main\.tf has it among those that are never on"):
        applied("third", "fourth")


def test_a_state_of_the_layout_without_the_module_stage_keeps_its_pipelines(
    applied: Callable[..., list[str]], stage_of_two: Path
) -> None:
    """Its pipelines were called by the root itself; they move, and nothing is made again or destroyed."""
    old = STAGE.replace('"../one"', '"./one"').replace('variable "third" {}', 'variable "third" { default = null }')
    old = re.sub(r'variable "(first|second)" \{\}', r'variable "\1" { default = {} }', old)
    (stage_of_two / "main.tf").write_text('variable "packages" {}\n' + old)
    assert applied() == [FIRST.removeprefix("module.stage."), SECOND.removeprefix("module.stage.")]
    states = stage_of_two.parents[1] / "data" / "terraform" / "tiny"
    before = _ids(states)

    moved = (ENVIRONMENTS / "production" / "moved.tf").read_text()
    assert set(re.findall(r"from = module\.(\w+)", moved)) == {"telemetry", "inference", "votes"}
    (stage_of_two / "moved.tf").write_text(moved.replace("telemetry", "first").replace("votes", "second"))
    with (stage_of_two / "stage" / "main.tf").open("a") as stage:
        stage.write('module "inference" {\n  source = "../one"\n  count  = 0\n}\n')
    (stage_of_two / "main.tf").write_text(PIPELINES)
    assert applied() == [FIRST, SECOND]
    assert _ids(states) == before


def _ids(folder: Path) -> set[str]:
    state = json.loads((folder / "terraform.tfstate").read_text())
    return {instance["attributes"]["id"] for resource in state["resources"] for instance in resource["instances"]}
