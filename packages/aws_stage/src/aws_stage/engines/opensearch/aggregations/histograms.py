"""Buckets along a line: ``date_histogram`` and ``histogram``.

docs.opensearch.org/latest/aggregations/bucket/date-histogram/ and …/histogram/
"""

from __future__ import annotations

import math
from datetime import UTC
from typing import TYPE_CHECKING, Any

from aws_stage.engines.opensearch import sql
from aws_stage.engines.opensearch.aggregations.intervals import Interval, segments_of
from aws_stage.engines.opensearch.aggregations.levels import Budget, Key, Level, Row
from aws_stage.engines.opensearch.errors import dictionary, illegal, only, unsupported
from aws_stage.engines.opensearch.index.date_math import resolve
from aws_stage.engines.opensearch.index.dates import DEFAULT_FORMAT, date_format, zone
from aws_stage.engines.opensearch.query.sorting import no_fielddata

if TYPE_CHECKING:
    from aws_stage.engines.opensearch.aggregations.tree import Parser, Tree

_DATE = {"field", "fixed_interval", "calendar_interval", "time_zone", "min_doc_count", "extended_bounds", "format"}


class Histogram:
    """What both have in common: buckets in order, with empty ones between where ``min_doc_count`` is 0."""

    def __init__(self, tree: Tree, body: dict[str, Any]) -> None:
        self._tree = tree
        self._least = int(body.get("min_doc_count", 0))
        self._descending = _descending(body.get("order"))
        self._level: Level | None = None
        self._place = 0
        self._key: str | None = None
        self._bounds: tuple[Any, Any] | None = None

    def compile(self, level: Level, around: str) -> None:
        if self._key is not None:
            self._level = level.child(self._key, around)
            self._place = self._level.column("count(*)")
            self._tree.compile(self._level, "TRUE")

    def render(self, around: Key, _row: Row | None, budget: Budget) -> dict[str, Any]:
        groups = {} if self._level is None else self._level.own(around)
        keys = sorted(groups)
        if self._least == 0:
            ends = [*keys[:1], *keys[-1:], *(each for each in self._bounds or () if each is not None)]
            if ends and (keys or self._bounds):
                keys = sorted({*self._between(min(ends), max(ends)), *keys})
        budget.take(len(keys))
        buckets = []
        for key in reversed(keys) if self._descending else keys:
            row = groups.get(key)
            count = 0 if row is None else row[self._place]
            if count >= self._least:
                below = self._tree.render((*around, key), row, budget)
                buckets.append(self._tree.scripted({**self._shown(key), "doc_count": count, **below}))
        return {"buckets": buckets}

    def _between(self, low: Any, high: Any) -> list[Any]:
        raise NotImplementedError

    def _shown(self, key: Any) -> dict[str, Any]:
        raise NotImplementedError


class DateHistogram(Histogram):
    """Keys are what ``Interval.key`` says."""

    def __init__(self, parser: Parser, body: dict[str, Any], tree: Tree) -> None:
        only(body, _DATE | {"order"}, "date_histogram")
        super().__init__(tree, body)
        if ("fixed_interval" in body) == ("calendar_interval" in body):
            raise illegal(
                "Required one of fields [interval, fixed_interval, calendar_interval], but none were specified."
            )
        self._interval = (
            Interval.fixed(body["fixed_interval"])
            if "fixed_interval" in body
            else Interval.of_calendar(body["calendar_interval"])
        )
        self._zone = zone(body["time_zone"]) if "time_zone" in body else UTC
        field = parser.relation.field(str(body.get("field")))
        if field is not None and field.kind != "date":
            reason = f"Field [{field.path}] of type [{field.kind}] is not supported for aggregation [date_histogram]"
            raise illegal(reason, phase=True)
        own = field.date_format if field is not None else date_format(DEFAULT_FORMAT)
        self._format = date_format(body["format"]) if "format" in body else own
        if "extended_bounds" in body:
            self._bounds = self._extended(parser, dictionary(body["extended_bounds"], "extended_bounds"))
        if field is not None:
            column = parser.relation.column(field)
            low, high = parser.bounds(column)
            if low is not None:
                self._key = self._interval.key(column, segments_of(self._zone, low, high))

    def _extended(self, parser: Parser, given: dict[str, Any]) -> tuple[Any, Any]:
        only(given, {"min", "max"}, "extended_bounds")
        now, rounded = parser.relation.now, self._interval.rounded
        low, high = (
            None if given.get(end) is None else resolve(given[end], self._format, now, self._zone, up=end == "max")
            for end in ("min", "max")
        )
        if low is not None and high is not None and low > high:
            raise illegal(
                f"[extended_bounds.min][{given['min']}] cannot be greater than [extended_bounds.max][{given['max']}]"
            )
        return (
            None if low is None else rounded(low, self._zone),
            None if high is None else rounded(high, self._zone),
        )

    def _between(self, low: int, high: int) -> list[int]:
        return self._interval.keys(low, high, self._zone)

    def _shown(self, key: int) -> dict[str, Any]:
        begin = self._interval.begin(key, self._zone)
        return {"key_as_string": self._format.write(begin, self._zone), "key": begin}


class NumberHistogram(Histogram):
    """Keys count intervals from zero."""

    def __init__(self, parser: Parser, body: dict[str, Any], tree: Tree) -> None:
        only(body, {"field", "interval", "min_doc_count", "extended_bounds", "order"}, "histogram")
        super().__init__(tree, body)
        self._width = float(body.get("interval") or 0)
        if self._width <= 0 or not math.isfinite(self._width):
            raise illegal("[interval] must be >0 for histogram aggregation [histogram]")
        field = parser.relation.field(str(body.get("field")))
        if field is not None and not field.is_aggregatable:
            raise no_fielddata(field.path)
        if field is not None and not field.is_number:
            raise unsupported(f"[histogram] on [{field.path}], which is not a number,")
        if "extended_bounds" in body:
            given = dictionary(body["extended_bounds"], "extended_bounds")
            only(given, {"min", "max"}, "extended_bounds")
            ends = [None if given.get(end) is None else math.floor(given[end] / self._width) for end in ("min", "max")]
            self._bounds = (ends[0], ends[1])
        if field is not None:
            self._key = f"CAST(floor({parser.relation.column(field)} / {sql.literal(self._width)}) AS BIGINT)"

    def _between(self, low: int, high: int) -> list[int]:
        return list(range(low, min(high, low + 65_536) + 1))

    def _shown(self, key: int) -> dict[str, Any]:
        return {"key": key * self._width}


def _descending(order: Any) -> bool:
    if order in (None, {"_key": "asc"}):
        return False
    if order == {"_key": "desc"}:
        return True
    raise unsupported(f"The order {order} of a histogram")
