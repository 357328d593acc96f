"""A pipeline's settings on a stage, read from Terraform's text: what ``main.tf`` says, over the pipeline's defaults."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hcl2
from hcl2.rules.containers import ObjectElemRule
from hcl2.rules.functions import FunctionCallRule
from hcl2.walk import find_all

from datastreamer.errors import ConfigurationError
from datastreamer.stages import ENVIRONMENTS, stage_environment, stage_names

_PLAIN = hcl2.SerializationOptions(with_comments=False, explicit_blocks=False)


def pipeline_values(stage: str, pipeline: str, environments: Path = ENVIRONMENTS) -> Mapping[str, Any]:
    """Every setting that ``pipeline`` has on ``stage``, whether it is on or not.

    Raises UsageError for an unknown stage and ConfigurationError for a value that is an expression.
    """
    return default_values(pipeline, environments) | own_values(stage, pipeline, environments)


def default_values(pipeline: str, environments: Path = ENVIRONMENTS) -> dict[str, Any]:
    """The default of each attribute of the pipeline's ``settings``."""
    text = (environments.parent / "pipelines" / pipeline / "variables.tf").read_text(encoding="utf-8")
    return dict(_defaults(text))


def own_values(stage: str, pipeline: str, environments: Path = ENVIRONMENTS) -> dict[str, Any]:
    """The settings that ``stage`` itself gives to ``pipeline``; none when it leaves every default.

    Raises UsageError for an unknown stage and ConfigurationError for a setting that the pipeline does not have.
    """
    known = default_values(pipeline, environments)
    file, root = _root(stage, environments)
    values = {}
    for name, value in _locals(root).get("settings", {}).get(pipeline, {}).items():
        if name not in known:
            raise ConfigurationError(f"{file}: the {pipeline} pipeline has no setting {name}")
        values[name] = _plain(value, name)
    return values


def pipeline_choices(stage: str, environments: Path = ENVIRONMENTS) -> tuple[set[str], set[str]]:
    """The pipelines that the stage has on for good, and those that are on once they are asked for."""
    main, _ = _root(stage, environments)
    values: dict[str, Any] = {}
    for file in sorted(main.parent.glob("*.tf")):
        values |= _locals(_read(file))
    every, always, never = (set(_plain(values.get(name, []), name)) for name in ("pipelines", "always", "never"))
    return always - never, every - always - never


def _root(stage: str, environments: Path) -> tuple[Path, dict[str, Any]]:
    stage_environment(stage, {}, environments)
    file = stage_names(environments)[stage] / "main.tf"
    return file, _read(file)


def _read(file: Path) -> dict[str, Any]:
    root: dict[str, Any] = hcl2.loads(file.read_text(encoding="utf-8"), serialization_options=_PLAIN)
    return root


def _locals(root: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for block in root.get("locals", []) for name, value in block.items()}


@functools.lru_cache
def _defaults(text: str) -> tuple[tuple[str, Any], ...]:
    """Each ``name = optional(type, default)`` of variable ``settings``; null where no default is written."""
    return tuple(_optional_attributes(text))


def _optional_attributes(text: str) -> Iterator[tuple[str, Any]]:
    for call in find_all(hcl2.parses(text, discard_comments=True), FunctionCallRule):
        arguments = call.arguments.arguments if call.arguments else []
        attributes = list(_attributes_around(call))
        # What is inside of two attributes is part of a setting that is an object itself.
        if call.identifiers[0].serialize() == "optional" and len(attributes) == 1:
            name = str(attributes[0].key.serialize())
            yield name, _plain(arguments[1].serialize(_PLAIN), name) if len(arguments) > 1 else None


def _attributes_around(rule: Any) -> Iterator[ObjectElemRule]:
    while rule is not None:
        if isinstance(rule, ObjectElemRule):
            yield rule
        rule = rule.parent


def _plain(value: Any, name: str) -> Any:
    """The value as Python has it; strings come with their quotes, expressions as ``${…}``."""
    if isinstance(value, dict):
        return {key: _plain(inner, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, name) for inner in value]
    if isinstance(value, str):
        if not value.startswith('"') or "${" in value:
            raise ConfigurationError(f"{name} = {value}: only plain values can be read, no expressions")
        return json.loads(value)
    return value
