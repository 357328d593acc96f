"""The dashboards: what Dashboards needs to import them, and what is done to a domain that is not as it should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from datastreamer.aws.search_domain import Answer, SearchDomain
from datastreamer.errors import ConfigurationError, JobFailedError, UsageError
from datastreamer.taxi.dashboards.domain import configured_domain, endpoint_of
from datastreamer.taxi.dashboards.indices import PATTERN, IndexSettings, index_template, retention_policy
from datastreamer.taxi.dashboards.install import Outcome, holds, install
from datastreamer.taxi.dashboards.objects import ndjson, saved_objects
from datastreamer.taxi.names import Names
from datastreamer.taxi.prediction import FIELDS, INDEX, TIME_FIELD, Kind, mapping

NAMES = Names("test", "123456789012")
FIELD_KINDS = {field.name: field.kind for field in FIELDS}


def _by_type(kind: str) -> list[dict[str, Any]]:
    return [each for each in saved_objects() if each["type"] == kind]


def test_an_export_has_one_object_a_line_each_after_those_that_it_names() -> None:
    seen: set[tuple[str, str]] = set()
    for line in ndjson().splitlines():
        each = json.loads(line)
        assert set(each) == {"type", "id", "attributes", "references", "migrationVersion"}
        assert each["migrationVersion"].keys() == {each["type"]}
        assert {(reference["type"], reference["id"]) for reference in each["references"]} <= seen
        seen.add((each["type"], each["id"]))
    assert len(seen) == len(saved_objects()) == 6


def _names_of_references(value: Any) -> Iterator[str]:
    """What attributes call references: ``indexRefName``, ``panelRefName``; texts of JSON are read."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = json.loads(value)
    if isinstance(value, dict):
        for key, each in value.items():
            if key.endswith("RefName"):
                yield each
            else:
                yield from _names_of_references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names_of_references(each)


@pytest.mark.parametrize("each", saved_objects(), ids=lambda each: each["id"])
def test_an_object_names_exactly_the_references_that_it_has(each: dict[str, Any]) -> None:
    named = list(_names_of_references(each["attributes"]))
    assert sorted(named) == sorted(reference["name"] for reference in each["references"])


def test_charts_ask_for_fields_that_a_prediction_has_and_that_can_be_computed_with() -> None:
    [pattern] = _by_type("index-pattern")
    assert (pattern["attributes"]["title"], pattern["attributes"]["timeFieldName"]) == (f"{INDEX}-*", TIME_FIELD)
    assert json.loads(pattern["attributes"]["fieldFormatMap"]).keys() <= FIELD_KINDS.keys()
    for each in _by_type("visualization"):
        for agg in json.loads(each["attributes"]["visState"])["aggs"]:
            field = agg["params"].get("field")
            if agg["type"] == "date_histogram":
                assert FIELD_KINDS[field] is Kind.TIME
            elif agg["type"] in ("avg", "sum"):
                assert FIELD_KINDS[field] in (Kind.NUMBER, Kind.WHOLE, Kind.SMALL)
            elif field is not None:
                assert field in FIELD_KINDS
    [search] = _by_type("search")
    assert {*search["attributes"]["columns"], search["attributes"]["sort"][0][0]} <= FIELD_KINDS.keys()


def test_the_dashboard_shows_every_chart_and_table_and_none_lies_over_another() -> None:
    [board] = _by_type("dashboard")
    shown = {(reference["type"], reference["id"]) for reference in board["references"]}
    assert shown == {(each["type"], each["id"]) for each in (*_by_type("visualization"), *_by_type("search"))}
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(board["attributes"]["panelsJSON"]):
        grid = panel["gridData"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert grid["x"] + grid["w"] <= 48
        assert not taken & cells
        taken |= cells


def test_an_index_takes_the_fields_of_a_prediction_and_no_other() -> None:
    template = index_template(IndexSettings(replicas=2))
    assert template["template"]["mappings"] == mapping()
    assert mapping()["dynamic"] == "strict"
    assert template["template"]["settings"]["index"]["number_of_replicas"] == "2"
    assert retention_policy(IndexSettings(keep_days=7))["policy"]["ism_template"][0]["index_patterns"] == [PATTERN]


@pytest.mark.parametrize("settings", [{"shards": 0}, {"replicas": -1}, {"keep_days": 0}])
def test_numbers_that_opensearch_does_not_take_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        IndexSettings(**settings)


@pytest.mark.parametrize(
    ("held", "wanted", "same"),
    [
        ({"a": 1, "more": 2}, {"a": 1}, True),
        ({"a": 2}, {"a": 1}, False),
        ({}, {"a": None}, False),
        ({"a": [{"b": 1, "retry": 3}]}, {"a": [{"b": 1}]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        (None, {"a": 1}, False),
    ],
)
def test_what_opensearch_adds_makes_no_difference_and_all_else_does(held: Any, wanted: Any, same: bool) -> None:
    assert holds(held, wanted) is same


class _Domain(SearchDomain):
    """Answers what is written down for it, and remembers what was asked; what is not written down is missing."""

    def __init__(self, answers: dict[str, Answer | JobFailedError]) -> None:
        self.endpoint = "https://domain.test"
        self.answers = answers
        self.asked: list[str] = []

    def ask(self, method: str, path: str, body: Any = None, headers: Any = None) -> Answer:  # noqa: ARG002
        self.asked.append(f"{method} {path}")
        plain = f"{method} {path.partition('?')[0]}"
        found = self.answers.get(plain)
        if isinstance(found, JobFailedError):
            raise found
        return found or Answer(404, {"error": {"reason": "nothing there"}, "status": 404})


def _bare(**more: Answer | JobFailedError) -> _Domain:
    done = Answer(200, {"acknowledged": True})
    return _Domain(
        {
            f"PUT /_index_template/{INDEX}": done,
            f"PUT /_plugins/_ism/policies/{INDEX}": done,
            f"GET /{PATTERN}/_mapping": Answer(200, {}),
            f"GET /_plugins/_ism/explain/{PATTERN}": Answer(200, {"total_managed_indices": 0}),
            **more,
        }
    )


def _installed(domain: _Domain, **policy: Any) -> list[Any]:
    numbers = {"_seq_no": 7, "_primary_term": 1, "policy": retention_policy(IndexSettings())["policy"] | policy}
    asked = domain.ask

    def ask(method: str, path: str, body: Any = None, headers: Any = None) -> Answer:
        answer = asked(method, path, body, headers)
        if method == "PUT" and path.startswith("/_plugins/_ism/policies"):
            domain.answers[f"GET /_plugins/_ism/policies/{INDEX}"] = Answer(200, numbers)
        return answer

    domain.ask = ask  # type: ignore[method-assign]
    return install(domain, IndexSettings())


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, {"error": "no handler found"}),
        Answer(404, None),
        Answer(302, None),
        JobFailedError("not let in"),
        Answer(200, None),
    ],
)
def test_where_dashboards_does_not_answer_the_rest_is_installed_and_it_is_said(
    answer: Answer | JobFailedError,
) -> None:
    path = f"GET /_dashboards/api/saved_objects/index-pattern/{INDEX}"
    changes = _installed(_bare(**{path: answer}))
    assert [each.outcome for each in changes] == [Outcome.CREATED, Outcome.CREATED, Outcome.LEFT_OUT]
    assert "datastreamer taxi dashboards export" in changes[-1].detail


