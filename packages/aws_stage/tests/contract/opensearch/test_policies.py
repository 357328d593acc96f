"""Index State Management: policies by opensearch-py, and indices that are deleted when their time has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from aws_stage.engines.opensearch.engine import OpenSearchEngine
from aws_stage.kernel.data_plane import PlaneRequest
from aws_stage.kernel.engine import Call
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually
from opensearchpy import ConflictError, NotFoundError, OpenSearchException, RequestError

from contract.opensearch.domains import client_of, new_domain
from contract.side_stage import ManualClock, SideStage

DAY = timedelta(days=1)


def policy(age: str = "30d", pattern: str = "trips-*", priority: int = 0, **more: Any) -> dict[str, Any]:
    """Delete what is older than ``age``."""
    states = [
        {
            "name": "kept",
            "actions": [],
            "transitions": [{"state_name": "deleted", "conditions": {"min_index_age": age}}],
        },
        {"name": "deleted", "actions": [{"delete": {}}], "transitions": []},
    ]
    template = [{"index_patterns": [pattern], "priority": priority}]
    held = {"description": "d", "default_state": "kept", "states": states, "ism_template": template, **more}
    return {"policy": held}


@pytest.fixture
def ism(search: Any) -> Iterator[Any]:
    """The policies of a domain; the test's are removed after it."""
    yield search.plugins.index_management
    found = search.transport.perform_request("GET", "/_plugins/_ism/policies")["policies"]
    for each in found:
        search.plugins.index_management.delete_policy(each["_id"])
    search.indices.delete(index="*")


def test_a_policy_is_put_read_changed_with_its_numbers_and_deleted(search: Any, ism: Any) -> None:
    made = ism.put_policy("trips", body=policy())
    assert (made["_version"], made["policy"]["policy"]["policy_id"]) == (1, "trips")
    with pytest.raises(ConflictError, match="document already exists"):
        ism.put_policy("trips", body=policy("60d"))
    numbers = {"if_seq_no": made["_seq_no"], "if_primary_term": made["_primary_term"]}
    assert ism.put_policy("trips", body=policy("60d"), params=numbers)["_version"] == 2
    with pytest.raises(ConflictError, match="required seqNo"):
        ism.put_policy("trips", body=policy("90d"), params=numbers)
    found = ism.get_policy("trips")["policy"]
    assert found["states"][0]["transitions"][0]["conditions"] == {"min_index_age": "60d"}
    assert found["states"][1]["actions"][0]["retry"] == {"count": 3, "backoff": "exponential", "delay": "1m"}
    assert found["ism_template"][0]["index_patterns"] == ["trips-*"]
    listed = search.transport.perform_request("GET", "/_plugins/_ism/policies")
    assert [each["_id"] for each in listed["policies"]] == ["trips"]
    assert ism.delete_policy("trips")["result"] == "deleted"
    with pytest.raises(NotFoundError, match="Policy not found"):
        ism.get_policy("trips")


def test_new_indices_are_managed_by_the_policy_of_the_highest_priority_that_matches(search: Any, ism: Any) -> None:
    search.indices.create(index="trips-old")
    ism.put_policy("all", body=policy(pattern="tri*", priority=1))
    ism.put_policy("trips", body=policy(pattern="trips-*", priority=2))
    search.index(index="trips-new", id="1", body={"n": 1})
    search.indices.create(index="tricks")
    search.indices.create(index="votes")
    explained = ism.explain_index("*")
    assert {name: explained[name].get("policy_id") for name in ("trips-old", "trips-new", "tricks", "votes")} == {
        "trips-old": None,
        "trips-new": "trips",
        "tricks": "all",
        "votes": None,
    }
    assert explained["total_managed_indices"] == 2
    assert explained["trips-new"]["state"]["name"] == "kept"


