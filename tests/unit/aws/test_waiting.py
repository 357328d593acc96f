"""Waiting for AWS: until it is done, until it takes a call, and no longer than one has patience."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from datastreamer.aws.clock import Clock
from datastreamer.aws.waiting import Patience, once_taken, settled, wait_for
from datastreamer.errors import RetryableError


class FakeClock(Clock):
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def patience(timeout: float = 10.0, every: float = 2.0) -> Patience:
    return Patience(timeout, every, FakeClock())


def refusal(code: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}}
    return ClientError(response, "Operation")


def is_busy(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "Busy"


class Refusing:
    """A call that is refused as often as it was given errors."""

    def __init__(self, *errors: ClientError) -> None:
        self._errors = list(errors)

    def __call__(self) -> str:
        if self._errors:
            raise self._errors.pop(0)
        return "taken"


def test_every_state_is_reported_until_the_end() -> None:
    states = iter([("Creating", False), ("Creating", False), ("InService", True)])
    seen: list[str] = []
    own = patience()
    assert wait_for("endpoint e", lambda: next(states), patience=own, report=seen.append) == "InService"
    assert seen == ["Creating", "Creating", "InService"]
    assert own.clock.now() == 4.0


def test_what_does_not_end_in_time_is_named_with_its_state() -> None:
    with pytest.raises(RetryableError, match="stream s is still CREATING after 10 s; it goes on without us"):
        wait_for("stream s", lambda: ("CREATING", False), patience=patience())


def test_a_call_is_made_again_while_it_is_refused_for_now() -> None:
    seen: list[str] = []
    call = Refusing(refusal("Busy"), refusal("Busy"))
    assert once_taken(call, not_yet=is_busy, state="WAITING", patience=patience(), report=seen.append) == "taken"
    assert seen == ["WAITING", "WAITING"]


def test_a_call_that_is_refused_for_good_is_made_once() -> None:
    own = patience()
    with pytest.raises(ClientError, match="Denied"):
        once_taken(Refusing(refusal("Denied")), not_yet=is_busy, state="WAITING", patience=own)
    assert own.clock.now() == 0.0


def test_a_call_that_stays_refused_ends_in_its_error() -> None:
    own = patience()
    with pytest.raises(ClientError, match="Busy"):
        once_taken(Refusing(*[refusal("Busy")] * 100), not_yet=is_busy, state="WAITING", patience=own)
    assert own.clock.now() == 10.0


def test_what_settles_is_looked_at_no_more() -> None:
    answers = iter([3, 1, 0, 7])
    assert settled(lambda: next(answers), done=lambda found: found == 0, patience=patience()) == 0


def test_what_does_not_settle_is_answered_as_it_was_last_seen() -> None:
    looks = iter(range(100))
    last = settled(lambda: next(looks), done=lambda _: False, patience=patience(timeout=10.0, every=2.0))
    assert last == 5
