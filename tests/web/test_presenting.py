"""The view for a projector, `?present`."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import REPOSITORY
from tests.web.axe import run_axe
from tests.web.conftest import SOURCES, open_tab
from tests.web.fake_votes_api import FakeVotes
from tests.web.stage_site import three_minutes
from tests.web.visitor import button, expect_state, overflowing

pytestmark = pytest.mark.slow

NewContext = Callable[..., BrowserContext]
Present = Callable[..., Page]

SCREENSHOTS = REPOSITORY / ".local" / "screenshots"
READER = """
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
const wasm = createRequire(process.cwd() + "/").resolve("zxing-wasm/reader/zxing_reader.wasm");
prepareZXingModule({ overrides: { wasmBinary: (await readFile(wasm)).buffer } });
const found = await readBarcodes(await readFile(process.argv[1]), { formats: ["QRCode"], tryInvert: false });
console.log(JSON.stringify(found.map(({ text }) => text)));
"""


@pytest.fixture
def present(new_context: NewContext, page_url: str) -> Present:
    """The projector's page, with the totals shown; keywords as for ``new_context``."""

    def visit(**settings: object) -> Page:
        return projector(new_context(**{"viewport": {"width": 1280, "height": 720}, **settings}), page_url)

    return visit


def projector(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}?present")
    expect_state(page, "live")
    expect(page.locator(".score-number").first).to_have_text(re.compile(r"\d"))
    return page


def expect_standing(page: Page, leader: str, changes: str) -> None:
    expect(page.locator(".leader")).to_have_text(leader)
    expect(page.locator("#lead-changes")).to_have_text(re.compile(f"^{changes} since "))


def test_the_leader_the_margin_and_each_change_of_the_lead_are_shown(present: Present, fake: FakeVotes) -> None:
    page = present()
    expect(page.locator(".leader")).to_have_text("Be the first to vote")
    expect(page.locator("#lead-changes")).to_be_empty()
    fake.add("kinoko", 3)
    expect_standing(page, "Mushroom Mountain leads by 3 votes", "0 changes of lead")
    fake.add("takenoko", 4)
    expect_standing(page, "Bamboo Village leads by 1 vote", "1 change of lead")
    fake.add("kinoko", 1)
    expect_standing(page, "It is a draw", "1 change of lead")
    fake.add("kinoko", 1_200)
    expect_standing(page, "Mushroom Mountain leads by 1,200 votes", "2 changes of lead")
    expect(page.locator(".score-number")).to_have_text(["1,204", "4"])
    expect(page.locator("#present-total")).to_have_text("1,208 votes")


def test_a_frozen_and_a_closed_round_are_said_and_another_begins_from_zero(present: Present, fake: FakeVotes) -> None:
    page = present()
    connection = page.locator("#connection-text")
    fake.add("kinoko", 2)
    fake.add("takenoko", 3)
    expect(page.locator("#present-total")).to_have_text("5 votes")
    fake.set_state("frozen")
    expect(connection).to_have_text("Live · totals frozen")
    fake.set_state("closed")
    expect(connection).to_have_text("Live · voting is closed")
    expect(page.locator(".leader")).to_have_text("Bamboo Village wins by 1 vote")
    fake.begin_round()
    fake.set_state("open")
    expect(connection).to_have_text("Live")
    expect(page.locator(".leader")).to_have_text("Be the first to vote")
    fake.add("kinoko", 1)
    expect_standing(page, "Mushroom Mountain leads by 1 vote", "0 changes of lead")


def test_the_bar_shows_the_shares_in_their_widths_and_in_figures(present: Present, fake: FakeVotes) -> None:
    page = present()
    pulls = page.locator("#shares .pull")
    expect(pulls).to_have_text(["\N{EN DASH}"] * 2)
    fake.earlier.update(kinoko=300, takenoko=99)
    fake.add("takenoko", 1)
    expect(pulls).to_have_text(["75.0%", "25.0%"])
    widths = [box["width"] for box in (pulls.nth(index).bounding_box() for index in (0, 1)) if box]
    assert widths[0] / sum(widths) == pytest.approx(0.75, abs=0.02)


def test_votes_per_second_of_the_last_minute_are_shown(present: Present, fake: FakeVotes) -> None:
    page = present()
    fake.add("takenoko", 7)
    chart = re.compile(r"over the last 60 seconds\. Mushroom Mountain: 0 in all.*Bamboo Village: 7 in all")
    expect(page.locator("#present-pace")).to_have_attribute("aria-label", chart)


def test_there_is_nothing_to_vote_with(present: Present, fake: FakeVotes) -> None:
    page = present()
    assert page.get_by_role("button").all_inner_texts() == ["Full screen (Enter)", "日本語", "English"]
    page.locator(".score").first.click()
    page.keyboard.press("Space")
    fake.add("kinoko", 1)
    expect(page.locator(".score-number").first).to_have_text("1")
    assert fake.requests == []


def test_the_qr_code_leads_to_the_page_to_vote_on(present: Present, page_url: str, tmp_path: Path) -> None:
    picture = tmp_path / "projected.png"
    for settings in ({}, {"color_scheme": "dark", "forced_colors": "active"}):
        page = present(**settings)
        page.screenshot(path=picture)
        command = ["node", "--input-type=module", "-e", READER, str(picture)]
        done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) == [page_url]
        expect(page.locator("#address")).to_have_text(page_url.removeprefix("http://").rstrip("/"))


