"""The requests that the stage and the judge are both sent: name to method, path, parameters and body."""

from __future__ import annotations

from typing import Any

Request = tuple[str, str, dict[str, Any], Any]
ALL = "/trips-*/_search"


def _search(body: dict[str, Any], path: str = ALL) -> Request:
    return "POST", path, {}, body


def _aggs(**aggs: Any) -> Request:
    return _search({"size": 0, "track_total_hits": True, "aggs": aggs})


def _query(query: dict[str, Any], **more: Any) -> Request:
    return _search({"query": query, "sort": [{"trip_id": "asc"}], "size": 100, "_source": ["trip_id"], **more})


def _filtered(*clauses: dict[str, Any], **more: Any) -> Request:
    return _query({"bool": {"filter": list(clauses)}}, **more)


_DAY = {"field": "@timestamp", "calendar_interval": "1d"}
_LINE = {"fare": {"avg": {"field": "fare_amount"}}, "predicted": {"avg": {"field": "predicted_fare"}}}
_RATIO = "params.n != null && params.d != null && params.d > 0 ? params.n / params.d : 0"
_RANGE = {
    "range": {
        "@timestamp": {
            "gte": "2026-11-01T00:00:00Z",
            "lte": "2026-11-01T12:00:00Z",
            "format": "strict_date_optional_time",
        }
    }
}


def _histogram(**options: Any) -> dict[str, Any]:
    return {"date_histogram": {"field": "@timestamp", **options}}


