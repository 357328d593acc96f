"""Documents and indices, through opensearch-py."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from opensearchpy import ConflictError, NotFoundError, RequestError, helpers


@pytest.fixture
def index() -> str:
    return f"index-{uuid4().hex[:8]}"


def test_a_document_is_created_changed_and_deleted_with_its_versions(search: Any, index: str) -> None:
    assert search.index(index=index, id="1", body={"a": {"b": 1}, "c": "x"})["result"] == "created"
    assert search.update(index=index, id="1", body={"doc": {"a": {"d": 2}}})["_version"] == 2
    assert search.update(index=index, id="1", body={"doc": {"a": {"d": 2}}})["result"] == "noop"
    assert search.get(index=index, id="1")["_source"] == {"a": {"b": 1, "d": 2}, "c": "x"}
    with pytest.raises(ConflictError):
        search.create(index=index, id="1", body={})
    assert search.index(index=index, id="1", body={"c": "y"})["_version"] == 3
    assert search.delete(index=index, id="1")["result"] == "deleted"
    with pytest.raises(NotFoundError):
        search.get(index=index, id="1")
    with pytest.raises(NotFoundError):
        search.delete(index=index, id="1")
    upserted = search.update(index=index, id="2", body={"doc": {"c": "z"}, "doc_as_upsert": True})
    assert upserted["result"] == "created"
    assert len(search.index(index=index, body={"c": "q"})["_id"]) > 10


def test_operations_on_one_document_in_one_bulk_happen_in_order(search: Any, index: str) -> None:
    target = {"_index": index, "_id": "1"}
    lines: list[Any] = [
        {"index": target}, {"n": 1}, {"update": target}, {"doc": {"n": 2}}, {"delete": target},
        {"create": target}, {"n": 3}, {"create": target}, {"n": 4},
    ]  # fmt: skip
    items = [next(iter(item.values())) for item in search.bulk(body=lines)["items"]]
    assert [item["status"] for item in items] == [201, 200, 200, 201, 409]
    assert search.get(index=index, id="1")["_source"] == {"n": 3}
    assert search.count(index=index)["count"] == 1


def test_new_fields_are_mapped_by_their_values(search: Any, index: str) -> None:
    search.index(
        index=index, body={"text": "a", "whole": 1, "real": 1.5, "yes": True, "day": "2026-11-30", "in": {"n": 1}}
    )
    properties = search.indices.get_mapping(index=index)[index]["mappings"]["properties"]
    kinds = {name: each.get("type") for name, each in properties.items()}
    assert kinds == {"text": "text", "whole": "long", "real": "float", "yes": "boolean", "day": "date", "in": None}
    assert search.count(index=index, body={"query": {"term": {"text.keyword": "a"}}})["count"] == 1
    with pytest.raises(RequestError, match="failed to parse field"):
        search.index(index=index, body={"whole": "many"})


def test_names_of_fields_are_told_apart_as_opensearch_does(search: Any, index: str) -> None:
    names = ["rowid", "ROWID", "_seq2", "select", 'a"b', "ä", "a^b", "A^B"]
    search.index(index=index, body={name: number for number, name in enumerate(names)})
    for number, name in enumerate(names):
        assert search.count(index=index, body={"query": {"term": {name: number}}})["count"] == 1, name


@pytest.mark.parametrize("text", ["it's", '"', "\\", "a\u0000b", "%_", "'; DROP TABLE indices; --", "日本", ""])
def test_any_text_is_found_as_itself(search: Any, index: str, text: str) -> None:
    search.indices.create(index=index, body={"mappings": {"properties": {"k": {"type": "keyword"}}}})
    search.index(index=index, id="1", body={"k": text})
    search.index(index=index, id="2", body={"k": "another"})
    found = search.search(index=index, body={"query": {"term": {"k": text}}, "aggs": {"k": {"terms": {"field": "k"}}}})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["1"]
    assert [bucket["key"] for bucket in found["aggregations"]["k"]["buckets"]] == [text]


def test_an_array_of_several_values_is_refused_and_one_of_one_is_not(search: Any, index: str) -> None:
    search.index(index=index, body={"n": [1], "none": []})
    with pytest.raises(RequestError, match="not supported by the local stage"):
        search.index(index=index, body={"n": [1, 2]})
    assert search.count(index=index)["count"] == 1


def test_an_alias_leads_to_its_indices_and_writes_to_one(search: Any, index: str) -> None:
    first, second, alias = f"{index}-1", f"{index}-2", f"all-{index}"
    for name in (first, second):
        search.index(index=name, body={"n": 1})
    search.indices.update_aliases(
        body={
            "actions": [
                {"add": {"index": first, "alias": alias}},
                {"add": {"index": second, "alias": alias, "is_write_index": True}},
            ]
        }
    )
    assert search.index(index=alias, body={"n": 2})["_index"] == second
    assert search.count(index=alias)["count"] == 3
    with pytest.raises(RequestError, match="matches an alias"):
        search.indices.delete(index=alias)
    search.indices.delete_alias(index=first, name=alias)
    assert list(search.indices.get_alias(name=alias)) == [second]
    search.indices.delete(index=f"{index}-*")
    assert not search.indices.exists(index=second)


def test_the_template_of_the_highest_priority_makes_an_index(search: Any, index: str) -> None:
    for priority, kind in ((1, "keyword"), (2, "double")):
        template = {"settings": {"number_of_replicas": 0}, "mappings": {"properties": {"v": {"type": kind}}}}
        body = {"index_patterns": [f"{index}*"], "priority": priority, "template": template}
        search.indices.put_index_template(name=f"{index}-{priority}", body=body)
    search.index(index=f"{index}-x", body={"v": 1})
    described = search.indices.get(index=f"{index}-x")[f"{index}-x"]
    assert described["mappings"]["properties"]["v"] == {"type": "double"}
    assert described["settings"]["index"]["number_of_replicas"] == "0"
    with pytest.raises(RequestError, match="same priority"):
        search.indices.put_index_template(name="other", body={"index_patterns": [f"{index}-*"], "priority": 2})


def test_pages_with_search_after_show_every_document_once(search: Any, index: str) -> None:
    helpers.bulk(search, ({"_index": index, "_id": str(n), "g": n % 3, "n": None if n % 4 else n} for n in range(100)))
    seen: list[str] = []
    after: list[Any] | None = None
    while True:
        body: dict[str, Any] = {"size": 7, "sort": [{"n": "desc"}, {"g": "asc"}, {"_doc": "asc"}]}
        hits = search.search(index=index, body={**body, **({"search_after": after} if after else {})})["hits"]["hits"]
        if not hits:
            break
        seen += [hit["_id"] for hit in hits]
        after = hits[-1]["sort"]
    assert sorted(seen, key=int) == [str(n) for n in range(100)]
    assert len(seen) == 100
