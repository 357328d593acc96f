"""The list of pipelines says what the tree has: each part that it names is there, and no other."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import resolve_name
from typing import Any

import pytest
import typer

from datastreamer.errors import UsageError
from datastreamer.pipelines import PIPELINES, Pipeline, pipeline_named
from tests.conftest import REPOSITORY
from tests.terraform_text import blocks

EVERY = pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=list(PIPELINES))


def folders_with(pattern: str) -> set[str]:
    """Names of the folders that hold a file: ``lambdas/*/handler.py``."""
    return {path.parent.name for path in REPOSITORY.glob(pattern)}


@EVERY
def test_each_pipeline_has_status_and_audit_and_a_hint_of_what_is_missing(pipeline: Pipeline) -> None:
    module: Any = import_module(pipeline.commands)
    commands: Any = typer.main.get_command(module.app)
    assert {"status", "audit"} <= commands.commands.keys()
    assert module.MISSING_HINT


@EVERY
def test_each_pipeline_has_a_status_an_audit_a_cost_a_demo_and_a_page(pipeline: Pipeline) -> None:
    assert callable(resolve_name(pipeline.status))
    assert callable(resolve_name(pipeline.cost))
    assert import_module(pipeline.audit).__doc__
    demo: Any = import_module(pipeline.demo)
    assert demo.READINGS > 0
    assert callable(demo.show)
    assert (REPOSITORY / "docs" / "pipelines" / f"{pipeline.name}.md").is_file()


def test_every_part_in_the_tree_belongs_to_a_pipeline_of_the_list() -> None:
    assert folders_with("terraform/pipelines/*/main.tf") == set(PIPELINES)
    assert folders_with("lambdas/*/handler.py") == {name for each in PIPELINES.values() for name in each.functions}
    assert folders_with("web/*/build.mjs") == {each.name for each in PIPELINES.values() if each.site}
    jobs = {path.stem for path in REPOSITORY.glob("glue_jobs/*.py")} - {"__init__"}
    assert jobs == {each.job for each in PIPELINES.values() if each.job}


@EVERY
def test_a_function_is_named_after_its_pipeline(pipeline: Pipeline) -> None:
    assert all(name.startswith(f"{pipeline.name}_") for name in pipeline.functions)


def test_terraform_composes_the_pipelines_of_the_list_and_uploads_their_zips() -> None:
    terraform = REPOSITORY / "terraform"
    [shared] = [values for _, values in blocks(terraform / "envs" / "production" / "pipelines.tf", "locals")]
    assert shared["pipelines"] == list(PIPELINES)
    for each in PIPELINES.values():
        file = terraform / "stage" / f"{each.name}.tf"
        assert [name for name, _ in blocks(file, "module")] == [each.name]
        named = set(re.findall(r'"(\w+)"', file.read_text())) - {each.name}
        evaluation = f"{each.name}_evaluate" if each.evaluation else ""
        assert named == {name for name in (*each.functions, each.job, evaluation) if name}


def test_a_pipeline_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=f"there is no pipeline 'weather'; there is: {', '.join(PIPELINES)}"):
        pipeline_named("weather")
