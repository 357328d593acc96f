"""The conditions of a Condition step."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from aws_stage.engines.sagemaker.pipelines.expressions import ExpressionError

Resolve = Callable[[Any], Any]

_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_MEMBERS = {
    **dict.fromkeys(_COMPARISONS, ("LeftValue", "RightValue")),
    "In": ("QueryValue", "Values"),
    "Not": ("Expression",),
    "Or": ("Conditions",),
}


def problem(condition: Any) -> str | None:
    """What is wrong with the form of a condition, None when nothing is."""
    kind = condition.get("Type") if isinstance(condition, Mapping) else None
    if kind not in _MEMBERS:
        return f"condition type {kind} is not one of {', '.join(_MEMBERS)}"
    missing = [member for member in _MEMBERS[kind] if member not in condition]
    if missing:
        return f"condition {kind} needs {missing[0]}"
    inner = condition["Conditions"] if kind == "Or" else [condition["Expression"]] if kind == "Not" else []
    return next((found for found in map(problem, inner) if found), None)


def holds(condition: Mapping[str, Any], resolve: Resolve) -> bool:
    """Whether a condition is true; raises ExpressionError."""
    kind = condition["Type"]
    if kind == "Or":
        return any(holds(each, resolve) for each in condition["Conditions"])
    if kind == "Not":
        return not holds(condition["Expression"], resolve)
    if kind == "In":
        wanted = resolve(condition["QueryValue"])
        return any(_alike(wanted, each) for each in resolve(condition["Values"]))
    left, right = _comparable(resolve(condition["LeftValue"]), resolve(condition["RightValue"]))
    try:
        return bool(_COMPARISONS[kind](left, right))
    except TypeError as error:
        raise ExpressionError(f"{left!r} and {right!r} cannot be compared ({kind})") from error


def _alike(left: Any, right: Any) -> bool:
    left, right = _comparable(left, right)
    return bool(left == right)


def _comparable(left: Any, right: Any) -> tuple[Any, Any]:
    """A number and the text of a number are compared as numbers: outputs of functions are texts."""
    for text, other in ((left, right), (right, left)):
        if isinstance(text, str) and isinstance(other, int | float) and not isinstance(other, bool):
            try:
                number = float(text)
            except ValueError:
                return left, right
            return (number, other) if text is left else (other, number)
    return left, right
