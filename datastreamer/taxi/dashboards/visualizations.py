"""Saved objects of OpenSearch Dashboards, as an export of it has them.

A visualization's state and its search are JSON in a text; objects name each other by references, never by id within
their attributes (github.com/opensearch-project/OpenSearch-Dashboards, src/plugins/visualizations and …/dashboard).
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

MIGRATIONS: Final = {"index-pattern": "7.6.0", "search": "7.9.3", "visualization": "7.10.0", "dashboard": "7.9.3"}
"""The last migration of each type that Dashboards 2.x and 3.x know: what is imported with it is kept as it is."""

_SOURCE: Final = "kibanaSavedObjectMeta.searchSourceJSON"


class Metric(NamedTuple):
    """One number of a chart: an aggregation (``avg``, ``sum``, ``count``), its field, and what people are shown."""

    kind: str
    field: str | None
    label: str


class Head(NamedTuple):
    """What every saved object that people see begins with."""

    id: str
    title: str
    description: str


class Source(NamedTuple):
    """Whose documents: ``pattern`` is the id of an index pattern, ``only`` a field and the value that it must have."""

    pattern: str
    time_field: str
    only: tuple[str, Any] | None = None


def saved_object(kind: str, id_: str, attributes: dict[str, Any], references: list[dict[str, str]]) -> dict[str, Any]:
    """One line of an export."""
    return {
        "type": kind,
        "id": id_,
        "attributes": attributes,
        "references": references,
        "migrationVersion": {kind: MIGRATIONS[kind]},
    }


def lines_over_time(head: Head, source: Source, metrics: tuple[Metric, ...], axis: str) -> dict[str, Any]:
    """A line for each metric, over the time that people have chosen. ``axis`` names the values."""
    over_time = {
        "field": source.time_field,
        "interval": "auto",
        "min_doc_count": 1,
        "drop_partials": False,
        "extended_bounds": {},
        "useNormalizedOpenSearchInterval": True,
    }
    buckets = [_agg(len(metrics) + 1, "date_histogram", "segment", over_time)]
    return _visualization(head, source, _state(head.title, "line", metrics, buckets, axis))


def bars_by_value(head: Head, source: Source, field: str, label: str, metric: Metric) -> dict[str, Any]:
    """A bar for each of the 20 values of ``field`` with the most by ``metric``; ``label`` names the values."""
    terms = {
        "field": field,
        "size": 20,
        "order": "desc",
        "orderBy": "1",
        "otherBucket": False,
        "missingBucket": False,
        "customLabel": label,
    }
    state = _state(head.title, "histogram", (metric,), [_agg(2, "terms", "segment", terms)], metric.label)
    return _visualization(head, source, state)


def latest_documents(head: Head, source: Source, columns: list[str]) -> dict[str, Any]:
    """A table of the newest documents."""
    searched, references = _search_source(source)
    attributes = {
        "title": head.title,
        "description": head.description,
        "columns": columns,
        "sort": [[source.time_field, "desc"]],
        "version": 1,
        "kibanaSavedObjectMeta": searched,
    }
    return saved_object("search", head.id, attributes, references)


def dashboard(head: Head, panels: list[tuple[dict[str, Any], tuple[int, int, int, int]]]) -> dict[str, Any]:
    """Panels, each with its place: left, top, width (of 48) and height. The last day is shown, renewed every 10 s."""
    placed, references = [], []
    for number, (shown, (left, top, width, height)) in enumerate(panels):
        index = str(number + 1)
        placed.append(
            {
                "version": "2.19.0",
                "gridData": {"x": left, "y": top, "w": width, "h": height, "i": index},
                "panelIndex": index,
                "embeddableConfig": {},
                "panelRefName": f"panel_{number}",
            }
        )
        references.append({"name": f"panel_{number}", "type": shown["type"], "id": shown["id"]})
    attributes = {
        "title": head.title,
        "description": head.description,
        "hits": 0,
        "version": 1,
        "panelsJSON": _text(placed),
        "optionsJSON": _text({"hidePanelTitles": False, "useMargins": True}),
        "timeRestore": True,
        "timeFrom": "now-24h",
        "timeTo": "now",
        "refreshInterval": {"pause": False, "value": 10_000},
        "kibanaSavedObjectMeta": {"searchSourceJSON": _text({"query": _NO_QUERY, "filter": []})},
    }
    return saved_object("dashboard", head.id, attributes, references)


_NO_QUERY: Final = {"query": "", "language": "kuery"}


def _visualization(head: Head, source: Source, state: dict[str, Any]) -> dict[str, Any]:
    searched, references = _search_source(source)
    attributes = {
        "title": head.title,
        "description": head.description,
        "version": 1,
        "visState": _text(state),
        "uiStateJSON": "{}",
        "kibanaSavedObjectMeta": searched,
    }
    return saved_object("visualization", head.id, attributes, references)


def _search_source(source: Source) -> tuple[dict[str, str], list[dict[str, str]]]:
    names = [f"{_SOURCE}.index"]
    filters = []
    if source.only is not None:
        names.append(f"{_SOURCE}.filter[0].meta.index")
        filters.append(_phrase(names[1], *source.only))
    searched = {"query": _NO_QUERY, "filter": filters, "indexRefName": names[0]}
    references = [{"name": name, "type": "index-pattern", "id": source.pattern} for name in names]
    return {"searchSourceJSON": _text(searched)}, references


def _phrase(reference: str, field: str, value: Any) -> dict[str, Any]:
    return {
        "$state": {"store": "appState"},
        "meta": {
            "alias": None,
            "disabled": False,
            "negate": False,
            "type": "phrase",
            "key": field,
            "params": {"query": value},
            "indexRefName": reference,
        },
        "query": {"match_phrase": {field: value}},
    }


def _state(
    title: str, kind: str, metrics: tuple[Metric, ...], buckets: list[dict[str, Any]], axis: str
) -> dict[str, Any]:
    """``kind`` is ``line`` or ``histogram``, which is how Dashboards calls bars."""
    numbers = [
        _agg(number, each.kind, "metric", {"customLabel": each.label} | ({"field": each.field} if each.field else {}))
        for number, each in enumerate(metrics, 1)
    ]
    series = [
        {
            "show": True,
            "type": kind,
            "mode": "normal",
            "data": {"id": str(number), "label": each.label},
            "valueAxis": "ValueAxis-1",
            "drawLinesBetweenPoints": True,
            "lineWidth": 2,
            "interpolate": "linear",
            "showCircles": False,
        }
        for number, each in enumerate(metrics, 1)
    ]
    labels = {"show": True, "filter": True, "truncate": 100}
    params = {
        "type": kind,
        "grid": {"categoryLines": False},
        "categoryAxes": [
            {
                "id": "CategoryAxis-1",
                "type": "category",
                "position": "bottom",
                "show": True,
                "style": {},
                "scale": {"type": "linear"},
                "labels": labels,
                "title": {},
            }
        ],
        "valueAxes": [
            {
                "id": "ValueAxis-1",
                "name": "LeftAxis-1",
                "type": "value",
                "position": "left",
                "show": True,
                "style": {},
                "scale": {"type": "linear", "mode": "normal"},
                "labels": {**labels, "rotate": 0, "filter": False},
                "title": {"text": axis},
            }
        ],
        "seriesParams": series,
        "addTooltip": True,
        "addLegend": True,
        "legendPosition": "bottom",
        "times": [],
        "addTimeMarker": False,
        "labels": {"show": False},
        "thresholdLine": {"show": False, "value": 10, "width": 1, "style": "full", "color": "#E7664C"},
    }
    return {"title": title, "type": kind, "aggs": [*numbers, *buckets], "params": params}


def _agg(number: int, kind: str, schema: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(number), "enabled": True, "type": kind, "schema": schema, "params": params}


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
