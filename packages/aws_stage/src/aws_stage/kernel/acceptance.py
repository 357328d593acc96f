"""Whether a payload fits AWS's service model, fast: what breaks nothing need not be described.

A batch of 100 records has a thousand members, and looking for problems in each takes longer than storing them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from botocore.model import ListShape, Shape, StructureShape

Accepts: TypeAlias = Callable[[Any], bool]


def acceptance(shape: Shape | None, otherwise: Callable[[Shape | None, Any], bool]) -> Accepts:
    """Whether a value fits a shape. ``otherwise`` is asked of shapes that are none of the frequent kinds."""
    if isinstance(shape, StructureShape):
        return _structure(shape, otherwise)
    if isinstance(shape, ListShape):
        return _list(shape, otherwise)
    if shape is not None and shape.type_name == "string" and "pattern" not in shape.metadata:
        return _string(shape)
    return lambda value: otherwise(shape, value)


def _structure(shape: StructureShape, otherwise: Callable[[Shape | None, Any], bool]) -> Accepts:
    required = tuple(shape.required_members)

    members: dict[str, Accepts] = {}

    def member(name: str) -> Accepts:
        """Made when it is met: a shape may contain itself."""
        members[name] = acceptance(shape.members.get(name), otherwise)
        return members[name]

    def accepts(value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        for name in required:
            if value.get(name) is None:
                return False
        for name, item in value.items():
            if item is not None and not (members.get(name) or member(name))(item):
                return False
        return True

    return accepts


def _list(shape: ListShape, otherwise: Callable[[Shape | None, Any], bool]) -> Accepts:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    item = cache(lambda: acceptance(shape.member, otherwise))

    def accepts(value: Any) -> bool:
        fits = isinstance(value, list) and low <= len(value) and (high is None or len(value) <= high)
        return fits and all(map(item(), value))

    return accepts


def _string(shape: Shape) -> Accepts:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    allowed = shape.metadata.get("enum") and frozenset(shape.metadata["enum"])

    def accepts(value: Any) -> bool:
        fits = isinstance(value, str) and low <= len(value) and (high is None or len(value) <= high)
        return fits and (not allowed or value in allowed)

    return accepts
