"""A pipeline's definition, checked when the pipeline is made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from aws_stage.engines.sagemaker.arns import invalid, unsupported
from aws_stage.engines.sagemaker.pipelines import conditions
from aws_stage.engines.sagemaker.pipelines.expressions import (
    EXECUTION_VARIABLES,
    JSON_GET,
    ExpressionError,
    references,
)
from aws_stage.engines.sagemaker.pipelines.parameters import Parameter
from aws_stage.kernel.engine import AwsError

VERSION = "2020-12-01"
TYPES = ("Training", "Condition", "RegisterModel", "Model", "Lambda", "Fail")
_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_FIELDS = frozenset(
    {"Name", "Type", "Arguments", "DependsOn", "DisplayName", "Description", "FunctionArn", "OutputParameters"}
)


@dataclass(frozen=True)
class Step:
    """``after`` are the steps that must have succeeded; ``branch`` is the condition it stands under, and its side."""

    name: str
    type: str
    body: Mapping[str, Any]
    after: frozenset[str]
    branch: tuple[str, bool] | None

    @property
    def arguments(self) -> Any:
        """Arguments, with the expressions that are in them."""
        return self.body.get("Arguments") or {}


@dataclass(frozen=True)
class Definition:
    """The steps by name, those of branches too."""

    parameters: Mapping[str, Parameter]
    steps: Mapping[str, Step]


def parse(text: str) -> Definition:
    """Raises ValidationException for what is not a definition, and for what is not done here."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _unreadable(f"It is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("Version") != VERSION:
        raise _unreadable(f"Version must be {VERSION}.")
    if document.get("PipelineExperimentConfig"):
        raise unsupported("PipelineExperimentConfig (Experiments), which null turns off,")
    parameters = {each.name: each for each in map(Parameter.read, document.get("Parameters") or [])}
    bodies = list(_bodies(document.get("Steps"), None))
    if not bodies:
        raise _unreadable("Steps must hold at least one step.")
    names = [body["Name"] for body, _ in bodies]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _unreadable(f"Step names must be unique: {', '.join(twice)}.")
    steps = {body["Name"]: _step(body, branch, frozenset(names), parameters) for body, branch in bodies}
    graph = {name: {*step.after, *([step.branch[0]] if step.branch else [])} for name, step in steps.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise _unreadable(f"Steps depend on each other in a circle: {' -> '.join(error.args[1])}.") from error
    return Definition(parameters, steps)


def _bodies(steps: Any, branch: tuple[str, bool] | None) -> Iterator[tuple[Mapping[str, Any], tuple[str, bool] | None]]:
    """Every step with the branch that it stands in, from the outside to the inside."""
    if not isinstance(steps or [], list):
        raise _unreadable("Steps must be a list.")
    for body in steps or []:
        if not isinstance(body, dict) or not _NAME.fullmatch(str(body.get("Name", ""))):
            raise _unreadable(f"A step needs a Name of 1 to 64 letters, digits, - and _: {json.dumps(body)[:100]}")
        yield body, branch
        if body.get("Type") == "Condition":
            arguments = body.get("Arguments") or {}
            yield from _bodies(arguments.get("IfSteps"), (body["Name"], True))
            yield from _bodies(arguments.get("ElseSteps"), (body["Name"], False))


def _step(
    body: Mapping[str, Any],
    branch: tuple[str, bool] | None,
    names: frozenset[str],
    parameters: Mapping[str, Parameter],
) -> Step:
    name, kind = body["Name"], body.get("Type")
    if kind not in TYPES:
        raise unsupported(f"Step {name} of type {kind}")
    for field, value in body.items():
        if field not in _FIELDS and value not in (None, [], {}) and not _is_off(field, value):
            raise unsupported(f"{field} of step {name}")
    _check_form(body)
    own = {key: value for key, value in body.items() if key != "Arguments"}
    own["Arguments"] = _own_arguments(body)
    after = {str(each).partition(".")[0] for each in body.get("DependsOn") or []}
    try:
        for root, *rest in references(own):
            _check_reference(name, root, rest, parameters)
            if root == "Steps":
                after.add(str(rest[0]))
    except ExpressionError as error:
        raise _unreadable(f"Step {name}: {error}.") from error
    unknown = sorted(after - names)
    if unknown:
        raise _unreadable(f"Step {name} depends on {', '.join(unknown)}, which is not a step.")
    return Step(name, kind, body, frozenset(after), branch)


def _own_arguments(body: Mapping[str, Any]) -> Any:
    """The arguments without the steps of branches, which have expressions of their own."""
    arguments = body.get("Arguments")
    if body.get("Type") != "Condition" or not isinstance(arguments, dict):
        return arguments
    return {key: value for key, value in arguments.items() if key not in ("IfSteps", "ElseSteps")}


def _check_form(body: Mapping[str, Any]) -> None:
    name, kind, arguments = body["Name"], body["Type"], body.get("Arguments") or {}
    if not isinstance(arguments, dict):
        raise _unreadable(f"Arguments of step {name} must be an object.")
    if kind == "Condition":
        given = arguments.get("Conditions")
        if not isinstance(given, list) or not given:
            raise _unreadable(f"Step {name} needs Conditions.")
        why = next((found for found in map(conditions.problem, given) if found), None)
        if why:
            raise _unreadable(f"Step {name}: {why}.")
    if kind == "Fail" and "ErrorMessage" not in arguments:
        raise _unreadable(f"Step {name} needs an ErrorMessage.")
    if kind == "Lambda" and not body.get("FunctionArn"):
        raise _unreadable(f"Step {name} needs a FunctionArn.")
    for inner in _json_gets(arguments):
        if "S3Uri" not in inner:
            raise unsupported(f"{JSON_GET} of a property file, which a Processing step writes, in step {name}")
        if "Path" not in inner:
            raise _unreadable(f"{JSON_GET} of step {name} needs a Path.")


def _json_gets(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key == JSON_GET and isinstance(each, dict):
                yield each
            elif key not in ("IfSteps", "ElseSteps"):
                yield from _json_gets(each)
    elif isinstance(value, list):
        for each in value:
            yield from _json_gets(each)


def _check_reference(step: str, root: str | int, rest: list[str | int], parameters: Mapping[str, Parameter]) -> None:
    name = rest[0] if rest else None
    if root == "Parameters" and name not in parameters:
        raise _unreadable(f"Step {step} refers to parameter {name}, which is not defined.")
    if root == "Execution" and name not in EXECUTION_VARIABLES:
        raise unsupported(f"Execution variable {name} in step {step}")
    if root not in ("Parameters", "Execution", "Steps") or name is None:
        raise _unreadable(f"Step {step} refers to {root}, which is none of Parameters, Steps and Execution.")


def _is_off(field: str, value: Any) -> bool:
    return field == "CacheConfig" and isinstance(value, dict) and value.get("Enabled") is False


def _unreadable(why: str) -> AwsError:
    return invalid(f"Unable to parse pipeline definition. {why}")
