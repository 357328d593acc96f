"""Stages differ in values only, and the Terraform text says what the Python code relies on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from datastreamer.stages import ENVIRONMENTS
from datastreamer.telemetry.job_report import METRICS_NAMESPACE
from datastreamer.telemetry.names import Names
from datastreamer.telemetry.schema import (
    CURATED_COLUMNS,
    CURATED_TABLE,
    PARTITION_COLUMNS,
    QUARANTINE_COLUMNS,
    QUARANTINE_TABLE,
    Column,
)

TERRAFORM = ENVIRONMENTS.parent
TELEMETRY = TERRAFORM / "pipelines" / "telemetry"
STAGES = sorted(path.parent for path in ENVIRONMENTS.glob("*/stage.env"))


@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.name)
def test_a_stage_has_the_same_code_as_production(stage: Path) -> None:
    model = ENVIRONMENTS / "production"
    names = {file.name for file in model.iterdir() if file.is_file()}
    assert {file.name for file in stage.iterdir() if file.is_file()} == names
    own = {"terraform.tfvars", "stage.env", "backend.tf"}
    for name in names - own:
        assert (stage / name).read_text() == (model / name).read_text(), f"{stage.name}/{name} is not production's"


@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.name)
def test_terraform_and_commands_give_the_stage_the_same_name(stage: Path) -> None:
    terraform = re.search(r'^stage\s*=\s*"(\w+)"', (stage / "terraform.tfvars").read_text(), re.MULTILINE)
    command = re.search(r"^DATASTREAMER_STAGE=(\w+)$", (stage / "stage.env").read_text(), re.MULTILINE)
    assert terraform is not None
    assert command is not None
    assert terraform[1] == command[1]


NOT_OF_A_STAGE = {
    "edge_url",
    "function_package",
    "function_packages",
    "job_package",
    "job_script",
    "site_folder",
    "stack_name",
    "stage",
}
"""Variables of pipelines that no stage sets: its own name makes them, or the machine that applies."""


@pytest.mark.parametrize(
    ("root", "pipeline"),
    [
        (ENVIRONMENTS / "production", "telemetry"),
        (ENVIRONMENTS / "production", "inference"),
        (ENVIRONMENTS / "production", "votes"),
        (TERRAFORM / "stacks" / "inference", "inference"),
    ],
)
def test_every_value_of_a_root_reaches_the_pipeline_and_has_its_type(root: Path, pipeline: str) -> None:
    variables = (TERRAFORM / "pipelines" / pipeline / "variables.tf").read_text()
    declared = dict(re.findall(r'^variable "(\w+)" \{.*?^  type\s*= (.+?)$', variables, re.MULTILINE | re.DOTALL))
    passed = re.findall(
        rf"^  (\w+)\s*= (?:coalesce\()?var\.{pipeline}\.(\w+)", (root / "main.tf").read_text(), re.MULTILINE
    )
    assert all(name == value for name, value in passed)
    block = re.search(
        rf'^variable "{pipeline}" \{{.*?^\}}', (root / "variables.tf").read_text(), re.MULTILINE | re.DOTALL
    )
    assert block is not None
    offered = dict(re.findall(r"^    (\w+)\s*= optional\((.+)\)$", block[0], re.MULTILINE))
    assert offered == {name: kind for name, kind in declared.items() if name not in NOT_OF_A_STAGE}
    assert {name for name, _ in passed} == set(offered)


def columns_in_terraform(name: str) -> tuple[Column, ...]:
    block = re.search(
        rf"^  {name} = \[\n(.*?)^  \]", (TELEMETRY / "catalogue.tf").read_text(), re.MULTILINE | re.DOTALL
    )
    assert block is not None
    return tuple(Column(*pair) for pair in re.findall(r'name = "(\w+)", type = "(\w+)"', block[1]))


def test_the_tables_have_the_columns_that_the_job_writes() -> None:
    assert columns_in_terraform("curated_columns") == CURATED_COLUMNS
    assert columns_in_terraform("quarantine_columns") == QUARANTINE_COLUMNS
    table = (TERRAFORM / "modules/lake_table/main.tf").read_text()
    partitions = re.search(r'dynamic "partition_keys" \{\n\s*for_each = (\[.*\])', table)
    assert partitions is not None
    assert re.findall(r'"(\w+)"', partitions[1]) == [column.name for column in PARTITION_COLUMNS]
    assert {column.type for column in PARTITION_COLUMNS} == {"string"}


def test_the_tables_have_the_names_that_the_job_writes() -> None:
    text = (TELEMETRY / "catalogue.tf").read_text()
    assert re.findall(r'^  name              = "(\w+)"', text, re.MULTILINE) == [CURATED_TABLE, QUARANTINE_TABLE]


def test_alarms_watch_the_namespace_that_the_job_writes_to() -> None:
    assert f'metric_namespace = "{METRICS_NAMESPACE}"' in (TELEMETRY / "main.tf").read_text()


def test_commands_and_terraform_give_resources_the_same_names() -> None:
    text = "".join(file.read_text() for file in TELEMETRY.glob("*.tf"))
    names = Names("${STAGE}", "${local.account_id}")
    for name in (
        names.stream,
        names.delivery_stream,
        names.job,
        names.crawler,
        names.workgroup,
        names.data_bucket,
        names.analytics_bucket,
    ):
        assert f'"{name.replace("datastreamer-${STAGE}", "${local.name}")}"' in text
    assert f'"{names.database.replace("${STAGE}", "${var.stage}")}"' in text
    assert f'raw_prefix        = "{names.raw_prefix}"' in text
    assert f'curated_prefix    = "{names.curated.prefix}"' in text
    assert f'quarantine_prefix = "{names.quarantine.prefix}"' in text


def test_every_variable_is_described_and_typed_and_never_null() -> None:
    for file in TERRAFORM.rglob("variables.tf"):
        for block in re.split(r"^(?=variable )", file.read_text(), flags=re.MULTILINE):
            if block.startswith("variable"):
                for attribute in ("description", "type", "nullable"):
                    assert re.search(rf"^  {attribute}\s*=", block, re.MULTILINE), f"{file}: {block.splitlines()[0]}"
                assert "  nullable    = false" in block or "  nullable = false" in block, block.splitlines()[0]


def test_every_output_is_described() -> None:
    for file in TERRAFORM.rglob("outputs.tf"):
        text = file.read_text()
        assert len(re.findall(r"^output ", text, re.MULTILINE)) == len(
            re.findall(r"^  description ", text, re.MULTILINE)
        ), file


def test_every_validation_has_a_run_that_breaks_it() -> None:
    """By variable; which of a variable's rules a run breaks, the run's name says."""
    for file in TERRAFORM.rglob("variables.tf"):
        tests = "".join(test.read_text() for test in file.parent.glob("*.tftest.hcl"))
        expected = " ".join(re.findall(r"expect_failures = \[(.*?)\]", tests, re.DOTALL))
        for block in re.split(r"^(?=variable )", file.read_text(), flags=re.MULTILINE):
            name = re.match(r'variable "(\w+)"', block)
            rules = block.count("validation {")
            if name and rules:
                runs = len(re.findall(rf"\bvar\.{name[1]}\b", expected))
                assert runs >= rules, f"{file.parent.name}: {name[1]} has {rules} rules and {runs} runs that break one"


def test_only_pipelines_call_modules_and_only_stages_call_pipelines() -> None:
    for file in TERRAFORM.rglob("*.tf"):
        layer = file.relative_to(TERRAFORM).parts[0]
        for source in re.findall(r'^  source = "(\.[^"]+)"', file.read_text(), re.MULTILINE):
            allowed = {"envs": "../../pipelines/", "stacks": "../../pipelines/", "pipelines": "../../modules/"}.get(
                layer
            )
            assert allowed, f"{file} calls {source}"
            assert source.startswith(allowed), f"{file} calls {source}"


def test_no_policy_allows_an_action_with_a_star() -> None:
    for file in TERRAFORM.rglob("*.tf"):
        text = file.read_text()
        for statement in re.findall(r'Effect\s*=\s*"Allow".*?\n\s*\}', text, re.DOTALL):
            actions = re.search(r"Action\s*=\s*(\[.*?\]|\"[^\"]*\")", statement, re.DOTALL)
            assert actions is None or "*" not in actions[1], f"{file}: {actions and actions[1]}"
