"""What goes wrong between a click and the totals, and what the visitor sees of it."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable

import pytest
from aws_stage.testing.waiting import eventually
from playwright.sync_api import BrowserContext, Page, expect

from tests.web.conftest import open_tab
from tests.web.fake_votes_api import FakeVotes
from tests.web.visitor import button, expect_count, expect_state, number, overflowing, wait_until_sent

pytestmark = pytest.mark.slow

Visit = Callable[..., Page]
NewContext = Callable[..., BrowserContext]


def attempts(fake: FakeVotes) -> Counter[str]:
    """How often each vote was sent."""
    return Counter(request["vote_id"] for request in fake.requests)


def refusal(code: str) -> tuple[int, dict[str, str], dict[str, object]]:
    return 400, {}, {"error": {"code": code, "message": "no"}}


def test_a_vote_whose_answers_are_lost_is_sent_again_under_its_id_and_counts_once(
    open_page: Visit, fake: FakeVotes
) -> None:
    page = open_page()
    fake.lose_answers = 2
    button(page, "kinoko").click()
    eventually(lambda: list(attempts(fake).values()) == [3])
    expect(page.locator("#mine")).to_have_text("1 vote · 100.0% Mushroom Mountain")
    wait_until_sent(page)
    expect_count(page, "kinoko", 1)
    assert fake.totals == {"kinoko": 1, "takenoko": 0}


def test_throttled_and_failing_servers_get_the_vote_later(open_page: Visit, fake: FakeVotes) -> None:
    page = open_page()
    fake.answers.extend([(429, {"Retry-After": "1"}, {}), (503, {}, {}), (502, {}, {})])
    button(page, "kinoko").click()
    expect_count(page, "kinoko", 1)
    eventually(lambda: fake.totals["kinoko"] == 1)
    assert list(attempts(fake).values()) == [4]


def test_votes_that_wait_are_said_though_the_page_is_live(open_page: Visit, fake: FakeVotes) -> None:
    page = open_page()
    expect_state(page, "live")
    fake.refusing = True
    for _ in range(4):
        button(page, "kinoko").click()
    expect(page.locator("#connection-text")).to_have_text("Live · 4 votes waiting to be sent")
    expect_state(page, "live")
    fake.refusing = False
    eventually(lambda: fake.totals["kinoko"] == 4)
    expect(page.locator("#connection-text")).to_have_text("Live")


def test_no_number_jumps_back_while_votes_are_lost_late_and_doubled(open_page: Visit, fake: FakeVotes) -> None:
    page = open_page()
    page.evaluate(
        """() => {
          window.seen = [];
          const number = document.querySelector('[data-count=kinoko] .choice-number');
          new MutationObserver(() => seen.push(Number(number.textContent.replaceAll(',', ''))))
            .observe(number, {childList: true, characterData: true, subtree: true});
        }"""
    )
    fake.answers.extend([(503, {}, {}), (429, {}, {})])
    for click in range(12):
        fake.lose_answers += click % 6 == 2
        button(page, "kinoko").click()
        fake.add("kinoko", click % 4)
    others = sum(click % 4 for click in range(12))
    eventually(lambda: fake.totals["kinoko"] == 12 + others)
    expect_count(page, "kinoko", 12 + others)
    seen = page.evaluate("seen")
    assert seen == sorted(seen)
    assert seen[-1] == 12 + others


def test_a_vote_that_is_refused_for_good_is_taken_back_and_told(open_page: Visit, fake: FakeVotes) -> None:
    page = open_page()
    fake.add("kinoko", 4)
    expect_count(page, "kinoko", 4)
    fake.answers.extend([refusal("expired"), refusal("expired"), refusal("made_up")])
    for _ in range(3):
        button(page, "kinoko").click()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("2 votes were not accepted. More than 24 hours had passed since the click.")
    expect(notice).to_contain_text("1 vote was not accepted. The server's answer: made_up")
    expect_count(page, "kinoko", 4)
    expect(page.locator("#mine")).to_have_text("None yet")
    assert set(attempts(fake).values()) == {1}
    page.get_by_role("button", name="Dismiss").click()
    expect(notice).to_be_empty()


def test_votes_of_a_closed_page_are_sent_by_the_next_one(
    new_context: NewContext, page_url: str, fake: FakeVotes
) -> None:
    context = new_context()
    fake.answers.extend([(503, {"Retry-After": "60"}, {})] * 20)
    page = open_tab(context, page_url)
    for _ in range(3):
        button(page, "takenoko").click()
    eventually(lambda: len(fake.requests) == 1)
    page.close()
    fake.answers.clear()
    page = open_tab(context, page_url)
    expect(page.locator("#mine")).to_have_text("3 votes · 100.0% Bamboo Village")
    expect_count(page, "takenoko", 3)
    wait_until_sent(page)
    assert fake.totals == {"kinoko": 0, "takenoko": 3}


def test_two_tabs_are_one_voter_and_send_each_vote_once(
    new_context: NewContext, page_url: str, fake: FakeVotes
) -> None:
    context = new_context()
    one, other = open_tab(context, page_url), open_tab(context, page_url)
    for tab in (one, other, one, other):
        button(tab, "kinoko").click()
    for tab in (one, other):
        expect_count(tab, "kinoko", 4)
        expect(tab.locator("#mine")).to_have_text("4 votes · 100.0% Mushroom Mountain")
        wait_until_sent(tab)
    assert len({request["client_id"] for request in fake.requests}) == 1
    assert list(attempts(fake).values()) == [1, 1, 1, 1]


def test_a_tab_sends_what_a_closed_tab_left_behind(new_context: NewContext, page_url: str, fake: FakeVotes) -> None:
    context = new_context()
    staying, closing = open_tab(context, page_url), open_tab(context, page_url)
    fake.answers.append((503, {"Retry-After": "60"}, {}))
    button(closing, "kinoko").click()
    eventually(lambda: len(fake.requests) == 1)
    closing.close()
    expect_count(staying, "kinoko", 1)
    wait_until_sent(staying)
    assert list(attempts(fake).values()) == [2]


def test_a_dropped_socket_comes_back_to_the_true_totals(open_page: Visit, fake: FakeVotes) -> None:
    page = open_page()
    fake.socket_refused = True
    fake.drop_sockets()
    eventually(lambda: not fake.sockets)
    fake.add("takenoko", 7)
    fake.socket_refused = False
    expect_count(page, "takenoko", 7)
    expect_state(page, "live")


def test_without_a_socket_the_totals_are_asked_for(new_context: NewContext, page_url: str, fake: FakeVotes) -> None:
    fake.socket_refused = True
    fake.add("kinoko", 1234)
    page = new_context().new_page()
    page.goto(page_url)
    expect_state(page, "asking")
    expect_count(page, "kinoko", 1234)
    button(page, "kinoko").click()
    expect_count(page, "kinoko", 1235)


def test_a_vote_from_a_device_whose_clock_is_an_hour_ahead_is_minted_at_the_servers_time(
    new_context: NewContext, page_url: str, fake: FakeVotes
) -> None:
    context = new_context()
    context.add_init_script("const real = Date.now; Date.now = () => real() + 3_600_000;")
    page = open_tab(context, page_url)
    button(page, "kinoko").click()
    eventually(lambda: len(fake.requests) == 1)
    minted_ms = int(fake.requests[0]["vote_id"].replace("-", "")[:12], 16)
    assert abs(minted_ms / 1000 - time.time()) < 60


@pytest.mark.parametrize("ahead_minutes", [6.5, 24 * 60])
def test_clicks_before_and_after_the_first_totals_count_though_the_devices_clock_is_ahead(
    new_context: NewContext, page_url: str, fake: FakeVotes, ahead_minutes: float
) -> None:
    fake.judges_time = True
    context = new_context()
    context.add_init_script(f"const real = Date.now; Date.now = () => real() + {round(ahead_minutes * 60_000)};")
    fake.silent = True
    page = context.new_page()
    page.goto(page_url)
    button(page, "kinoko").click()
    eventually(lambda: len(fake.requests) >= 1)
    assert fake.totals["kinoko"] == 0
    fake.silent = False
    expect_state(page, "live")
    for _ in range(3):
        button(page, "kinoko").click()
    eventually(lambda: fake.totals["kinoko"] == 4)
    expect_count(page, "kinoko", 4)
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.locator("#mine")).to_contain_text("4 votes")


def test_before_the_first_vote_the_page_invites_to_it(open_page: Visit, fake: FakeVotes) -> None:
    page = open_page()
    page.locator("summary").click()
    meta, legend = page.locator(".choice-meta"), page.locator(".legend-share")
    expect(meta).to_have_text(["be the first"] * 2)
    expect(legend).to_have_text(["\N{EN DASH}"] * 2)
    expect(page.locator("#share")).to_have_attribute("aria-label", re.compile(r"Nobody has voted yet\.$"))
    expect(page.locator("main")).not_to_contain_text("0.0%")
    fake.add("kinoko", 1)
    expect(meta).to_have_text(["votes · 100.0%", "votes · 0.0%"])
    expect(legend).to_have_text(["100.0%", "0.0%"])


def test_numbers_of_the_widest_digits_stay_inside_their_boxes(open_page: Visit, fake: FakeVotes) -> None:
    fake.earlier.update(kinoko=444, takenoko=4_440_444)
    for width in (320, 360, 540, 864, 1280):
        page = open_page(viewport={"width": width, "height": 800})
        expect_count(page, "takenoko", 4_440_444)
        page.evaluate("document.fonts.ready")
        assert overflowing(page) == []


def test_a_round_that_is_closed_or_frozen_is_said_before_anybody_clicks(open_page: Visit, fake: FakeVotes) -> None:
    page = open_page()
    acts = page.locator(".choice-act")
    expect(acts).to_have_text(["Cast a vote"] * 2)
    fake.set_state("frozen")
    expect(page.locator("#connection-text")).to_have_text("Live · totals frozen")
    expect(acts).to_have_text(["Cast a vote"] * 2)
    fake.set_state("closed")
    expect(page.locator("#connection-text")).to_have_text("Live · voting is closed")
    expect(acts).to_have_text(["Closed"] * 2)


def test_people_online_are_counted(open_page: Visit) -> None:
    pages = [open_page(), open_page()]
    for page in pages:
        expect(page.locator("#online")).to_have_text("2 people")


@pytest.mark.parametrize("breakage", ["missing", "candidates"])
def test_a_site_without_its_settings_says_so(
    new_context: NewContext, page_url: str, fake: FakeVotes, breakage: str
) -> None:
    if breakage == "missing":
        fake.config_missing = True
    else:
        fake.candidates = fake.candidates[:1]
    page = new_context(locale="ja-JP").new_page()
    page.goto(page_url)
    expect(page.get_by_role("alert")).to_contain_text("ページを表示できません")
    expect(page.get_by_role("button", name="読み込み直す")).to_be_visible()


def test_candidates_come_from_the_settings(new_context: NewContext, page_url: str, fake: FakeVotes) -> None:
    cats = {**fake.candidates[0], "id": "cats", "labels": {"en": "Cats", "ja": "ねこ"}}
    dogs = {**fake.candidates[1], "id": "dogs", "labels": {"en": "Dogs", "ja": "いぬ"}}
    dogs["color"] = {"light": "#ffd84d", "dark": "#ffd84d"}
    fake.candidates = [cats, dogs]
    page = open_tab(new_context(), page_url)
    expect(button(page, "dogs")).to_have_accessible_name("Dogs Cast a vote")
    expect(page.locator(".choice-second")).to_have_css("background-color", "rgb(255, 216, 77)")
    expect(page.locator(".choice-second")).to_have_css("color", "rgb(27, 18, 11)")
    button(page, "dogs").click()
    expect(number(page, "dogs")).to_have_text("1")


@pytest.mark.parametrize("width", [320, 700, 1280])
def test_long_labels_and_large_numbers_stay_inside_their_boxes(open_page: Visit, fake: FakeVotes, width: int) -> None:
    first, second = fake.candidates
    labels = {"ja": "とてもとてもながいなまえのきのこの山", "en": "The Extraordinarily Overconfident Mushroom Mountain"}
    fake.candidates = [{**first, "labels": labels}, second]
    fake.earlier.update(kinoko=123_456_789, takenoko=1_234_567)
    for locale in ("en-GB", "ja-JP"):
        page = open_page(viewport={"width": width, "height": 800}, locale=locale, reduced_motion="no-preference")
        expect_count(page, "kinoko", 123_456_789)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert overflowing(page) == []
