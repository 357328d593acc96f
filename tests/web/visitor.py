"""What a visitor does with a page, and sees on it."""

from __future__ import annotations

from aws_stage.testing.waiting import eventually
from playwright.sync_api import Locator, Page, expect

OUTBOX = "Object.keys(localStorage).some(key => key.startsWith('votes.outbox.'))"


def wait_until_sent(page: Page) -> None:
    """Wait until no vote of the browser waits for its answer: a click is shown long before that."""
    eventually(lambda: not page.evaluate(OUTBOX))


def button(page: Page, candidate: str) -> Locator:
    """The button that votes for ``candidate``."""
    return page.locator(f"button[data-candidate={candidate}]")


def number(page: Page, candidate: str) -> Locator:
    """The running total of ``candidate``."""
    return page.locator(f"[data-count={candidate}] .choice-number")


def count(page: Page, candidate: str) -> int:
    """The running total as it stands."""
    return int(number(page, candidate).inner_text().replace(",", ""))


def expect_count(page: Page, candidate: str, votes: int) -> None:
    """Wait until the running total is ``votes``."""
    expect(number(page, candidate)).to_have_text(f"{votes:,}")


def expect_state(page: Page, state: str) -> None:
    """Wait until the connection is ``state``."""
    expect(page.locator("#connection")).to_have_attribute("data-state", state)


def focused_candidate(page: Page) -> str | None:
    """The candidate whose button has the focus."""
    found: str | None = page.evaluate("document.activeElement.dataset.candidate ?? null")
    return found


def overflowing(page: Page) -> list[str]:
    """Texts that are wider than the box they stand in."""
    script = """[...document.querySelectorAll('main *, header *')]
      .filter(element => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
        && getComputedStyle(element).display !== 'inline' && !element.closest('.unseen, .table-room'))
      .map(element => element.className || element.id || element.tagName)"""
    found: list[str] = page.evaluate(script)
    return found