def test_the_button_and_the_enter_key_ask_for_full_screen_and_take_it_back(present: Present) -> None:
    page = present()
    full = "document.fullscreenElement === document.documentElement"
    page.locator("#full-screen").click()
    page.wait_for_function(full)
    expect(page.get_by_role("button")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_function("document.fullscreenElement === null")
    page.locator("body").click(position={"x": 1, "y": 1})
    page.keyboard.press("Enter")
    page.wait_for_function(full)


def test_enter_on_a_button_is_that_buttons(present: Present) -> None:
    page = present()
    page.get_by_role("button", name="日本語").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    assert page.evaluate("document.fullscreenElement") is None


def test_before_the_totals_and_after_a_lost_connection_it_says_so(
    new_context: NewContext, page_url: str, fake: FakeVotes
) -> None:
    fake.silent = True
    page = new_context().new_page()
    page.goto(f"{page_url}?present")
    expect(page.locator(".leader")).to_have_text("Waiting for the totals")
    expect(page.locator("#connection-text")).to_have_text("No connection, trying again")
    fake.add("kinoko", 5)
    fake.silent = False
    expect_state(page, "live")
    expect(page.locator(".leader")).to_have_text("Mushroom Mountain leads by 5 votes")
    fake.silent = True
    fake.drop_sockets()
    expect(page.locator("#connection-text")).to_have_text("No connection, trying again")
    expect(page.locator(".score-number").first).to_have_text("5")


def test_votes_of_this_browser_that_wait_are_said_as_on_the_page(
    new_context: NewContext, page_url: str, fake: FakeVotes
) -> None:
    context = new_context()
    voter, page = open_tab(context, page_url), projector(context, page_url)
    fake.refusing = True
    button(voter, "kinoko").click()
    expect(page.locator("#connection-text")).to_have_text("Live · 1 vote waiting to be sent")
    fake.refusing = False
    expect(page.locator("#connection-text")).to_have_text("Live")


def test_a_screen_reader_hears_who_takes_the_lead_and_not_each_vote(
    new_context: NewContext, page_url: str, fake: FakeVotes
) -> None:
    context = new_context()
    context.clock.install()
    page = projector(context, page_url)
    region = page.locator("[aria-live]")
    expect(region).to_have_count(1)
    expect(region).to_have_attribute("aria-live", "polite")
    page.evaluate(
        """() => {
          window.said = [];
          const region = document.querySelector("[aria-live]");
          new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true });
        }"""
    )
    for votes in range(1, 4):
        fake.add("kinoko", 1)
        expect(page.locator(".score-number").first).to_have_text(str(votes))
        page.clock.fast_forward(11_000)
    expect(region).to_have_text("Mushroom Mountain leads by 1 vote")
    fake.add("takenoko", 5)
    expect(region).to_have_text("Bamboo Village leads by 2 votes")
    assert page.evaluate("said") == ["Mushroom Mountain leads by 1 vote", "Bamboo Village leads by 2 votes"]


@pytest.mark.parametrize(("scheme", "locale"), [("light", "ja-JP"), ("dark", "en-GB")])
def test_axe_finds_nothing_to_complain_of_on_the_projector(
    present: Present, fake: FakeVotes, scheme: str, locale: str
) -> None:
    fake.add("takenoko", 3)
    found = run_axe(present(color_scheme=scheme, locale=locale))
    assert found["violations"] == []
    assert len(found["passes"]) > 20


def test_nothing_moves_for_those_who_ask_for_calm(present: Present, fake: FakeVotes) -> None:
    page = present(reduced_motion="reduce")
    fake.add("kinoko", 3)
    expect(page.locator(".leader")).to_have_text("Mushroom Mountain leads by 3 votes")
    assert page.evaluate("document.getAnimations().length") == 0
    lively = present(reduced_motion="no-preference")
    assert lively.evaluate("document.getAnimations().length") > 0


def test_the_screen_is_kept_on(new_context: NewContext, page_url: str) -> None:
    context = new_context()
    context.add_init_script(
        """if (isSecureContext) {
          window.locks = [];
          navigator.wakeLock.request = async (kind) => { locks.push(kind); };
        }"""
    )
    assert projector(context, page_url).evaluate("locks") == ["screen"]
    assert open_tab(context, page_url).evaluate("locks") == []


@pytest.mark.parametrize(
    ("name", "size", "settings"),
    [
        ("wide", (1920, 1080), {}),
        ("small-ja", (1280, 720), {"locale": "ja-JP", "color_scheme": "dark"}),
        ("old", (1024, 768), {}),
        ("uhd", (3840, 2160), {}),
    ],
)
def test_all_of_it_fits_the_projectors_screen(
    present: Present, fake: FakeVotes, name: str, size: tuple[int, int], settings: dict[str, object]
) -> None:
    for second, candidate, votes in three_minutes():
        fake.add(candidate, votes, second)
    width, height = size
    page = present(viewport={"width": width, "height": height}, **settings)
    page.evaluate("document.fonts.ready")
    expect_no_scrolling(page, size)
    for number in page.locator(".score-number").all():
        assert float(number.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")) > width / 16
    code = page.locator("#qr").bounding_box()
    assert code
    assert min(code["width"], code["height"]) > height / 3
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"votes-present-{name}.png")


def expect_no_scrolling(page: Page, size: tuple[int, int]) -> None:
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [*size]
    assert overflowing(page) == []


def test_long_labels_and_large_numbers_stay_on_the_projectors_screen(present: Present, fake: FakeVotes) -> None:
    first, second = fake.candidates
    labels = {"ja": "とてもとてもながいなまえのきのこの山", "en": "Donaudampfschifffahrtsgesellschaftskapitän"}
    fake.candidates = [{**first, "labels": labels}, second]
    fake.earlier.update(kinoko=123_456_789, takenoko=1_234_567)
    for locale in ("en-GB", "ja-JP"):
        page = present(viewport={"width": 1024, "height": 768}, locale=locale)
        expect_no_scrolling(page, (1024, 768))
