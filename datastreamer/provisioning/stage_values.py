"""A pipeline's values on a stage, read from Terraform's text: ``terraform.tfvars`` over the pipeline's defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datastreamer.errors import ConfigurationError
from datastreamer.stages import ENVIRONMENTS, stage_environment, stage_names

_VARIABLE = re.compile(r'^variable "(?P<name>\w+)" \{\n(?P<body>.*?)^\}', re.MULTILINE | re.DOTALL)
_DEFAULT = re.compile(r"^  default\s*=\s*(?P<value>.+?)(?:\s+#.*)?$", re.MULTILINE)
_OBJECT = r"^{pipeline} = \{{\n(?P<body>.*?)^\}}"
_ASSIGNMENT = re.compile(r"^  (?P<name>\w+)\s*=\s*(?P<value>.+?)(?:\s+#.*)?$", re.MULTILINE)
_PIPELINES = re.compile(r"^pipelines\s*=\s*(?P<value>.+?)(?:\s+#.*)?$", re.MULTILINE)
_BLOCK = re.compile(r"^  validation \{.*?^  \}", re.MULTILINE | re.DOTALL)


def stage_pipelines(stage: str, environments: Path = ENVIRONMENTS) -> set[str] | None:
    """The pipelines that the stage's ``terraform.tfvars`` switches on; None when it leaves the choice open.

    Raises UsageError for an unknown stage and ConfigurationError for a choice that is an expression.
    """
    stage_environment(stage, {}, environments)
    file = stage_names(environments)[stage] / "terraform.tfvars"
    chosen = _PIPELINES.search(file.read_text(encoding="utf-8")) if file.is_file() else None
    return set(_parsed(chosen["value"], "pipelines")) if chosen else None


def pipeline_values(stage: str, pipeline: str, environments: Path = ENVIRONMENTS) -> Mapping[str, Any]:
    """Every value that ``pipeline`` runs with on ``stage``: numbers, strings, booleans and lists of these.

    Raises UsageError for an unknown stage and ConfigurationError for a value that is an expression.
    """
    return default_values(pipeline, environments) | own_values(stage, pipeline, environments)


def default_values(pipeline: str, environments: Path = ENVIRONMENTS) -> dict[str, Any]:
    """The default of each of the pipeline's variables that has one."""
    text = (environments.parent / "pipelines" / pipeline / "variables.tf").read_text(encoding="utf-8")
    values = {}
    for variable in _VARIABLE.finditer(text):
        default = _DEFAULT.search(_BLOCK.sub("", variable["body"]))
        if default:
            values[variable["name"]] = _parsed(default["value"], variable["name"])
    return values


def own_values(stage: str, pipeline: str, environments: Path = ENVIRONMENTS) -> dict[str, Any]:
    """The values that ``stage`` itself gives to ``pipeline``; none when it leaves every default.

    Raises UsageError for an unknown stage and ConfigurationError for a value that the pipeline does not have.
    """
    stage_environment(stage, {}, environments)
    known = default_values(pipeline, environments)
    file = stage_names(environments)[stage] / "terraform.tfvars"
    own = re.search(_OBJECT.format(pipeline=pipeline), file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    values = {}
    for assignment in _ASSIGNMENT.finditer(own["body"] if own else ""):
        if assignment["name"] not in known:
            raise ConfigurationError(f"{file}: the pipeline has no variable {assignment['name']}")
        values[assignment["name"]] = _parsed(assignment["value"], assignment["name"])
    return values


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"{name} = {text}: only plain values can be read, no expressions") from error