def test_a_policy_is_added_changed_and_taken_away(search: Any, ism: Any) -> None:
    search.indices.create(index="trips-1")
    made = ism.put_policy("trips", body=policy("30d"))
    assert ism.add_policy("trips-1", body={"policy_id": "trips"})["updated_indices"] == 1
    assert ism.add_policy("trips-1", body={"policy_id": "trips"})["failures"]
    ism.put_policy("trips", body=policy("60d"), params={"if_seq_no": made["_seq_no"], "if_primary_term": 1})

    def age() -> str:
        found = ism.explain_index("trips-1", params={"show_policy": "true"})["trips-1"]["policy"]
        kept: str = found["states"][0]["transitions"][0]["conditions"]["min_index_age"]
        return kept

    assert age() == "30d"  # an index keeps what it was given
    ism.change_policy("trips-1", body={"policy_id": "trips"})
    assert age() == "60d"
    assert ism.remove_policy_from_index("trips-1")["updated_indices"] == 1
    assert ism.explain_index("trips-1")["trips-1"]["enabled"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": [{"name": "kept", "actions": [{"rollover": {}}]}]}, "rollover"),
        ({"states": [{"name": "kept", "actions": [{"delete": {}, "timeout": "1h"}]}]}, "timeout"),
        (
            {"states": [{"name": "kept", "transitions": [{"state_name": "kept", "conditions": {"min_size": "1gb"}}]}]},
            "min_size",
        ),
        ({"states": [{"name": "kept", "transitions": [{"state_name": "gone"}]}]}, "nonexistent state=gone"),
        ({"default_state": "other"}, "default state"),
        ({"error_notification": {"channel": {"id": "1"}}}, "error_notification"),
        ({"surprise": 1}, "surprise"),
        ({"ism_template": [{"index_patterns": ["-a*"]}]}, "excludes"),
    ],
)
def test_what_a_policy_may_not_say_is_refused_by_name(ism: Any, change: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        ism.put_policy("trips", body=policy(**change))


def test_two_policies_of_one_priority_that_match_the_same_indices_are_refused(ism: Any) -> None:
    ism.put_policy("one", body=policy(pattern="trips-*"))
    with pytest.raises(RequestError, match="different priority than 0"):
        ism.put_policy("two", body=policy(pattern="tri*"))


def test_policies_and_what_they_manage_survive_a_restart(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    name = new_domain(stage)
    search = client_of(stage, name)
    search.plugins.index_management.put_policy("trips", body=policy())
    search.indices.create(index="trips-1")
    stage.stop()
    stage.start()
    found = client_of(stage, name).plugins.index_management.explain_index("trips-1")["trips-1"]
    assert (found["policy_id"], found["state"]["name"]) == ("trips", "kept")


def test_a_running_stage_deletes_an_index_whose_age_has_come(search: Any, ism: Any) -> None:
    ism.put_policy("trips", body=policy("0ms"))
    search.indices.create(index="trips-1")
    eventually(lambda: search.indices.exists(index="trips-1"), False)


class _Domain:
    """A domain of an engine in this process, with a clock that the test moves."""

    def __init__(self, stage: RunningStage, folder: Path) -> None:
        self.clock = ManualClock()
        self.engine = OpenSearchEngine(SideStage(stage, folder, self.clock))
        self.engine.operations["es", "CreateDomain"](Call("es", "CreateDomain", {"DomainName": "trips"}))

    def ask(self, method: str, path: str, body: bytes = b"") -> int:
        headers = {"content-type": "application/json"}
        return self.engine.serve_domain(PlaneRequest("trips", method, path, "", headers, body, signed=True)).status


def test_an_index_is_deleted_at_its_age_and_not_before(stage: RunningStage, tmp_path: Path) -> None:
    domain = _Domain(stage, tmp_path)
    try:
        assert domain.ask("PUT", "/_plugins/_ism/policies/trips", orjson.dumps(policy("30d"))) == 201
        domain.ask("PUT", "/trips-1")
        domain.clock.advance(20 * DAY)
        domain.ask("PUT", "/trips-2")
        domain.clock.advance(10 * DAY - timedelta(seconds=1))
        for _ in range(3):
            domain.engine.run_policies()
        assert domain.ask("HEAD", "/trips-1") == 200
        domain.clock.advance(timedelta(seconds=1))
        for _ in range(2):
            domain.engine.run_policies()
        assert (domain.ask("HEAD", "/trips-1"), domain.ask("HEAD", "/trips-2")) == (404, 200)
    finally:
        domain.engine.stop()


def test_legacy_paths_are_refused(search: Any) -> None:
    with pytest.raises(OpenSearchException, match="no handler found"):
        search.transport.perform_request("GET", "/_opendistro/_ism/policies")
