"""Expressions of a pipeline's definition: ``Get``, ``Std:Join`` and ``Std:JsonGet``.

https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

_STEP_OF_PATH = re.compile(r"\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\[['\"]([^'\"\]]+)['\"]\]")
GET, JOIN, JSON_GET = "Get", "Std:Join", "Std:JsonGet"
EXECUTION_VARIABLES = frozenset(
    {"PipelineExecutionId", "PipelineExecutionArn", "PipelineName", "PipelineArn", "StartDateTime", "CurrentDateTime"}
)


class ExpressionError(Exception):
    """An expression that cannot be read or resolved; the text says which."""


def path_of(text: str) -> list[str | int]:
    """``A['b'].C[0]`` -> A, b, C, 0; raises ExpressionError."""
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        found = _STEP_OF_PATH.match(text, position)
        if found is None:
            raise ExpressionError(f"{text} is not a path")
        name, index, key = found.groups()
        parts.append(int(index) if index is not None else name or key)
        position = found.end()
    return parts


def look_up(value: Any, path: Sequence[Any], whole: str) -> Any:
    """What lies at ``path``; an element of a list may be named by its ``…Name``. Raises ExpressionError."""
    for part in path:
        indices: Any = value if isinstance(value, Mapping) else range(len(value) if isinstance(value, list) else 0)
        if part in indices:
            value = value[part]
        else:
            named = [each for each in value if _is_named(each, part)] if isinstance(value, list) else []
            if not named:
                raise ExpressionError(f"{whole} has no value: {part!r} is not there")
            value = named[0]
    return value


def references(value: Any) -> Iterator[list[str | int]]:
    """The path of every ``Get`` in a value, wherever it stands; raises ExpressionError."""
    if isinstance(value, Mapping):
        if set(value) == {GET}:
            yield path_of(str(value[GET]))
            return
        unknown = [name for name in value if name.startswith("Std:") and name not in (JOIN, JSON_GET)]
        if unknown:
            raise ExpressionError(f"{unknown[0]} is not a function of pipelines")
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


class Resolver:
    """Resolves the expressions of one execution.

    ``parameters`` and ``execution`` (execution variables) are by name; ``properties`` gives those of a step that has
    succeeded, and raises ExpressionError for any other.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any],
        execution: Mapping[str, Any],
        properties: Callable[[str], Any],
        read: Callable[[str], bytes],
    ) -> None:
        self._parameters = parameters
        self._execution = execution
        self._properties = properties
        self._read = read

    def resolve(self, value: Any) -> Any:
        """``value`` without expressions; raises ExpressionError."""
        if isinstance(value, list):
            return [self.resolve(each) for each in value]
        if not isinstance(value, Mapping):
            return value
        if set(value) == {GET}:
            return self._get(str(value[GET]))
        if set(value) == {JOIN}:
            return str(value[JOIN].get("On", "")).join(_text(self.resolve(each)) for each in value[JOIN]["Values"])
        if set(value) == {JSON_GET}:
            return self._json_get(value[JSON_GET])
        return {name: self.resolve(each) for name, each in value.items()}

    def _get(self, whole: str) -> Any:
        root, name, *rest = path_of(whole)
        if root == "Parameters":
            return look_up(self._parameters, [name, *rest], whole)
        if root == "Execution":
            return look_up(self._execution, [name, *rest], whole)
        return look_up(self._properties(str(name)), rest, whole)

    def _json_get(self, given: Mapping[str, Any]) -> Any:
        address, path = self.resolve(given["S3Uri"]), str(given["Path"])
        try:
            document = json.loads(self._read(address))
        except (ValueError, OSError) as error:
            raise ExpressionError(f"{address} cannot be read as JSON: {error}") from error
        return look_up(document, path_of(path.removeprefix("$")), f"{path} of {address}")


def _is_named(element: Any, name: str | int) -> bool:
    return isinstance(element, Mapping) and any(
        field.endswith("Name") and value == name for field, value in element.items()
    )


def _text(value: Any) -> str:
    """As a pipeline writes it into a text."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict | list) else str(value)
