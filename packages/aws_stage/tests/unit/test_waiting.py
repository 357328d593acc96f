"""Tests wait for what happens elsewhere with one patience."""

from __future__ import annotations

import pytest
from aws_stage.testing import waiting
from aws_stage.testing.waiting import eventually


def test_the_first_true_value_is_what_is_waited_for() -> None:
    found = iter([[], 0, None, ["here"]])
    assert eventually(lambda: next(found)) == ["here"]


@pytest.mark.parametrize("expected", [0, [], None, "last"])
def test_a_value_that_is_expected_is_waited_for_though_it_is_not_true(expected: object) -> None:
    found = iter(["first", expected])
    assert eventually(lambda: next(found), expected) == expected


def test_what_does_not_happen_is_a_failure_that_shows_what_was_last_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    with pytest.raises(AssertionError, match=r"did not happen within 0 s; last: \['half'\]"):
        eventually(lambda: ["half"], ["whole"])
