"""What a domain does not do is refused in OpenSearch's shape, by name: nothing that a request says is ignored."""

from __future__ import annotations

from typing import Any

import pytest
from opensearchpy import OpenSearchException

from contract.opensearch.predictions import MAPPING, bulk

_DAY = {"field": "@timestamp", "calendar_interval": "1d"}


@pytest.fixture(scope="module")
def trips(search: Any) -> Any:
    search.indices.create(index="trips", body={"mappings": MAPPING})
    search.indices.create(index="texts", body={"mappings": {"properties": {"text": {"type": "text"}}}})
    search.bulk(body=bulk("trips", range(5)))
    return search


BODIES: dict[str, dict[str, Any]] = {
    "key of a search": {"highlight": {"fields": {"*": {}}}},
    "script fields": {"script_fields": {"a": {"script": "1"}}},
    "query": {"query": {"fuzzy": {"zone": 1}}},
    "key of a bool": {"query": {"bool": {"filter": [], "boosting": 1}}},
    "key of a term": {"query": {"term": {"trip_id": {"value": "a", "case_insensitive": True}}}},
    "key of a range": {"query": {"range": {"zone": {"gte": 1, "relation": "WITHIN"}}}},
    "format of a number": {"query": {"range": {"zone": {"gte": 1, "format": "x"}}}},
    "two queries in one": {"query": {"term": {"zone": 1}, "match_all": {}}},
    "number that is none": {"query": {"term": {"zone": "much"}}},
    "date that is none": {"query": {"range": {"@timestamp": {"gte": "yesterday"}}}},
    "time zone that is none": {"query": {"range": {"@timestamp": {"gte": "2026-01-01", "time_zone": "Mars/Base"}}}},
    "sort by nothing": {"sort": [{"nothing": "asc"}]},
    "key of a sort": {"sort": [{"zone": {"order": "asc", "mode": "max"}}]},
    "search after without sort": {"search_after": [1]},
    "search after of another length": {"sort": ["zone"], "search_after": [1, 2]},
    "window": {"from": 9_999, "size": 2},
    "negative size": {"size": -1},
    "aggregation": {"aggs": {"a": {"significant_terms": {"field": "zone"}}}},
    "top hits": {"aggs": {"a": {"top_hits": {}}}},
    "key of an average": {"aggs": {"a": {"avg": {"field": "zone", "missing": 1}}}},
    "average of a keyword": {"aggs": {"a": {"avg": {"field": "trip_id"}}}},
    "key of a histogram": {"aggs": {"a": {"date_histogram": {**_DAY, "offset": "1h"}}}},
    "no interval": {"aggs": {"a": {"date_histogram": {"field": "@timestamp"}}}},
    "interval that is none": {"aggs": {"a": {"date_histogram": {"field": "@timestamp", "fixed_interval": "1M"}}}},
    "histogram of a keyword": {"aggs": {"a": {"date_histogram": {**_DAY, "field": "trip_id"}}}},
    "key of terms": {"aggs": {"a": {"terms": {"field": "zone", "include": "1"}}}},
    "order by nothing": {"aggs": {"a": {"terms": {"field": "zone", "order": {"nothing": "asc"}}}}},
    "below a metric": {"aggs": {"a": {"avg": {"field": "zone"}, "aggs": {"b": {"max": {"field": "zone"}}}}}},
    "script at the top": {"aggs": {"a": {"bucket_script": {"buckets_path": {"a": "_count"}, "script": "params.a"}}}},
    "script that is a program": {
        "aggs": {
            "a": {
                "date_histogram": _DAY,
                "aggs": {"b": {"bucket_script": {"buckets_path": {"a": "_count"}, "script": "while (true) {}"}}},
            }
        }
    },
    "too many buckets": {"aggs": {"a": {"date_histogram": {"field": "@timestamp", "fixed_interval": "1ms"}}}},
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_search_that_the_stage_does_not_do_is_an_error(trips: Any, name: str) -> None:
    with pytest.raises(OpenSearchException) as error:
        trips.search(index="trips", body=BODIES[name])
    _check_shape(error.value)


@pytest.mark.parametrize(
    "body",
    [
        {"query": {"match": {"text": "a"}}},
        {"query": {"term": {"text": "a"}}},
        {"sort": ["text"]},
        {"aggs": {"a": {"terms": {"field": "text"}}}},
    ],
)
def test_the_words_of_a_text_are_not_searched(trips: Any, body: dict[str, Any]) -> None:
    with pytest.raises(OpenSearchException) as error:
        trips.search(index="texts", body=body)
    _check_shape(error.value)


@pytest.mark.parametrize(
    ("method", "path", "parameters", "body"),
    [
        ("GET", "/trips/_search", {"scroll": "1m"}, None),
        ("GET", "/trips/_search", {"q": "zone:1"}, None),
        ("POST", "/trips/_doc", {"routing": "a"}, {"zone": 1}),
        ("POST", "/trips/_doc", {"refresh": "maybe"}, {"zone": 1}),
        ("POST", "/trips/_update/d1", {}, {"script": "ctx._source.zone = 1"}),
        ("POST", "/trips/_delete_by_query", {}, {"query": {"match_all": {}}}),
        ("GET", "/_nodes", {}, None),
        ("PUT", "/bad", {}, {"mappings": {"properties": {"a": {"type": "geo_point"}}}}),
        ("PUT", "/bad", {}, {"mappings": {"properties": {"a": {"type": "keyword", "normalizer": "n"}}}}),
        ("PUT", "/bad", {}, {"settings": {"analysis": {}}}),
        ("PUT", "/Bad", {}, {}),
        ("PUT", "/trips", {}, {}),
        ("PUT", "/trips/_mapping", {}, {"properties": {"zone": {"type": "keyword"}}}),
        ("PUT", "/_index_template/t", {}, {"index_patterns": ["x*"], "data_stream": {}}),
        ("DELETE", "/trips", {"unknown": "1"}, None),
        ("GET", "/_cat/indices", {"h": "store.size"}, None),
    ],
)
def test_a_request_that_the_stage_does_not_do_is_an_error(
    trips: Any, method: str, path: str, parameters: dict[str, str], body: Any
) -> None:
    with pytest.raises(OpenSearchException) as error:
        trips.transport.perform_request(method, path, params=parameters, body=body)
    _check_shape(error.value)
    assert trips.count(index="trips")["count"] == 5


@pytest.mark.parametrize("lines", ["", "no json\n", '{"index":{}}\n{"n":1}\n', '{"upsert":{"_index":"trips"}}\n{}\n'])
def test_a_bulk_of_wrong_lines_does_nothing(trips: Any, lines: str) -> None:
    with pytest.raises(OpenSearchException) as error:
        trips.transport.perform_request("POST", "/_bulk", body=lines or "\n")
    _check_shape(error.value)


def _check_shape(error: Any) -> None:
    document = error.info
    assert document["status"] == error.status_code
    assert 400 <= error.status_code <= 503
    assert document["error"]["reason"]
    assert document["error"]["root_cause"][0]["type"]
    assert "Internal" not in str(document)
    assert document["error"]["type"] != "exception", "it was not expected"
