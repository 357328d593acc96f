"""Values of a query as Neptune writes them in JSON.

docs.aws.amazon.com/neptune/latest/userguide/access-graph-opencypher-queries.html, "default JSON results format". They
are read within the transaction: ArcadeDB loads a record when it is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from aws_stage.engines.neptune.graph.failures import QueryError
from aws_stage.engines.neptune.graph.schema import ID, labels_of

Convert = Callable[[Any], Any]


def rendered(value: Any) -> Any:
    """A value of Java's as JSON has it."""
    if value is None:
        return None
    kind: Any = type(value)
    return _conversion(kind)(value)


@cache
def _conversion(kind: Any) -> Convert:
    """How values of a Java class are written; the first class or interface that fits decides."""
    from jpype import JClass

    for name, convert in _CONVERSIONS:
        if issubclass(kind, JClass(name)):
            return convert
    raise QueryError("InternalFailureException", f"a value of {kind.__name__} has no JSON")


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise QueryError("InvalidNumericDataException", f"{number} has no JSON")
    return number


def _node(vertex: Any) -> dict[str, Any]:
    return {
        "~id": str(vertex.get(ID)),
        "~entityType": "node",
        "~labels": labels_of(str(vertex.getTypeName())),
        "~properties": _properties(vertex),
    }


def _relationship(edge: Any) -> dict[str, Any]:
    return {
        "~id": str(edge.get(ID)),
        "~entityType": "relationship",
        "~start": str(edge.getOutVertex().get(ID)),
        "~end": str(edge.getInVertex().get(ID)),
        "~type": str(edge.getTypeName()),
        "~properties": _properties(edge),
    }


def _properties(record: Any) -> dict[str, Any]:
    properties = _map(record.propertiesAsMap())
    properties.pop(ID, None)
    return properties


def _path(path: Any) -> list[Any]:
    return [rendered(part) for part in path.toAlternatingList()]


def _map(entries: Any) -> dict[str, Any]:
    return {str(entry.getKey()): rendered(entry.getValue()) for entry in entries.entrySet()}


def _list(values: Any) -> list[Any]:
    return [rendered(value) for value in values]


_CONVERSIONS: tuple[tuple[str, Convert], ...] = (
    ("java.lang.String", str),
    ("java.lang.Boolean", bool),
    ("java.lang.Long", int),
    ("java.lang.Integer", int),
    ("java.lang.Short", int),
    ("java.lang.Byte", int),
    ("java.math.BigInteger", int),
    ("java.lang.Number", _number),
    ("com.arcadedb.graph.Vertex", _node),
    ("com.arcadedb.graph.Edge", _relationship),
    ("com.arcadedb.query.opencypher.traversal.TraversalPath", _path),
    ("com.arcadedb.query.opencypher.temporal.CypherTemporalValue", str),
    ("java.time.temporal.TemporalAccessor", str),
    ("java.util.Map", _map),
    ("java.util.Collection", _list),
)
