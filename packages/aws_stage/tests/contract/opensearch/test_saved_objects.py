"""Saved objects, by the API of OpenSearch Dashboards."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from aws_stage.testing import RunningStage

from contract.opensearch.domains import endpoint, new_domain

PATTERN = {"type": "index-pattern", "id": "p", "attributes": {"title": "trips-*"}, "references": []}
CHART = {
    "type": "visualization",
    "id": "c",
    "attributes": {"title": "Fare"},
    "references": [{"name": "index", "type": "index-pattern", "id": "p"}],
}
BOARD = {
    "type": "dashboard",
    "id": "b",
    "attributes": {"title": "Taxis"},
    "references": [{"name": "panel_0", "type": "visualization", "id": "c"}],
}


class Objects:
    """The saved objects of a domain, without a client of AWS's."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/_dashboards/api/saved_objects"

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("headers", {"osd-xsrf": "true"})
        return requests.request(method, f"{self.url}/{path}", timeout=60, **options)

    def take(self, *objects: Any, overwrite: bool = False, name: str = "export.ndjson") -> requests.Response:
        lines = "".join(each if isinstance(each, str) else json.dumps(each) + "\n" for each in objects)
        path = f"_import?overwrite={str(overwrite).lower()}"
        return self.ask("POST", path, files={"file": (name, lines, "application/ndjson")})


@pytest.fixture
def objects(stage: RunningStage) -> Objects:
    return Objects(endpoint(stage, new_domain(stage)))


def test_objects_are_imported_read_found_exported_and_deleted(objects: Objects) -> None:
    summary = {"exportedCount": 3, "missingRefCount": 0, "missingReferences": []}
    answer = objects.take(PATTERN, CHART, BOARD, summary).json()
    assert (answer["success"], answer["successCount"]) == (True, 3)
    assert objects.ask("GET", "dashboard/b").json()["references"] == BOARD["references"]
    found = objects.ask("GET", "_find?type=dashboard&type=visualization").json()
    assert [each["id"] for each in found["saved_objects"]] == ["c", "b"]
    body = {"objects": [{"type": "dashboard", "id": "b"}], "includeReferencesDeep": True}
    exported = objects.ask("POST", "_export", json=body)
    lines = [json.loads(line) for line in exported.text.splitlines()]
    assert [line.get("id") for line in lines] == ["b", "c", "p", None]
    assert lines[-1] == summary
    assert objects.ask("DELETE", "dashboard/b").status_code == 200
    assert objects.ask("GET", "dashboard/b").status_code == 404


def test_an_export_can_be_imported_elsewhere(objects: Objects, stage: RunningStage) -> None:
    objects.take(PATTERN, CHART)
    exported = objects.ask("POST", "_export", json={"type": ["index-pattern", "visualization"]}).text
    other = Objects(endpoint(stage, new_domain(stage)))
    assert other.take(exported).json()["successCount"] == 2


def test_an_object_that_is_there_is_replaced_where_the_import_says_so_alone(objects: Objects) -> None:
    objects.take(PATTERN)
    changed = {**PATTERN, "attributes": {"title": "other-*"}}
    answer = objects.take(changed, CHART).json()
    assert (answer["success"], answer["successCount"]) == (False, 1)
    assert answer["errors"][0]["error"] == {"type": "conflict"}
    assert objects.ask("GET", "index-pattern/p").json()["attributes"]["title"] == "trips-*"
    assert objects.take(changed, overwrite=True).json()["success"]
    assert objects.ask("GET", "index-pattern/p").json()["attributes"]["title"] == "other-*"


@pytest.mark.parametrize(
    ("lost", "error"),
    [
        (CHART, "missing_references"),
        ({"type": "surprise", "id": "s", "attributes": {}}, "unsupported_type"),
    ],
)
def test_an_object_that_cannot_be_kept_keeps_all_others_out(objects: Objects, lost: dict[str, Any], error: str) -> None:
    answer = objects.take({**PATTERN, "id": "q"}, lost).json()
    assert (answer["successCount"], answer["errors"][0]["error"]["type"]) == (0, error)
    assert objects.ask("GET", "_find?type=index-pattern").json()["total"] == 0


@pytest.mark.parametrize(
    ("lines", "name", "message"),
    [
        (["{"], "a.ndjson", "Unexpected token"),
        ([PATTERN, PATTERN], "a.ndjson", "Non-unique"),
        ([PATTERN], "a.json", "file extension"),
        (["[1]"], "a.ndjson", "a type and an id"),
        ([{"type": "search", "id": "s"}], "a.ndjson", "no attributes"),
        ([{**PATTERN, "references": [{"id": "x"}]}], "a.ndjson", "lacks name, type or id"),
    ],
)
def test_a_file_that_is_no_export_is_refused(objects: Objects, lines: list[Any], name: str, message: str) -> None:
    answer = objects.take(*lines, name=name)
    assert answer.status_code == 400
    assert message in answer.json()["message"]


def test_an_import_without_the_header_that_a_page_elsewhere_cannot_send_is_refused(objects: Objects) -> None:
    answer = objects.ask("POST", "_import", files={"file": ("a.ndjson", b"")}, headers={})
    assert (answer.status_code, answer.json()["message"]) == (400, "Request must contain a osd-xsrf header.")


def test_saved_objects_survive_a_restart(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    name = new_domain(stage)
    Objects(endpoint(stage, name)).take(PATTERN)
    stage.stop()
    stage.start()
    assert Objects(endpoint(stage, name)).ask("GET", "index-pattern/p").status_code == 200