REQUESTS: dict[str, Request] = {
    "match all, counted": _search({"size": 0, "track_total_hits": True}),
    "count": ("POST", "/trips-*/_count", {}, {"query": {"term": {"is_outlier": True}}}),
    "term of keyword": _query({"term": {"model_version": "2"}}),
    "term with value": _query({"term": {"model_version": {"value": "2"}}}),
    "term of boolean": _query({"term": {"is_outlier": True}}),
    "term of number": _query({"term": {"zone": 5}}),
    "term in object": _query({"term": {"place.borough": "Queens"}}),
    "terms of keywords": _query({"terms": {"trip_id": ["trip-0003", "trip-0007", "none"]}}),
    "terms of numbers": _query({"terms": {"zone": [1, 2]}}),
    "match of keyword": _query({"match": {"trip_id": "trip-0004"}}),
    "match phrase of keyword": _query({"match_phrase": {"trip_id": "trip-0004"}}),
    "range of dates": _filtered(_RANGE),
    "range of dates, exclusive": _filtered(
        {"range": {"@timestamp": {"gt": "2026-11-01T00:05:00Z", "lt": "2026-11-01T00:40:00Z"}}}
    ),
    "range in a time zone": _filtered(
        {"range": {"@timestamp": {"gte": "2026-11-01T00:00:00", "lt": "2026-11-01T02:00:00", "time_zone": "-04:00"}}}
    ),
    "range of milliseconds": _filtered(
        {"range": {"@timestamp": {"gte": 1793491200000, "lte": 1793494800000, "format": "epoch_millis"}}}
    ),
    "range of doubles": _filtered({"range": {"fare_amount": {"gte": 10, "lt": 12.5}}}),
    "range of keywords": _filtered({"range": {"trip_id": {"gte": "trip-0010", "lt": "trip-0015"}}}),
    "exists": _filtered({"exists": {"field": "passengers"}}),
    "exists of object": _filtered({"exists": {"field": "place"}}),
    "exists of nothing": _filtered({"exists": {"field": "nothing"}}),
    "ids": _query({"ids": {"values": ["d1", "d5", "none"]}}),
    "must not": _query({"bool": {"must_not": [{"exists": {"field": "passengers"}}]}}),
    "must not of a missing value": _query({"bool": {"must_not": [{"term": {"passengers": 1}}]}}),
    "should": _query({"bool": {"should": [{"term": {"zone": 1}}, {"term": {"zone": 2}}]}}),
    "should beside a filter": _query(
        {"bool": {"filter": [{"term": {"model_version": "1"}}], "should": [{"term": {"zone": 2}}]}}
    ),
    "minimum should match": _query(
        {
            "bool": {
                "should": [{"term": {"zone": 1}}, {"term": {"outlier": 1}}, {"term": {"model_version": "2"}}],
                "minimum_should_match": 2,
            }
        }
    ),
    "bool in bool": _query(
        {"bool": {"must": [{"bool": {"must_not": [{"bool": {"filter": [{"range": {"zone": {"gt": 3}}}]}}]}}]}}
    ),
    "unmapped term": _query({"term": {"nothing": 1}}),
    "sort by date, from and size": _search({"sort": [{"@timestamp": "desc"}], "from": 5, "size": 3}),
    "sort by two": _search({"sort": [{"zone": "desc"}, {"trip_id": {"order": "asc"}}], "size": 7, "_source": False}),
    "sort with missing last": _search({"sort": [{"passengers": "asc"}, {"trip_id": "asc"}], "from": 175, "size": 30}),
    "sort with missing first": _search(
        {"sort": [{"passengers": {"order": "asc", "missing": "_first"}}, {"trip_id": "asc"}], "size": 3}
    ),
    "search after": _search(
        {"sort": [{"zone": "asc"}, {"trip_id": "desc"}], "size": 4, "search_after": [3, "trip-0094"], "_source": False}
    ),
    "source includes": _search({"sort": ["trip_id"], "size": 3, "_source": {"includes": ["place.*", "z*"]}}),
    "source excludes": _search({"sort": ["trip_id"], "size": 3, "_source": {"excludes": ["place", "*_at"]}}),
    "versions": _search({"sort": ["trip_id"], "size": 2, "version": True, "_source": ["zone"]}),
    "total cut": _search({"size": 0, "track_total_hits": 50}),
    "total left out": _search({"size": 1, "sort": ["trip_id"], "track_total_hits": False}),
    "days": _aggs(d={"date_histogram": _DAY, "aggs": _LINE}),
    "days of New York": _aggs(d={"date_histogram": {**_DAY, "time_zone": "America/New_York"}, "aggs": _LINE}),
    "hours of New York, one of them twice": _aggs(d=_histogram(calendar_interval="1h", time_zone="America/New_York")),
    "fixed hours": _aggs(d=_histogram(fixed_interval="3h", min_doc_count=1)),
    "fixed hours of New York": _aggs(d=_histogram(fixed_interval="3h", time_zone="America/New_York", min_doc_count=1)),
    "half hours of India": _aggs(d=_histogram(fixed_interval="30m", time_zone="Asia/Kolkata", min_doc_count=1)),
    "weeks": _aggs(d=_histogram(calendar_interval="week")),
    "months of Tokyo": _aggs(d=_histogram(calendar_interval="1M", time_zone="Asia/Tokyo")),
    "quarters and years": _aggs(q=_histogram(calendar_interval="quarter"), y=_histogram(calendar_interval="year")),
    "empty buckets within bounds": _aggs(
        d=_histogram(
            fixed_interval="6h",
            min_doc_count=0,
            extended_bounds={"min": "2026-10-31T00:00:00Z", "max": "2026-11-03T00:00:00Z"},
        )
    ),
    "format of keys": _aggs(d=_histogram(calendar_interval="1d", format="yyyy-MM-dd")),
    "metrics": _aggs(
        **{kind: {kind: {"field": "fare_amount"}} for kind in ("avg", "min", "max", "sum", "value_count", "stats")},
        trips={"cardinality": {"field": "trip_id"}},
        models={"cardinality": {"field": "model_version"}},
        passengers={"stats": {"field": "passengers"}},
    ),
    "metrics of a float": _aggs(s={"stats": {"field": "predicted_fare"}}, w={"sum": {"field": "sequence"}}),
    "metrics of dates": _aggs(first={"min": {"field": "@timestamp"}}, last={"max": {"field": "scored_at"}}),
    "metrics of nothing": _search(
        {
            "size": 0,
            "query": {"term": {"zone": 99}},
            "aggs": {
                "a": {"avg": {"field": "zone"}},
                "s": {"stats": {"field": "zone"}},
                "n": {"sum": {"field": "zone"}},
            },
        }
    ),
    "median": _aggs(p={"percentiles": {"field": "sequence", "percents": [50]}}),
    "terms": _aggs(t={"terms": {"field": "zone", "size": 4}}),
    "terms by key": _aggs(t={"terms": {"field": "place.borough", "order": {"_key": "desc"}}}),
    "terms by a metric": _aggs(
        t={
            "terms": {"field": "zone", "size": 3, "order": {"fare": "desc"}},
            "aggs": {"fare": {"avg": {"field": "fare_amount"}}},
        }
    ),
    "terms of booleans": _aggs(t={"terms": {"field": "is_outlier"}, "aggs": _LINE}),
    "terms within days": _aggs(
        d={
            "date_histogram": _DAY,
            "aggs": {"m": {"terms": {"field": "model_version", "order": {"_key": "asc"}}, "aggs": _LINE}},
        }
    ),
    "days within terms": _aggs(
        m={"terms": {"field": "model_version", "order": {"_key": "asc"}}, "aggs": {"d": {"date_histogram": _DAY}}}
    ),
    "filter": _aggs(f={"filter": {"term": {"is_outlier": True}}, "aggs": _LINE}),
    "filters": _aggs(
        f={
            "filters": {"filters": {"yes": {"term": {"is_outlier": True}}, "no": {"term": {"is_outlier": False}}}},
            "aggs": _LINE,
        }
    ),
    "filters without names": _aggs(f={"filters": {"filters": [{"term": {"zone": 1}}, {"match_all": {}}]}}),
    "days within a filter": _aggs(f={"filter": {"term": {"zone": 3}}, "aggs": {"d": {"date_histogram": _DAY}}}),
    "rate of outliers": _search(
        {
            "size": 0,
            "query": {"bool": {"filter": [{"match_all": {}}, _RANGE], "must": [], "should": [], "must_not": []}},
            "aggs": {
                "d": {
                    **_histogram(fixed_interval="1h", min_doc_count=0, time_zone="Asia/Tokyo"),
                    "aggs": {
                        "n": {"filter": {"term": {"is_outlier": True}}},
                        "d": {"filter": {"match_all": {}}},
                        "rate": {
                            "bucket_script": {"buckets_path": {"n": "n>_count", "d": "d>_count"}, "script": _RATIO}
                        },
                    },
                }
            },
        }
    ),
    "histogram of numbers": _aggs(h={"histogram": {"field": "fare_amount", "interval": 5}}),
    "several searches": ("POST", "/_msearch", {}, [{"index": "trips-*"}, {"size": 0}, {"index": "none"}, {"size": 0}]),
    "a document": ("GET", "/trips-1/_doc/d7", {}, None),
    "no document": ("GET", "/trips-1/_doc/none", {}, None),
    "mapping": ("GET", "/trips-1/_mapping", {}, None),
    "fields": ("GET", "/trips-*/_field_caps", {"fields": "place*,zone,@timestamp"}, None),
    "no index": _search({}, "/none/_search"),
    "strict mapping": ("PUT", "/trips-1/_doc/bad", {}, {"unknown": 1}),
    "wrong number": ("PUT", "/trips-1/_doc/bad", {}, {"fare_amount": "much"}),
    "wrong date": ("PUT", "/trips-1/_doc/bad", {}, {"@timestamp": "yesterday"}),
    "out of range": ("PUT", "/trips-1/_doc/bad", {}, {"outlier": 300}),
    "unknown query": _search({"query": {"no_such_query": {}}}),
    "create what is there": ("PUT", "/trips-1/_create/d1", {}, {"zone": 1}),
}