def test_an_index_that_another_policy_manages_is_left_to_it() -> None:
    explained = {"taxi-predictions-2026": {"policy_id": "mine", "policy_seq_no": 1}, "total_managed_indices": 1}
    domain = _bare(**{f"GET /_plugins/_ism/explain/{PATTERN}": Answer(200, explained)})
    [left] = [each for each in _installed(domain) if each.what == "retention of taxi-predictions-2026"]
    assert (left.outcome, left.detail) == (Outcome.LEFT_OUT, "the policy mine manages it")
    assert not [each for each in domain.asked if each.startswith("POST /_plugins/_ism")]


def test_an_index_that_is_managed_by_the_policy_as_it_is_is_left_alone() -> None:
    explained = {"taxi-predictions-2026": {"policy_id": INDEX, "policy_seq_no": 7}, "total_managed_indices": 1}
    domain = _bare(**{f"GET /_plugins/_ism/explain/{PATTERN}": Answer(200, explained)})
    assert not [each for each in _installed(domain) if each.what.startswith("retention of")]


class _Missing(Exception):  # noqa: N818  as boto3 has it
    pass


class _Client:
    """A boto3 client of any service, with one answer; None: there is no such resource."""

    class exceptions:  # noqa: N801  as boto3 has it
        ResourceNotFoundException = _Missing

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def _answered(self, **_parameters: Any) -> Any:
        if self.answer is None:
            raise _Missing
        return self.answer

    describe_delivery_stream = describe_domain = _answered


def _client(answer: Any) -> Callable[[str], Any]:
    return lambda _service: _Client(answer)


def _stream(*destinations: dict[str, Any]) -> dict[str, Any]:
    return {"DeliveryStreamDescription": {"Destinations": [*destinations]}}


def test_the_domain_is_the_one_that_predictions_go_to() -> None:
    arn = "arn:aws:es:eu-west-1:123456789012:domain/trips"
    stream = _stream({"AmazonopensearchserviceDestinationDescription": {"DomainARN": arn}})
    assert configured_domain(NAMES, _client(stream)) == "trips"


@pytest.mark.parametrize("answer", [None, _stream({"ExtendedS3DestinationDescription": {}})])
def test_without_a_domain_it_is_said_how_one_is_given(answer: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"--domain or --endpoint"):
        configured_domain(NAMES, _client(answer))


@pytest.mark.parametrize(
    ("status", "endpoint"),
    [
        ({"Endpoint": "search-a.es.amazonaws.com"}, "search-a.es.amazonaws.com"),
        ({"Endpoints": {"vpc": "vpc-a"}}, "vpc-a"),
    ],
)
def test_a_domain_answers_at_its_endpoint_in_a_vpc_or_outside(status: dict[str, Any], endpoint: str) -> None:
    assert endpoint_of("a", _client({"DomainStatus": status})) == endpoint


@pytest.mark.parametrize("answer", [None, {"DomainStatus": {}}])
def test_a_domain_that_is_not_there_or_not_ready_is_named(answer: Any) -> None:
    with pytest.raises(ConfigurationError, match="a"):
        endpoint_of("a", _client(answer))


@pytest.mark.parametrize("endpoint", ["ftp://a", "https://", "https://a/path", "https://a?b"])
def test_what_is_no_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match="no endpoint"):
        SearchDomain(endpoint, None, "eu-west-1")
