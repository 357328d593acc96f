"""The built site, a browser, and visitors."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aws_stage.testing.waiting import PATIENCE
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from datastreamer.provisioning.packages.site import build_site
from datastreamer.provisioning.packages.site_labels import site_labels
from scripts.chromium import find_chromium
from tests.conftest import REPOSITORY
from tests.web.fake_votes_api import FakeVotes, serving
from tests.web.stage_site import StageSite, applied, three_minutes

SOURCES = REPOSITORY / "web" / "votes"
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = PATIENCE * 1000


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as ``apply`` builds it."""
    folder = tmp_path_factory.mktemp("site") / "votes-site"
    build_site(SOURCES, folder, site_labels("votes", print))
    return folder


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one that a process may have: it runs an event loop in the tests' own thread."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium; without one the test fails, and says what to do."""
    chromium = find_chromium(os.environ)
    expect.set_options(timeout=PATIENCE_MS)
    # The sandbox needs a user other than root, or kernel features that containers lack; the pages are our own.
    running = playwright.chromium.launch(
        executable_path=chromium.binary,
        env={**os.environ, **chromium.environment},
        args=FLAGS,
        chromium_sandbox=False,
    )
    yield running
    running.close()


@pytest.fixture
def fake(site: Path) -> Iterator[FakeVotes]:
    """The API and the socket, empty."""
    with serving(FakeVotes(site, json.loads(site.with_suffix(".json").read_text()))) as running:
        yield running


@pytest.fixture
def page_url(fake: FakeVotes) -> str:
    """Where the site is."""
    return fake.page_url


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A visitor: keywords are Playwright's (``locale``, ``viewport``, ``color_scheme``, …). English by default.

    A page that throws or breaks its own policy fails the test, unless ``watched`` is false.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def visit(watched: bool = True, **settings: object) -> BrowserContext:
        context = browser.new_context(**{"locale": "en-GB", "reduced_motion": "reduce", **settings})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        if watched:
            context.on("weberror", lambda error: problems.append(str(error.error)))
            context.on("console", lambda message: problems.append(message.text) if "Policy" in message.text else None)
        contexts.append(context)
        return context

    yield visit
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def open_page(new_context: Callable[..., BrowserContext], page_url: str) -> Callable[..., Page]:
    """A visitor's page of the site, ready to vote; keywords as for ``new_context``."""

    def visit(**settings: object) -> Page:
        return open_tab(new_context(**settings), page_url)

    return visit


def open_tab(context: BrowserContext, url: str) -> Page:
    """A page of the site in ``context``, connected and with the totals shown."""
    page = context.new_page()
    page.goto(url)
    page.locator("#connection[data-state=live]").wait_for()
    expect(page.locator(".choice-number").first).to_have_text(re.compile(r"\d"))
    return page


@pytest.fixture(scope="session")
def stage_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StageSite]:
    """The votes pipeline on a stage, applied once for all tests."""
    with applied(tmp_path_factory.mktemp("votes-stage")) as site:
        yield site


@pytest.fixture(scope="session")
def stage_history(stage_site: StageSite) -> None:
    """Three minutes of voting have gone before on the stage."""
    stage_site.vote_in_the_past(three_minutes())
