"""Stages differ in values only, as all call one module, and the Terraform text says what the Python code relies on."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from datastreamer.provisioning.stage_values import default_values, own_values, pipeline_choices, pipeline_values
from datastreamer.stages import ENVIRONMENTS
from datastreamer.taxi import schema as taxi
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
from tests.terraform_text import arguments, attributes, blocks, kinds, objects

TERRAFORM = ENVIRONMENTS.parent
TELEMETRY = TERRAFORM / "pipelines" / "telemetry"
STAGES = sorted(path.parent for path in ENVIRONMENTS.glob("*/stage.env"))
ON_AWS = [stage for stage in STAGES if "AWS_ENDPOINT_URL=" not in (stage / "stage.env").read_text()]
BACKENDS = [
    *sorted(TERRAFORM.glob("backend/*.tf")),
    *sorted(TERRAFORM.glob("*/backend.tf")),
    *sorted(TERRAFORM.glob("*/*/backend.tf")),
]
PIPELINES = sorted(path.name for path in (TERRAFORM / "pipelines").iterdir())


@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.name)
def test_a_root_makes_nothing_itself_and_calls_the_one_module_of_all_stages(stage: Path) -> None:
    assert kinds(stage) <= {"terraform", "variable", "locals", "provider", "module", "output", "moved"}
    assert [(name, module["source"]) for name, module in blocks(stage, "module")] == [("stage", "../../stage")]


@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.name)
def test_all_stages_call_the_pipelines_by_one_file(stage: Path) -> None:
    assert (stage / "pipelines.tf").resolve() == (ENVIRONMENTS / "production" / "pipelines.tf").resolve()
    assert kinds(stage / "main.tf") == {"locals"}


@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.name)
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_each_setting_of_a_stage_is_one_of_its_pipelines(stage: Path, pipeline: str) -> None:
    own_values(stage.name, pipeline)
    always, asked = pipeline_choices(stage.name)
    assert pipeline in always | asked


@pytest.mark.parametrize("stage", ON_AWS, ids=lambda path: path.name)
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_stage_on_aws_encrypts_its_streams_with_its_own_key(stage: Path, pipeline: str) -> None:
    assert len(ON_AWS) == len(STAGES) - 1
    values = pipeline_values(stage.name, pipeline)
    assert (values["stream_encrypted"], values["stream_customer_key"]) == (True, True)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_production_keeps_its_data_and_staging_can_be_destroyed_with_it(pipeline: str) -> None:
    for stage, thrown_away in (("production", False), ("staging", True)):
        values = pipeline_values(stage, pipeline)
        assert values["force_destroy"] is thrown_away
        assert values.get("deletion_protection", not thrown_away) is not thrown_away


@pytest.mark.parametrize("file", BACKENDS, ids=lambda path: path.parent.name)
def test_a_states_bucket_decides_how_the_state_is_encrypted(file: Path) -> None:
    for _, settings in blocks(file, "terraform"):
        assert list(attributes(settings, "encrypt")) == []


@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.name)
def test_terraform_its_state_and_commands_give_the_stage_the_same_name(stage: Path) -> None:
    command = re.search(r"^DATASTREAMER_STAGE=(\w+)$", (stage / "stage.env").read_text(), re.MULTILINE)
    assert command is not None
    variable = dict(blocks(stage / "variables.tf", "variable"))["stage"]
    assert variable["default"] == command[1]
    assert [rule["condition"] for rule in variable["validation"]] == [f'${{var.stage == "{command[1]}"}}']
    [(_, settings)] = blocks(stage / "backend.tf", "terraform")
    [state] = [*attributes(settings, "key"), *attributes(settings, "path")]
    assert state.split("/")[-2:] == [command[1], "terraform.tfstate"]


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
    for file in (
        *(TERRAFORM / "stage" / f"{name}.tf" for name in PIPELINES),
        TERRAFORM / "stacks/inference/variables.tf",
    ):
        assert list(arguments(file, "optional")) == []
        settings = [each for _, each in blocks(file, "variable") if each["description"].startswith("Settings")]
        assert settings
        assert {variable["type"] for variable in settings} == {"any"}


def columns_in_terraform(table: str) -> tuple[Column, ...]:
    given = [module.get("columns") for _, module in blocks(TELEMETRY / "catalogue.tf", "module")]
    assert f'${{local.columns["{table}"]}}' in given
    return tuple(Column(**column) for column in json.loads((TELEMETRY / "tables.json").read_text())[table])


def test_the_tables_have_the_columns_that_the_job_writes() -> None:
    assert columns_in_terraform(CURATED_TABLE) == CURATED_COLUMNS, "run: make contract"
    assert columns_in_terraform(QUARANTINE_TABLE) == QUARANTINE_COLUMNS, "run: make contract"
    [(_, table)] = blocks(TERRAFORM / "modules/lake_table/main.tf", "resource")
    [partitions] = attributes(table["dynamic"], "partition_keys")
    assert partitions["for_each"] == "${local.partitions}"
    [given] = [values for _, values in blocks(TERRAFORM / "modules/lake_table/main.tf", "locals")]
    assert given["dates"] == [column.name for column in PARTITION_COLUMNS]
    assert given["dates"][:2] == [column.name for column in taxi.PARTITION_COLUMNS]
    assert {column.type for column in (*PARTITION_COLUMNS, *taxi.PARTITION_COLUMNS)} == {"string"}


def test_the_tables_have_the_names_that_the_job_writes() -> None:
    modules = [module for _, module in blocks(TELEMETRY / "catalogue.tf", "module")]
    tables = [module["name"] for module in modules if module["source"] == "../../modules/lake_table"]
    assert tables == [CURATED_TABLE, QUARANTINE_TABLE]


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
    """But where null is the default and the description says what it means, as of a pipeline that is off."""
    for file in TERRAFORM.rglob("*.tf"):
        for name, variable in blocks(file, "variable"):
            assert {"description", "type"} <= variable.keys(), f"{file}: {name}"
            if "default" in variable and variable["default"] is None:
                assert re.search(r"(^|[.;] )[Nn]ull ", variable["description"]), f"{file}: {name}"
            else:
                assert variable.get("nullable") is False, f"{file}: {name}"


def test_every_output_is_described() -> None:
    for file in TERRAFORM.rglob("*.tf"):
        assert [name for name, output in blocks(file, "output") if "description" not in output] == [], file


def test_every_validation_has_a_run_that_breaks_it() -> None:
    """By variable; which of a variable's rules a run breaks, the run's name says."""
    for file in TERRAFORM.rglob("variables.tf"):
        tests = [run for test in file.parent.glob("*.tftest.hcl") for _, run in blocks(test, "run")]
        broken = Counter(name.strip("${}") for run in tests for name in run.get("expect_failures", []))
        for name, variable in blocks(file, "variable"):
            rules, runs = len(variable.get("validation", [])), broken[f"var.{name}"]
            assert runs >= rules, f"{file.parent.name}: {name} has {rules} rules and {runs} runs that break one"


def test_only_pipelines_call_modules_and_only_stages_call_pipelines() -> None:
    layers = {
        "envs": "../../stage",
        "stage": "../pipelines/",
        "stacks": "../../pipelines/",
        "pipelines": "../../modules/",
    }
    for file in TERRAFORM.rglob("*.tf"):
        allowed = layers.get(file.relative_to(TERRAFORM).parts[0])
        for _, module in blocks(file, "module"):
            source = module["source"]
            assert allowed, f"{file} calls {source}"
            assert source.startswith(allowed), f"{file} calls {source}"


def test_no_policy_allows_an_action_with_a_star() -> None:
    """But the policy of a VPC's endpoint, which grants nothing: it bounds what the account's own may do there."""
    statements = 0
    for file in TERRAFORM.rglob("*.tf"):
        for statement in objects(file):
            bound = file.name == "endpoints.tf" and "aws:PrincipalAccount" in str(statement.get("Condition"))
            if statement.get("Effect") == "Allow" and not bound:
                statements += 1
                assert "*" not in str(statement.get("Action")), f"{file}: {statement}"
    assert statements
