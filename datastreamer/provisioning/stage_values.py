"""The telemetry values of a stage, read from its Terraform text: ``terraform.tfvars`` over the pipeline's defaults."""

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
_OBJECT = re.compile(r"^telemetry = \{\n(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
_ASSIGNMENT = re.compile(r"^  (?P<name>\w+)\s*=\s*(?P<value>.+?)(?:\s+#.*)?$", re.MULTILINE)
_BLOCK = re.compile(r"^  validation \{.*?^  \}", re.MULTILINE | re.DOTALL)


def telemetry_values(stage: str, environments: Path = ENVIRONMENTS) -> Mapping[str, Any]:
    """Every value that the pipeline runs with on ``stage``: numbers, strings, booleans and lists of these.

    Raises UsageError for an unknown stage and ConfigurationError for a value that is an expression.
    """
    stage_environment(stage, {}, environments)
    root = stage_names(environments)[stage]
    pipeline = (environments.parent / "pipelines" / "telemetry" / "variables.tf").read_text(encoding="utf-8")
    values = {}
    for variable in _VARIABLE.finditer(pipeline):
        default = _DEFAULT.search(_BLOCK.sub("", variable["body"]))
        if default:
            values[variable["name"]] = _parsed(default["value"], variable["name"])
    file = root / "terraform.tfvars"
    own = _OBJECT.search(file.read_text(encoding="utf-8"))
    for assignment in _ASSIGNMENT.finditer(own["body"] if own else ""):
        if assignment["name"] not in values:
            raise ConfigurationError(f"{file}: the pipeline has no variable {assignment['name']}")
        values[assignment["name"]] = _parsed(assignment["value"], assignment["name"])
    return values


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"{name} = {text}: only plain values can be read, no expressions") from error
