"""Metrics: one number, or a few, of the documents of a bucket.

docs.opensearch.org/latest/aggregations/metric/. Percentiles and cardinality are exact here, where OpenSearch estimates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws_stage.engines.opensearch.aggregations.levels import Budget, Key, Level, Row
from aws_stage.engines.opensearch.errors import illegal, only
from aws_stage.engines.opensearch.index.fields import Field
from aws_stage.engines.opensearch.query.relation import Relation
from aws_stage.engines.opensearch.query.sorting import no_fielddata

DEFAULT_PERCENTS = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)

_PARTS = {
    "avg": ("avg",),
    "sum": ("sum",),
    "min": ("min",),
    "max": ("max",),
    "value_count": ("count",),
    "stats": ("count", "min", "max", "avg", "sum"),
    "cardinality": ("distinct",),
}
KINDS = frozenset({*_PARTS, "percentiles"})


@dataclass
class Metric:
    """``expressions`` gives what is computed, by part, as SQL that ends where a FILTER may follow."""

    kind: str
    field: Field | None
    percents: tuple[float, ...] = ()
    keyed: bool = True
    value: str = "NULL"
    places: dict[str, int] | None = None

    @classmethod
    def parse(cls, relation: Relation, kind: str, body: dict[str, Any]) -> Metric:
        """Raises SearchError for what OpenSearch or the stage does not take."""
        allowed = {"percentiles": {"field", "percents", "keyed"}, "cardinality": {"field", "precision_threshold"}}
        only(body, allowed.get(kind, {"field"}), kind)
        path = body.get("field")
        if not isinstance(path, str):
            raise illegal(f"Required one of fields [field, script], but none were specified. [{kind}]")
        field = relation.field(path)
        metric = cls(kind, field)
        if field is not None:
            if not field.is_aggregatable:
                raise no_fielddata(path)
            if field.kind == "keyword" and kind not in ("value_count", "cardinality"):
                raise illegal(f"Field [{path}] of type [keyword] is not supported for aggregation [{kind}]", phase=True)
            metric.value = _number(relation, field, kind)
        if kind == "percentiles":
            metric.percents = tuple(float(each) for each in body.get("percents", DEFAULT_PERCENTS))
            metric.keyed = bool(body.get("keyed", True))
            if not metric.percents or not all(0 <= each <= 100 for each in metric.percents):
                raise illegal("percent must be in [0,100]")
        return metric

    def compile(self, level: Level, condition: str) -> None:
        """Have ``level`` compute it, of the documents that ``condition`` finds."""
        tail = "" if condition == "TRUE" else f" FILTER (WHERE {condition})"
        self.places = {part: level.column(text + tail) for part, text in self.expressions().items()}

    def expressions(self) -> dict[str, str]:
        """Part to SQL."""
        if self.kind == "percentiles":
            shares = ", ".join(str(each / 100) for each in self.percents)
            return {"percentiles": f"quantile_cont({self.value}, [{shares}])"}
        functions = {
            "avg": "favg({})",
            "sum": "fsum({})",
            "min": "min({})",
            "max": "max({})",
            "count": "count({})",
            "distinct": "count(DISTINCT {})",
        }
        return {part: functions[part].format(self.value) for part in _PARTS[self.kind]}

    def order_expression(self, part: str) -> str:
        """What a terms aggregation orders its buckets by; ``part`` is the text behind a dot, empty for the value."""
        if self.kind == "percentiles" and part:
            try:
                share = float(part)
            except ValueError:
                raise illegal(f"Invalid aggregation order path [{part}]") from None
            return f"quantile_cont({self.value}, {share / 100})"
        expressions = self.expressions()
        name = part if self.kind == "stats" else next(iter(expressions))
        if name not in expressions or self.kind == "percentiles" or (part and part not in ("value", name)):
            raise illegal(f"Invalid aggregation order path, there is no [{part}] in [{self.kind}]")
        return expressions[name]

    def render(self, _around: Key, row: Row | None, _budget: Budget) -> dict[str, Any]:
        """The answer; of no row, that of no documents."""
        found = {part: None if row is None else row[place] for part, place in (self.places or {}).items()}
        if self.kind == "percentiles":
            return self._percentiles(found["percentiles"])
        if self.kind in ("value_count", "cardinality"):
            return {"value": found[_PARTS[self.kind][0]] or 0}
        if "sum" in found:
            found["sum"] = found["sum"] or 0.0
        if self.kind == "stats":
            found["count"] = found["count"] or 0
            shown = dict(found)
            for part, value in found.items():
                shown |= self._written(f"{part}_as_string", value) if part != "count" and found["count"] else {}
            return shown
        value = found[self.kind]
        return {"value": value, **self._written("value_as_string", value)}

    def _percentiles(self, values: list[float | None] | None) -> dict[str, Any]:
        given = values or [None] * len(self.percents)
        pairs = list(zip(self.percents, given, strict=True))
        if not self.keyed:
            return {"values": [{"key": percent, "value": value} for percent, value in pairs]}
        return {"values": {str(percent): value for percent, value in pairs}}

    def _written(self, name: str, value: float | None) -> dict[str, str]:
        if self.field is None or self.field.kind not in ("date", "boolean") or value is None:
            return {}
        if self.field.kind == "boolean":
            return {name: "true" if value else "false"}
        if math.isfinite(value):
            return {name: self.field.date_format.write(value)}
        return {}


Write = Callable[[float], str]


def _number(relation: Relation, field: Field, kind: str) -> str:
    column = relation.column(field)
    if kind in ("value_count", "cardinality"):
        return column
    if field.kind == "boolean":
        return f"CAST(CAST({column} AS TINYINT) AS DOUBLE)"
    return column if field.kind == "double" else f"CAST({column} AS DOUBLE)"
