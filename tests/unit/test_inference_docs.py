"""What the page of the inference pipeline says exists: alarms, reasons, the example model's numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import botocore.session
from botocore import xform_name

from datastreamer.cli.inference import app
from datastreamer.inference import record
from datastreamer.inference.processing import attributes, table
from datastreamer.inference.reprocessing import invocations, parked, rescore
from datastreamer.inference.training import train_example
from datastreamer.scoring import batch, scorer
from datastreamer.scoring.calls import KINDS
from datastreamer.sensor.inference.poison import POISONS
from tests.conftest import REPOSITORY
from tests.terraform_text import blocks

PAGE = (REPOSITORY / "docs/pipelines/inference.md").read_text()


def section(title: str) -> str:
    return PAGE.split(f"\n### {title}\n")[1].split("\n#")[0]


def first_cells(text: str) -> set[str]:
    """What is code in the first cell of each row of the tables in ``text``."""
    return {name for row in re.findall(r"^\|([^|]*)\|", text, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)}


def test_every_alarm_of_a_stack_is_explained() -> None:
    modules = REPOSITORY / "terraform/modules"
    pipeline = REPOSITORY / "terraform/pipelines/inference/processor.tf"
    names = [alarm["alarm_name"] for _, alarm in blocks(pipeline, "resource")]
    alarms = {name.replace("${local.function_name}", "<stack>-processor") for name in names}
    assert alarms
    for module, part in (
        ("kinesis_stream", "stream"),
        ("lambda_function", "processor"),
        ("event_source_mapping", "processor"),
        ("sagemaker_endpoint", "endpoint"),
    ):
        [names] = [each["alarms"] for _, each in blocks(modules / module / "alarms.tf", "locals") if "alarms" in each]
        assert names, module
        alarms |= {f"<stack>-{part}-{name}" for name in names}
        single = [each["alarm_name"] for _, each in blocks(modules / module / "alarms.tf", "resource")]
        alarms |= {name.replace("${var.name}", f"<stack>-{part}") for name in single if "each." not in name}
    assert first_cells(section("Alarms")) == alarms


def test_every_command_of_aws_on_the_page_is_one() -> None:
    session = botocore.session.get_session()
    commands = set(re.findall(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)", PAGE)) - {("s3", "ls"), ("s3", "cp")}
    assert commands
    for service, operation in commands:
        operations = session.get_service_model(service).operation_names
        assert operation in {xform_name(each, "-") for each in operations}, f"aws {service} {operation}"


def test_every_kind_of_failed_call_is_explained() -> None:
    assert first_cells(section("Failed calls")) == set(KINDS)


def test_every_reason_of_parking_is_explained() -> None:
    reasons = {
        *record.REASONS,
        *(attributes.TOO_LARGE, attributes.TOO_DEEP, attributes.INVALID_NAME),
        *(scorer.REFUSED, scorer.MODEL_FAILED, scorer.NOT_FINITE, scorer.OUT_OF_RANGE, table.REFUSED),
    }
    assert first_cells(section("Reasons")) == reasons
    assert {poison.reason for poison in POISONS} <= reasons
    for told in (batch.NOT_SCORED, invocations.NOT_INVOKED, parked.UNREADABLE):
        assert f"`{told}`" in section("What a replay tells")
    assert f"`{rescore.UNREADABLE}`" in section("What a replay tells")


def test_the_example_models_numbers_are_those_of_its_card(tmp_path: Path) -> None:
    card = train_example(out=tmp_path).card.read_text()
    rows = re.findall(r"^\| (?:this model|plain limits|`\w+`).*\|$", card, re.MULTILINE)
    assert len(rows) == 9
    assert [row for row in rows if row not in PAGE] == []
    assert f"--threshold {json.loads((tmp_path / 'metrics.json').read_text())['threshold']}\n" in PAGE


def test_every_inference_command_that_a_page_names_exists() -> None:
    known = {command.name for command in app.registered_commands}
    for page in [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]:
        named = set(re.findall(r"datastreamer inference ([a-z][a-z-]*)", page.read_text()))
        assert named <= known, page
