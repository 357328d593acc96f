"""The page where it is hard to lay out: long words, forced colours, phones held sideways, things that appear."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.web.fake_votes_api import FakeVotes
from tests.web.fonts import families_of
from tests.web.visitor import button, expect_count, overflowing

pytestmark = pytest.mark.slow

Visit = Callable[..., Page]
NewContext = Callable[..., BrowserContext]

LONG = "Donaudampfschifffahrtsgesellschaftskapitän"
LONG_JA = "とてもとてもながいなまえのきのこの山"
SIZES = [(320, 568), (390, 844), (700, 900), (1280, 800)]
SIDEWAYS = [(568, 320), (667, 375), (844, 390), (932, 430)]

EXTREMES = """async (picture) => {
  const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const part = (value) => (value <= 10.3 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  let [darkest, lightest] = [1, 0];
  for (let at = 0; at < data.length; at += 4) {
    const luminance = 0.2126 * part(data[at]) + 0.7152 * part(data[at + 1]) + 0.0722 * part(data[at + 2]);
    darkest = Math.min(darkest, luminance);
    lightest = Math.max(lightest, luminance);
  }
  return (lightest + 0.05) / (darkest + 0.05);
}"""


OWN_COLOURS = """(elements) => {
  const probe = document.createElement("i");
  document.body.append(probe);
  const systems = ["CanvasText", "LinkText", "ButtonText", "HighlightText"].map((name) => {
    probe.style.color = name;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  // The two sides of the bar keep their colours, which say whose they are.
  const texts = elements.filter((element) => !element.matches(".pull"));
  const own = texts.filter((element) => !systems.includes(getComputedStyle(element).color));
  return own.map(({ className }) => className);
}"""


def contrast(element: Locator) -> float:
    """The contrast ratio (WCAG 2.2) of the darkest and the lightest dot that ``element`` has on the screen."""
    picture = base64.b64encode(element.screenshot(animations="disabled")).decode()
    return float(element.page.evaluate(EXTREMES, picture))


def places(page: Page) -> list[dict[str, float] | None]:
    """Where the two buttons are, in px of the page."""
    return [button(page, candidate).bounding_box() for candidate in ("kinoko", "takenoko")]  # type: ignore[misc]


@pytest.mark.parametrize("size", [*SIZES, *SIDEWAYS])
def test_what_the_page_comes_to_say_moves_no_button(open_page: Visit, fake: FakeVotes, size: tuple[int, int]) -> None:
    page = open_page(viewport={"width": size[0], "height": size[1]})
    page.evaluate("document.fonts.ready")
    button(page, "kinoko").hover()  # which lifts it a little
    before = places(page)
    fake.answers.append((400, {}, {"error": {"code": "expired", "message": "no"}}))
    button(page, "kinoko").click()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("1 vote was not accepted")
    expect(notice).to_be_in_viewport(ratio=1)
    assert places(page) == before
    fake.refusing = True
    fake.set_state("closed")
    fake.socket_refused = True
    fake.drop_sockets()
    for _ in range(12):
        button(page, "kinoko").dispatch_event("click")
    longest = "Updating every few seconds · voting is closed · 12 votes waiting to be sent"
    expect(page.locator("#connection-text")).to_have_text(longest)
    assert places(page) == before


def test_a_click_on_its_way_to_a_button_goes_through_the_notice_that_appeared_over_it(
    open_page: Visit, fake: FakeVotes
) -> None:
    page = open_page(viewport={"width": 320, "height": 420})
    fake.answers.append((400, {}, {"error": {"code": "expired", "message": "no"}}))
    button(page, "kinoko").click()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("1 vote was not accepted")
    box = notice.locator("p").bounding_box()
    assert box
    page.mouse.click(box["x"] + 4, box["y"] + 4)
    expect_count(page, "kinoko", 1)
    page.get_by_role("button", name="Dismiss").click()
    expect(notice).to_be_empty()


@pytest.mark.parametrize("size", SIDEWAYS)
def test_a_phone_held_sideways_shows_both_buttons_the_bar_and_the_figures(
    open_page: Visit, fake: FakeVotes, size: tuple[int, int]
) -> None:
    width, height = size
    fake.earlier.update(kinoko=123_456, takenoko=98_765)
    for locale in ("en-GB", "ja-JP"):
        page = open_page(viewport={"width": width, "height": height}, has_touch=True, locale=locale)
        page.evaluate("document.fonts.ready")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert overflowing(page) == []
        for box in places(page):
            assert box
            assert min(box["width"], box["height"]) >= 120
        for shown in (".tug#tug", ".figures", ".choice-first", ".choice-second", ".title"):
            expect(page.locator(shown)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("size", [*SIZES, *SIDEWAYS])
def test_labels_that_are_one_long_word_wrap(open_page: Visit, fake: FakeVotes, size: tuple[int, int]) -> None:
    first, second = fake.candidates
    fake.candidates = [{**first, "labels": {"ja": LONG_JA, "en": LONG}}, {**second, "labels": {"ja": "里", "en": LONG}}]
    for votes, locale in enumerate(("en-GB", "ja-JP"), 1):
        page = open_page(viewport={"width": size[0], "height": size[1]}, locale=locale)
        button(page, "kinoko").click()
        expect_count(page, "kinoko", votes)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert overflowing(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["", "?present"])
def test_all_text_stays_legible_in_forced_colours(
    new_context: NewContext, page_url: str, fake: FakeVotes, view: str, scheme: str
) -> None:
    fake.earlier.update(kinoko=30, takenoko=12)
    context = new_context(forced_colors="active", color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(page_url + view)
    page.locator("#connection[data-state=live]").wait_for()
    expect(page.locator("[data-count=kinoko]")).to_contain_text("30")
    texts = """[...document.querySelectorAll('body *')].filter((element) =>
      element.checkVisibility() && !element.closest('.unseen, .skip, svg, noscript')
      && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))"""
    elements = page.evaluate_handle(texts)
    assert elements.evaluate(OWN_COLOURS) == []
    poor = []
    for index in range(elements.evaluate("elements => elements.length")):
        element = elements.evaluate_handle(f"elements => elements[{index}]").as_element()
        assert element
        element.evaluate("element => element.setAttribute('data-looked-at', '')")
        looked_at = page.locator("[data-looked-at]")
        if contrast(looked_at) < 4.5:
            poor.append(element.evaluate("element => `${element.className || element.id}: ${element.textContent}`"))
        element.evaluate("element => element.removeAttribute('data-looked-at')")
    assert poor == []
    axis = page.locator("#present-pace" if view else "#pace")
    assert contrast(axis) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_large_numbers_hide_no_name_in_forced_colours(open_page: Visit, fake: FakeVotes, scheme: str) -> None:
    page = open_page(forced_colors="active", color_scheme=scheme)
    fake.add("kinoko", 7)
    expect_count(page, "kinoko", 7)
    name = page.locator(".choice-first .choice-name")
    shown = name.screenshot()
    page.locator(".choice-first .choice-number").evaluate("element => { element.style.visibility = 'hidden'; }")
    assert name.screenshot() == shown


def test_without_javascript_the_page_says_so_in_the_fonts_that_it_loads(new_context: NewContext, page_url: str) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(page_url)
    expect(page.locator("noscript p")).to_be_visible()
    assert families_of(page, "noscript p") == {"Zen Maru Gothic Medium"}
    assert page.locator("body").inner_text().strip().startswith("このページには")
