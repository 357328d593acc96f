"""What README and docs say exists: make targets, commands, saved queries, files, the cost table."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer
from botocore import xform_name
from botocore.session import get_session

from datastreamer.cli.inference import app as inference
from datastreamer.pipelines import PIPELINES
from tests.conftest import REPOSITORY

PAGES = sorted(
    [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"), *(REPOSITORY / "packages").rglob("*.md")]
)
CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
MAKEFILE = (REPOSITORY / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def page_ids(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    in_code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^(?:\$ )?(make .*)$", text, re.MULTILINE)
    named = {target for code in in_code for target in re.findall(r"^make ([a-z][a-z|-]*)", code)}
    assert {part for target in named for part in target.split("|")} <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_command_of_a_pipeline_that_a_page_names_exists(pipeline: str, page: Path) -> None:
    app = import_module(PIPELINES[pipeline].commands).app
    known = {each.name for each in (*app.registered_commands, *app.registered_groups)}
    named = set(re.findall(rf"datastreamer {pipeline} ([a-z][a-z-]*)", page.read_text()))
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_every_inference_command_and_option_that_a_page_names_exists(page: Path) -> None:
    known = {
        command.name: {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        for command in typer.main.get_command(inference).commands.values()
    }
    text = page.read_text()
    assert set(re.findall(r"datastreamer inference ([a-z][a-z-]*)", text)) <= known.keys()
    for line in re.findall(r"^(?:\$ )?(?:\./scripts/script\.sh|datastreamer inference) .*$", text, re.MULTILINE):
        name = (
            line.removeprefix("$ ")
            .removeprefix("./scripts/script.sh")
            .removeprefix("datastreamer inference")
            .split()[0]
        )
        if name in known:
            assert set(re.findall(r"(?<= )--[a-z-]+", line.partition("  #")[0])) <= known[name], line


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_every_aws_command_that_a_page_names_is_a_call_that_every_version_of_the_command_line_has(page: Path) -> None:
    code = "\n".join(map("".join, CODE.findall(page.read_text())))
    for service, operation in re.findall(r"\baws ([a-z0-9-]+) ([a-z][a-z0-9-]+)", code):
        if service == "s3":
            assert operation in {"cp", "ls", "mv", "rm", "sync"}
        else:
            model = get_session().get_service_model(service.removesuffix("api") if service == "s3api" else service)
            assert operation in {xform_name(name, "-") for name in model.operation_names}, f"aws {service} {operation}"


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_every_saved_query_that_a_page_names_exists(page: Path) -> None:
    saved = {path.stem for path in REPOSITORY.glob("terraform/pipelines/*/queries/*.sql")}
    assert set(re.findall(r"--saved ([a-z_]+)", page.read_text())) <= saved


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_help_describes_every_target() -> None:
    described = set(re.findall(r"^([a-z][a-z-]*):.*## ", MAKEFILE, re.MULTILINE))
    assert described == TARGETS


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_cost_table_of_a_pipelines_page_is_the_one_that_make_cost_prints(pipeline: str) -> None:
    words = ["-m", "scripts.cost", "production", "--pipeline", pipeline]
    done = subprocess.run([sys.executable, *words], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in (REPOSITORY / f"docs/pipelines/{pipeline}.md").read_text()
