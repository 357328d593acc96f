"""Stages differ in values only, as all call one module, and the Terraform text says what the Python code relies on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from datastreamer.provisioning.stage_values import default_values, own_values, pipeline_choices
from datastreamer.stages import ENVIRONMENTS
from datastreamer.telemetry.job.report import METRICS_NAMESPACE
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


PIPELINES = sorted(path.name for path in (TERRAFORM / "pipelines").iterdir())


@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.name)
def test_a_root_makes_nothing_itself_and_calls_the_one_module_of_all_stages(stage: Path) -> None:
    text = "".join(file.read_text() for file in stage.glob("*.tf"))
    blocks = re.findall(r'^(\w+)(?: "(\w+)")? ', text, re.MULTILINE)
    assert {kind for kind, _ in blocks} <= {"terraform", "variable", "locals", "provider", "module", "output", "moved"}
    assert [name for kind, name in blocks if kind == "module"] == ["stage"]
    assert re.findall(r'^  source = "(.*)"', text, re.MULTILINE) == ["../../stage"]


@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.name)
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_each_setting_of_a_stage_is_one_of_its_pipelines(stage: Path, pipeline: str) -> None:
    own_values(stage.name, pipeline)
    always, asked = pipeline_choices(stage.name)
    assert pipeline in always | asked


@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.name)
def test_terraform_its_state_and_commands_give_the_stage_the_same_name(stage: Path) -> None:
    variables = (stage / "variables.tf").read_text()
    command = re.search(r"^DATASTREAMER_STAGE=(\w+)$", (stage / "stage.env").read_text(), re.MULTILINE)
    assert command is not None
    assert f'default     = "{command[1]}"' in variables
    assert f'condition     = var.stage == "{command[1]}"' in variables
    state = re.search(r'(?:key|path)\s*= "(?:.*/)?(\w+)/terraform.tfstate"', (stage / "backend.tf").read_text())
    assert state is not None
    assert state[1] == command[1]


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_setting_is_described_has_a_default_and_is_used(pipeline: str) -> None:
    folder = TERRAFORM / "pipelines" / pipeline
    settings = (folder / "variables.tf").read_text().split('variable "settings"')[1]
    used = "".join(file.read_text() for file in folder.glob("*.tf"))
    described = re.findall(r"^    # [^-].*\n    (\w+)\s*= optional\(", settings, re.MULTILINE)
    assert described == re.findall(r"^    (\w+)\s*= ", settings, re.MULTILINE)[: len(described)]
    assert set(described) == set(default_values(pipeline))
    for name in described:
        assert re.search(rf"\bvar\.settings\.{name}\b", used), f"{pipeline}: nothing reads {name}"


def test_settings_stand_in_the_pipeline_alone() -> None:
    """A new one is its line there and its use: whatever passes settings on takes any object."""
    for file in (TERRAFORM / "stage" / "variables.tf", TERRAFORM / "stacks" / "inference" / "variables.tf"):
        text = file.read_text()
        assert "optional(" not in text
        for name in re.findall(r'^variable "(\w+)" \{\n  description = "Settings', text, re.MULTILINE):
            block = re.search(rf'^variable "{name}" \{{.*?^\}}', text, re.MULTILINE | re.DOTALL)
            assert block is not None
            assert "type        = any" in block[0]


def columns_in_terraform(table: str) -> tuple[Column, ...]:
    assert f'columns           = local.columns["{table}"]' in (TELEMETRY / "catalogue.tf").read_text()
    return tuple(Column(**column) for column in json.loads((TELEMETRY / "tables.json").read_text())[table])


def test_the_tables_have_the_columns_that_the_job_writes() -> None:
    assert columns_in_terraform(CURATED_TABLE) == CURATED_COLUMNS, "run: make contract"
    assert columns_in_terraform(QUARANTINE_TABLE) == QUARANTINE_COLUMNS, "run: make contract"
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
    """But the settings of a stage's pipelines: null is a pipeline that is off."""
    for file in TERRAFORM.rglob("variables.tf"):
        for block in re.split(r"^(?=variable )", file.read_text(), flags=re.MULTILINE):
            if file.parent.name == "stage" and "  default     = null" in block:
                assert "null leaves it off" in block
            elif block.startswith("variable"):
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
    layers = {
        "envs": "../../stage",
        "stage": "../pipelines/",
        "stacks": "../../pipelines/",
        "pipelines": "../../modules/",
    }
    for file in TERRAFORM.rglob("*.tf"):
        allowed = layers.get(file.relative_to(TERRAFORM).parts[0])
        for source in re.findall(r'^  source = "(\.[^"]+)"', file.read_text(), re.MULTILINE):
            assert allowed, f"{file} calls {source}"
            assert source.startswith(allowed), f"{file} calls {source}"


def test_no_policy_allows_an_action_with_a_star() -> None:
    for file in TERRAFORM.rglob("*.tf"):
        text = file.read_text()
        for statement in re.findall(r'Effect\s*=\s*"Allow".*?\n\s*\}', text, re.DOTALL):
            actions = re.search(r"Action\s*=\s*(\[.*?\]|\"[^\"]*\")", statement, re.DOTALL)
            assert actions is None or "*" not in actions[1], f"{file}: {actions and actions[1]}"
