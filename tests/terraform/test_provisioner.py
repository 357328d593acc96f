"""Terraform driven from Python, on a root of its own that needs no AWS."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from datastreamer.errors import ProvisioningError, UsageError
from datastreamer.provisioning.provisioner import Provisioner
from datastreamer.stages import ENVIRONMENTS

pytestmark = pytest.mark.slow

MAIN = """
variable "job_script" { type = string }
variable "job_package" { type = string }
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
    for name in ("versions.tf", ".terraform.lock.hcl"):
        shutil.copy(ENVIRONMENTS / "local" / name, folder / name)
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
variable "pipelines" {
  type    = set(string)
  default = ["first"]
}
module "first" {
  source = "./one"
  count  = contains(var.pipelines, "first") ? 1 : 0
}
module "second" {
  source = "./one"
  count  = contains(var.pipelines, "second") ? 1 : 0
}
"""


@pytest.fixture
def stage_of_two(root: Path) -> Path:
    """A stage with two pipelines of one resource each."""
    (root / "one").mkdir()
    (root / "one" / "main.tf").write_text('resource "terraform_data" "this" {}\n')
    (root / "main.tf").write_text(PIPELINES)
    (root / "terraform.tfvars").write_text("")
    return root


def test_pipelines_that_are_on_stay_on_when_another_is_added(stage_of_two: Path, tmp_path: Path) -> None:
    environ = {**os.environ, "DATASTREAMER_DATA_DIR": str(tmp_path / "data")}

    def applied(*added: str) -> list[str]:
        provisioner = Provisioner("tiny", environ, lambda _: None, environments=stage_of_two.parent)
        provisioner.keep_pipelines(added)
        provisioner.apply()
        return provisioner.resources()

    first, second = "module.first[0].terraform_data.this", "module.second[0].terraform_data.this"
    assert applied() == [first]
    assert applied("second") == [first, second]
    assert applied() == [first, second]


def test_a_stage_that_names_its_pipelines_keeps_to_them(stage_of_two: Path, tmp_path: Path) -> None:
    environ = {**os.environ, "DATASTREAMER_DATA_DIR": str(tmp_path / "data")}
    (stage_of_two / "terraform.tfvars").write_text('pipelines = ["second"] # alone\n')
    provisioner = Provisioner("tiny", environ, lambda _: None, environments=stage_of_two.parent)
    with pytest.raises(UsageError, match=r"terraform\.tfvars names the stage's pipelines: add first there"):
        provisioner.keep_pipelines(["first"])
    provisioner.keep_pipelines()
    provisioner.apply()
    assert provisioner.resources() == ["module.second[0].terraform_data.this"]
