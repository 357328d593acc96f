"""Each rule of ``.importlinter`` fails where it should: on an import, or a folder, planted in a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

ROOTS = ("datastreamer", "glue_jobs", "lambdas", "scripts")
PACKAGES = ("aws_stage", "trino_on_duckdb")

# Rule: the module planted, and what it imports.
OFFENCES = {
    "layers": ("datastreamer.aws.planted", "datastreamer.telemetry.schema"),
    "scripts": ("datastreamer.cli.planted", "scripts.cost"),
    "sensor": ("datastreamer.sensor.planted", "datastreamer.votes.vote"),
    "stage": ("datastreamer.votes.planted", "aws_stage.daemon"),
    "lambdas": ("datastreamer.inference.planted", "lambdas.inference_score.handler"),
    "functions": ("lambdas.planted_function", "datastreamer.cli.terminal"),
    "functions_of_inference": ("lambdas.inference_score.planted", "datastreamer.votes.vote"),
    "functions_of_votes": ("lambdas.votes_cast.planted", "datastreamer.inference.names"),
    "functions_of_taxi": ("lambdas.taxi_score.planted", "datastreamer.votes.vote"),
    "functions_apart": ("lambdas.votes_cast.beside", "lambdas.votes_socket.handler"),
    "simulator": ("datastreamer.telemetry.planted", "datastreamer.sensor.temperature.fleet"),
    "acyclic": ("datastreamer.events.planted", "datastreamer.events.planted_back"),
    "stage_alone": ("aws_stage.kernel.planted", "datastreamer.errors"),
    "stage_layers": ("aws_stage.storage.planted", "aws_stage.kernel"),
    "engines": ("aws_stage.engines.kinesis.planted", "aws_stage.engines.firehose"),
    "dialect": ("trino_on_duckdb.planted", "aws_stage.errors"),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the Python that the rules speak of, with their file."""
    copy: Path = tmp_path_factory.mktemp("tree")
    sources = [REPOSITORY / root for root in ROOTS]
    sources += [REPOSITORY / "packages" / name / "src" / name for name in PACKAGES]
    for source in sources:
        shutil.copytree(source, copy / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / ".importlinter", copy)
    return copy


def plant(tree: Path, module: str, *imports: str) -> None:
    path = (tree / module.replace(".", "/")).with_suffix(".py")
    path.write_text("".join(f"import {name}\n" for name in imports))


def lint(tree: Path) -> str:
    """What ``lint-imports`` prints of ``tree``."""
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [command, "--no-logo", "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def names() -> dict[str, str]:
    """Each rule's name by its key."""
    rules = ConfigParser()
    rules.read(REPOSITORY / ".importlinter")
    prefix = "importlinter:contract:"
    return {key.removeprefix(prefix): rules[key]["name"] for key in rules.sections() if key.startswith(prefix)}


def test_every_rule_has_an_offence() -> None:
    assert set(names()) == set(OFFENCES)


def test_each_rule_breaks_on_its_offence_and_names_it(tree: Path) -> None:
    for module, imported in OFFENCES.values():
        plant(tree, module, imported)
    plant(tree, "datastreamer.events.planted_back", "datastreamer.events.planted")
    printed = lint(tree)
    kept = {key for key, name in names().items() if not re.search(rf"^{re.escape(name)} BROKEN\b", printed, re.M)}
    assert not kept, printed
    assert "No cycles are allowed in datastreamer.events." in printed
    unnamed = {key for key, (module, _) in OFFENCES.items() if module not in printed}
    assert unnamed == {"acyclic"}, printed  # which names the folder, as above


@pytest.mark.parametrize("container", ["datastreamer", "aws_stage"])
def test_a_folder_that_no_layer_lists_is_an_offence(tree: Path, container: str) -> None:
    (tree / container / "newcomer").mkdir()
    plant(tree, f"{container}.newcomer.__init__")
    printed = lint(tree)
    assert re.search(rf"^- {container}.newcomer$", printed, re.M), printed
