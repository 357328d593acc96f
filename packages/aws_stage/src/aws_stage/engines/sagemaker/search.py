"""Search: resources by what their documents hold (SageMaker API reference, "Search" and "Filter")."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from aws_stage.engines.sagemaker.arns import (
    MODEL_PACKAGE,
    MODEL_PACKAGE_GROUP,
    PIPELINE,
    TRAINING_JOB,
    invalid,
    unsupported,
)
from aws_stage.engines.sagemaker.resources import Document, Resources, described
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import Call, Handler
from aws_stage.kernel.paging import page

_KINDS = {
    "TrainingJob": TRAINING_JOB,
    "ModelPackage": MODEL_PACKAGE,
    "ModelPackageGroup": MODEL_PACKAGE_GROUP,
    "Pipeline": PIPELINE,
}
_NOT_SHOWN = ("LastVersion", "ClientRequestToken")
_LARGEST_PAGE = 100
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "NotEquals": operator.ne,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
    "Contains": lambda found, wanted: str(wanted).lower() in str(found).lower(),
    "In": lambda found, wanted: str(found) in str(wanted).split(","),
}


class Searching:
    """Looks through the resources of the stage."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self.operations: Mapping[str, Handler] = {"Search": self._search}

    def _search(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "Search", request)
        resource, expression = request["Resource"], request.get("SearchExpression") or {}
        if resource not in _KINDS:
            raise unsupported(f"Search for {resource}")
        for field in ("CrossAccountFilterOption", "VisibilityConditions"):
            if request.get(field) not in (None, [], "SameAccount"):
                raise unsupported(f"{field} of a search")
        _refuse_nested(expression)
        found = [each for each in self._resources.all(_KINDS[resource]) if _matches(each, expression)]
        field = request.get("SortBy") or "LastModifiedTime"
        ordered = sorted(
            (each for each in found if _value(each, field) is not None),
            key=lambda each: _value(each, field),
            reverse=request.get("SortOrder") != "Ascending",
        )
        ordered += [each for each in found if _value(each, field) is None]
        chosen, more = page(ordered, request.get("NextToken"), request.get("MaxResults"), _LARGEST_PAGE)
        return {"Results": [{resource: _shown(each)} for each in chosen], **more}


def _refuse_nested(expression: Mapping[str, Any]) -> None:
    for field in ("NestedFilters", "SubExpressions"):
        if expression.get(field):
            raise unsupported(f"{field} of a search")


def _matches(document: Document, expression: Mapping[str, Any]) -> bool:
    outcomes = [_holds(document, each) for each in expression.get("Filters") or []]
    if not outcomes:
        return True
    return any(outcomes) if expression.get("Operator") == "Or" else all(outcomes)


def _holds(document: Document, given: Mapping[str, Any]) -> bool:
    value, kind = _value(document, given["Name"]), given.get("Operator") or "Equals"
    if kind in ("Exists", "NotExists"):
        return (value is not None) == (kind == "Exists")
    if given.get("Value") is None:
        raise invalid(f"Filter {given['Name']} needs a Value.")
    if value is None:
        return kind == "NotEquals"
    wanted: Any = given["Value"]
    if isinstance(value, int | float) and kind not in ("Contains", "In"):
        try:
            wanted = float(wanted)
        except ValueError as error:
            raise invalid(f"Filter {given['Name']} needs a number, not {wanted!r}.") from error
    return _COMPARISONS[kind](value, wanted)


def _value(document: Document, name: str) -> Any:
    """What a dotted name leads to; None where it leads nowhere. ``Tags.x`` is the tag x."""
    first, _, rest = name.partition(".")
    if first == "Tags":
        return next((tag["Value"] for tag in document.get("Tags") or [] if tag["Key"] == rest), None)
    value: Any = document
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _shown(document: Document) -> Document:
    shown = {name: value for name, value in described(document).items() if name not in _NOT_SHOWN}
    return {**shown, "Tags": document.get("Tags") or []}
