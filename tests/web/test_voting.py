"""Voting, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.fake_votes_api import FakeVotes

pytestmark = pytest.mark.slow

Visit = Callable[..., Page]


def button(page: Page, candidate: str) -> object:
    return page.locator(f"button[data-candidate={candidate}]")


def count_of(page: Page, candidate: str):
    return page.locator(f"[data-count={candidate}] .choice-number")


def test_a_click_moves_the_count_of_another_visitor(open_page: Visit, fake: FakeVotes) -> None:
    one, other = open_page(), open_page()
    one.locator("button[data-candidate=kinoko]").click()
    expect(count_of(one, "kinoko")).to_have_text("1")
    expect(count_of(other, "kinoko")).to_have_text("1")
    assert fake.totals == {"kinoko": 1, "takenoko": 0}
