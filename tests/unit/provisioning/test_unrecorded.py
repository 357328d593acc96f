"""What an apply that was cut off left behind: found by its tags, taken in where that is safe, named where it is not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from datastreamer.errors import UsageError
from datastreamer.provisioning.cut_off import CutOff
from datastreamer.provisioning.terraform.driver import Plan
from datastreamer.provisioning.unrecorded import (
    DISTRIBUTION,
    KEY,
    REST_API,
    Made,
    adoptable,
    find_made,
    recorded_in,
    unrecorded,
)

TAGS = {"PROJECT": "datastreamer", "STAGE": "prod"}
ADDRESS = "module.telemetry[0].module.key.aws_kms_key.this"


class FakeAws:
    """Answers as AWS does for one key or one REST API, each with the tags of the stage."""

    def __init__(self, *, key: str = "", rest_api: str = "", state: str = "Enabled", stack: str = "") -> None:
        self._key, self._rest_api, self._state = key, rest_api, state
        self._tags = {**TAGS, "PIPELINE": "telemetry"} | ({"STACK": stack} if stack else {})

    def __call__(self, _service: str) -> FakeAws:
        return self

    def get_paginator(self, operation: str) -> Any:
        tags = self._tags
        listed = [{"Key": name, "Value": value} for name, value in tags.items()]
        rest_apis = [{"id": self._rest_api, "name": "votes", "tags": tags}] if self._rest_api else []
        pages: dict[str, Any] = {
            "get_resources": {
                "ResourceTagMappingList": [{"ResourceARN": f"key/{self._key}", "Tags": listed}] if self._key else []
            },
            "get_rest_apis": {"items": [*rest_apis, {"id": "another", "name": "votes"}]},
            "get_apis": {"Items": []},
            "list_distributions": {"DistributionList": {}},
        }
        return SimpleNamespace(paginate=lambda **_: [pages[operation]])

    def describe_key(self, **request: str) -> dict[str, Any]:
        assert request == {"KeyId": f"key/{self._key}"}
        return {"KeyMetadata": {"KeyId": self._key, "KeyState": self._state, "Description": "Objects"}}


def test_a_key_that_waits_for_its_deletion_is_gone() -> None:
    assert [item.identifier for item in find_made(FakeAws(key="k"), TAGS)] == ["k"]
    assert find_made(FakeAws(key="k", state="PendingDeletion"), TAGS) == []


def test_only_the_types_that_can_be_there_are_asked_for() -> None:
    both = FakeAws(key="k", rest_api="r")
    assert [item.identifier for item in find_made(both, TAGS)] == ["k", "r"]
    assert [item.identifier for item in find_made(both, TAGS, {KEY})] == ["k"]


def made(identifier: str = "id", kind: str = KEY, label: str = "Objects", **tags: str) -> Made:
    return Made(kind, identifier, label, {**TAGS, **tags})


def state(*identifiers: str, kind: str = KEY, mode: str = "managed") -> dict[str, Any]:
    instances = [{"attributes": {"id": identifier}} for identifier in identifiers]
    return {"resources": [{"mode": mode, "type": kind, "instances": instances}]}


def plan(*actions: str, kind: str = KEY, address: str = ADDRESS, **after: Any) -> dict[str, Any]:
    after = {"description": "Objects", "tags_all": {**TAGS, "PIPELINE": "telemetry"}, **after}
    change = {"actions": list(actions or ("create",)), "after": after}
    return {"resource_changes": [{"type": kind, "address": address, "change": change}]}


def test_what_the_state_has_is_recorded_and_what_it_only_read_is_not() -> None:
    assert recorded_in({}) == set()
    found = [made("a"), made("b"), made("c", REST_API)]
    assert unrecorded(found, recorded_in(state("a"))) == [made("b"), made("c", REST_API)]
    assert unrecorded(found, recorded_in(state("a", mode="data"))) == found
    assert unrecorded(found, recorded_in(state("c"))) == found, "another type's identifier"


def test_a_key_is_taken_in_where_the_plan_would_make_its_like() -> None:
    lost = made(PIPELINE="telemetry")
    assert adoptable([lost], plan()) == {ADDRESS: lost}


@pytest.mark.parametrize(
    ("lost", "planned"),
    [
        (made(PIPELINE="telemetry"), plan("update")),
        (made(PIPELINE="telemetry"), plan("delete", "create")),
        (made(PIPELINE="telemetry"), plan(description="Records")),
        (made(PIPELINE="votes"), plan()),
        (made(PIPELINE="telemetry"), plan(kind=DISTRIBUTION)),
        (made(kind=REST_API, label="votes", PIPELINE="telemetry"), plan(kind=REST_API, name="votes")),
    ],
    ids=["is there", "is replaced", "another description", "another pipeline", "another type", "an API"],
)
def test_nothing_is_taken_in_for_something_else(lost: Made, planned: dict[str, Any]) -> None:
    assert adoptable([lost], planned) == {}


def test_of_two_that_an_apply_lost_twice_one_is_taken_in_and_one_address_gets_one() -> None:
    first, second = made("1", PIPELINE="telemetry"), made("2", PIPELINE="telemetry")
    assert adoptable([first, second], plan()) == {ADDRESS: first}
    both = {"resource_changes": plan()["resource_changes"] + plan(address="other")["resource_changes"]}
    assert adoptable([first, second], both) == {ADDRESS: first, "other": second}


OWN_STACK = "datastreamer-prod-inference"


class FakeDriver:
    """A Terraform whose state has the keys ``recorded``, and whose plan would make the key of ``ADDRESS``."""

    adopt_command = "make adopt STAGE=<stage> ADDRESS='{address}' ID=<id>"

    def __init__(self, *recorded: str) -> None:
        self.recorded = recorded
        self.said: list[str] = []
        self.adopted: list[tuple[str, str]] = []
        self.planned_for: list[Plan | None] = []

    def state(self) -> dict[str, Any]:
        return state(*self.recorded)

    def planned(self, plan_: Plan | None) -> dict[str, Any]:
        self.planned_for.append(plan_)
        return plan()

    def say(self, line: str) -> None:
        self.said.append(line)

    def adopt(self, address: str, identifier: str) -> None:
        self.adopted.append((address, identifier))


class TestCutOff:
    def test_a_key_that_no_state_knows_is_taken_in_before_a_second_one_is_made(self) -> None:
        driver = FakeDriver()
        assert cut_off(driver, key="lost").take_up()
        assert driver.adopted == [(ADDRESS, "lost")]
        assert driver.said == [
            f"taking aws_kms_key lost (Objects) into the state as {ADDRESS}: an apply that was cut off made it"
        ]

    def test_where_the_state_knows_everything_nothing_is_planned_for_it(self) -> None:
        driver = FakeDriver("known")
        assert not cut_off(driver, key="known").take_up()
        assert (driver.said, driver.adopted, driver.planned_for) == ([], [], [])

    def test_a_saved_plan_that_would_make_it_again_is_refused_with_the_way_out(self) -> None:
        driver = FakeDriver()
        with pytest.raises(UsageError, match=r"make adopt STAGE=<stage> ADDRESS='module.*' ID=lost"):
            cut_off(driver, key="lost").take_up(Plan(Path("saved"), 1, 0.0))
        assert driver.adopted == []

    def test_what_is_nothing_but_settings_is_named_with_the_command_that_deletes_it(self) -> None:
        driver = FakeDriver()
        assert not cut_off(driver, rest_api="lost").take_up()
        assert driver.adopted == []
        assert driver.planned_for == []
        [line] = driver.said
        assert line.startswith("warning: aws_api_gateway_rest_api lost (votes) is in no state")
        assert line.endswith("aws apigateway delete-rest-api --rest-api-id lost")

    def test_after_a_destroy_what_is_left_is_named(self) -> None:
        driver = FakeDriver()
        assert [item.identifier for item in cut_off(driver, key="lost").name_left()] == ["lost"]
        assert "aws kms schedule-key-deletion --key-id lost" in driver.said[0]

    def test_a_stack_has_a_state_of_its_own_and_is_not_the_stages_to_take_or_to_name(self) -> None:
        driver = FakeDriver()
        assert not cut_off(driver, key="of-a-stack", stack="my-ml").take_up()
        assert cut_off(driver, key="of-a-stack", stack="my-ml").name_left() == []
        assert (driver.said, driver.adopted) == ([], [])
        assert cut_off(driver, key="lost", stack=OWN_STACK).take_up()

    def test_whoever_may_not_look_is_told_and_can_apply_all_the_same(self) -> None:
        def refused(_service: str) -> Any:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "tag:GetResources"}}, "GetResources")

        driver: Any = FakeDriver()
        assert not CutOff(driver, refused, TAGS, OWN_STACK).take_up()
        assert "it is not known whether an apply was cut off before" in driver.said[0]
        assert "tag:GetResources" in driver.said[0]


def cut_off(driver: Any, **made_: str) -> CutOff:
    return CutOff(driver, FakeAws(**made_), TAGS, OWN_STACK)
