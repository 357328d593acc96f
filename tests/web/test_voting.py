"""Voting, in a real browser, on a stage: nothing between a click and another visitor's chart is a stand-in.

``DATASTREAMER_VOTES_URL`` names another site to visit, or ``fake``, which takes no time to set up. Tests
marked ``stage`` have the stage all the same.
"""

from __future__ import annotations

import json
import os
import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3
from aws_stage.testing.waiting import PATIENCE, eventually
from hypothesis import HealthCheck, example, given, settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import REPOSITORY
from tests.votes_bodies import a_vote, bodies
from tests.votes_description import Description
from tests.web.axe import run_axe
from tests.web.conftest import open_tab
from tests.web.fake_votes_api import FakeVotes
from tests.web.stage_site import StageSite, three_minutes
from tests.web.visitor import (
    button,
    count,
    expect_count,
    expect_state,
    focused_candidate,
    overflowing,
    wait_until_sent,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Visit = Callable[..., Page]
NewContext = Callable[..., BrowserContext]

SCREENSHOTS = REPOSITORY / ".local" / "screenshots"
DESCRIPTION = Description()
NAMED = os.environ.get("DATASTREAMER_VOTES_URL")


@pytest.fixture
def page_url(request: pytest.FixtureRequest) -> str:
    """Where the site is."""
    if NAMED == "fake":
        fake: FakeVotes = request.getfixturevalue("fake")
        return fake.page_url
    if NAMED:
        return NAMED
    stage_site: StageSite = request.getfixturevalue("stage_site")
    return stage_site.url


@pytest.fixture
def lively(request: pytest.FixtureRequest) -> None:
    """Three minutes of voting have gone before, unless the site is somebody else's."""
    if NAMED == "fake":
        fake: FakeVotes = request.getfixturevalue("fake")
        for second, candidate, votes in three_minutes():
            fake.add(candidate, votes, second)
    elif not NAMED:
        request.getfixturevalue("stage_history")


@pytest.fixture(autouse=True)
def _all_counted(
    request: pytest.FixtureRequest,
    browser: Browser,
    new_context: NewContext,  # noqa: ARG001  which closes the pages, after this
) -> Iterator[None]:
    """What a test has clicked is counted when the next one reads the totals from which it goes on."""
    yield
    for page in [page for context in browser.contexts for page in context.pages if page.url.startswith("http")]:
        wait_until_sent(page)
    if not NAMED:
        site: StageSite = request.getfixturevalue("stage_site")
        site.wait_until_counted()


def share_picture(page: Page) -> bytes:
    """The pixels of the chart."""
    return page.locator("#share").screenshot()


def pace_sum(page: Page, candidate: str) -> int:
    """Votes of the last three minutes, from the table that says what the chart shows."""
    column = {"kinoko": 0, "takenoko": 1}[candidate]
    rows = page.locator("#table-room tbody tr").all()[2:]
    return sum(int(row.locator("td").nth(column).inner_text().replace(",", "")) for row in rows)


def test_a_click_moves_the_numbers_and_the_charts_of_another_visitor(open_page: Visit) -> None:
    one, other = open_page(), open_page()
    other.locator("summary").click()
    other.locator("#table-room table").wait_for()
    before, picture, pace = count(other, "kinoko"), share_picture(other), pace_sum(other, "kinoko")
    # On a site that has been used before, one vote is too little to be seen in a ring.
    clicks = 1 + (before + count(other, "takenoko")) // 200
    for _ in range(clicks):
        button(one, "kinoko").click()
    expect_count(one, "kinoko", before + clicks)
    expect_count(other, "kinoko", before + clicks)
    eventually(lambda: pace_sum(other, "kinoko") == pace + clicks)
    assert share_picture(other) != picture
    assert f"{before + clicks:,}" in (other.locator("#share").get_attribute("aria-label") or "")


def test_a_double_click_is_two_votes(open_page: Visit) -> None:
    one, other = open_page(), open_page()
    before = count(one, "takenoko")
    button(one, "takenoko").dblclick()
    expect_count(one, "takenoko", before + 2)
    expect_count(other, "takenoko", before + 2)
    expect(one.locator("#mine")).to_have_text("2 votes · 100.0% Bamboo Village")


def test_clicks_made_offline_show_at_once_and_count_when_the_network_is_back(
    new_context: NewContext, open_page: Visit, page_url: str
) -> None:
    context = new_context()
    away, other = open_tab(context, page_url), open_page()
    before = count(away, "kinoko"), count(away, "takenoko")
    context.set_offline(True)
    expect_state(away, "offline")
    for _ in range(3):
        button(away, "kinoko").click()
    expect_count(away, "kinoko", before[0] + 3)
    expect(away.locator("#connection-text")).to_have_text("Offline · 3 votes waiting to be sent")
    button(other, "takenoko").click()
    expect_count(other, "takenoko", before[1] + 1)
    context.set_offline(False)
    expect_state(away, "live")
    for page in (away, other):
        expect_count(page, "kinoko", before[0] + 3)
        expect_count(page, "takenoko", before[1] + 1)


def test_the_page_speaks_the_browsers_language_until_another_is_chosen_and_keeps_that(
    new_context: NewContext, page_url: str
) -> None:
    page = open_tab(new_context(locale="ja-JP"), page_url)
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page).to_have_title(re.compile("^きのこの山 対 たけのこの里.みんなの投票$"))
    expect(button(page, "kinoko")).to_have_accessible_name("きのこの山 1票入れる")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_title(re.compile("^Mushroom Mountain vs Bamboo Village . the live vote$"))
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(button(page, "kinoko")).to_have_accessible_name("Mushroom Mountain Cast a vote")
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")


def test_everything_can_be_done_with_the_keyboard(open_page: Visit) -> None:
    page = open_page()
    before = count(page, "kinoko"), count(page, "takenoko")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused_candidate(page) == "kinoko"
    page.keyboard.press("Enter")
    expect_count(page, "kinoko", before[0] + 1)
    page.keyboard.press("Tab")
    assert focused_candidate(page) == "takenoko"
    page.keyboard.press("Space")
    expect_count(page, "takenoko", before[1] + 1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#table-room table")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
    assert focused_candidate(page) is None


def test_a_key_held_down_is_one_vote(open_page: Visit) -> None:
    page = open_page()
    before = count(page, "kinoko")
    button(page, "kinoko").focus()
    for _ in range(5):
        page.keyboard.down("Enter")  # from the second on, Playwright says that the key repeats
    page.keyboard.up("Enter")
    expect_count(page, "kinoko", before + 1)
    expect(page.locator("#mine")).to_have_text("1 vote · 100.0% Mushroom Mountain")


def test_a_vote_is_read_out_with_the_standing(open_page: Visit) -> None:
    page = open_page()
    before = count(page, "kinoko")
    button(page, "kinoko").click()
    said = page.get_by_text("You voted for Mushroom Mountain.")
    expect(said).to_contain_text(f"Mushroom Mountain {before + 1:,}")
    expect(page.locator("[aria-live=polite]")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "locale"), [("light", "ja-JP"), ("dark", "en-GB")])
def test_axe_finds_nothing_to_complain_of(open_page: Visit, scheme: str, locale: str) -> None:
    page = open_page(color_scheme=scheme, locale=locale)
    button(page, "takenoko").click()
    page.locator("summary").click()
    page.locator("#table-room table").wait_for()
    found = run_axe(page)
    assert found["violations"] == []
    assert len(found["passes"]) > 20


@pytest.mark.parametrize(
    ("name", "width", "height", "settings"),
    [
        ("desktop-en", 1280, 800, {}),
        ("phone-ja", 390, 844, {"locale": "ja-JP", "device_scale_factor": 1.5, "has_touch": True}),
        ("phone-en-dark", 390, 844, {"color_scheme": "dark", "device_scale_factor": 1.5, "has_touch": True}),
        ("desktop-ja-dark", 1280, 800, {"locale": "ja-JP", "color_scheme": "dark"}),
        ("smallest-en", 320, 568, {"has_touch": True}),
        ("widest-ja", 1440, 900, {"locale": "ja-JP"}),
    ],
)
@pytest.mark.usefixtures("lively")
def test_the_page_fits_its_screen(
    open_page: Visit, name: str, width: int, height: int, settings: dict[str, Any]
) -> None:
    page = open_page(viewport={"width": width, "height": height}, **settings)
    button(page, "kinoko").click()
    page.mouse.move(0, 0)
    page.locator(".plus").wait_for(state="detached")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for candidate in ("kinoko", "takenoko"):
        box = button(page, candidate).bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 120
        assert box["y"] + box["height"] <= height
    assert overflowing(page) == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"votes-{name}.png")


def test_nothing_is_asked_of_another_host_but_the_api(new_context: NewContext, page_url: str) -> None:
    context = new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = open_tab(context, page_url)
    config = json.loads(page.evaluate("fetch('config.json').then(answer => answer.text())"))
    page.evaluate("document.fonts.ready")
    assert any(url.endswith(".woff2") for url in asked)
    assert [url for url in asked if not url.startswith((page_url, config["api_url"]))] == []


def test_the_policy_lets_no_foreign_script_style_or_connection_in(new_context: NewContext, page_url: str) -> None:
    page = new_context(watched=False).new_page()
    page.goto(page_url)
    page.locator("button[data-candidate]").first.wait_for()
    blocked = page.evaluate(
        """async () => {
          const seen = [];
          document.addEventListener('securitypolicyviolation', event => seen.push(event.effectiveDirective));
          await fetch('https://example.com/').catch(() => {});
          const style = document.createElement('style');
          style.textContent = 'body { display: none }';
          document.head.append(style);
          try { document.body.innerHTML = '<b>'; } catch { seen.push('threw'); }
          const all = () => [...new Set(seen)].sort();
          for (let turn = 0; turn < 1000 && all().length < 4; turn += 1) {
            await new Promise(resolve => setTimeout(resolve, 100));
          }
          return all();
        }"""
    )
    assert blocked == ["connect-src", "require-trusted-types-for", "style-src-elem", "threw"]


@pytest.mark.stage
def test_a_page_on_which_nobody_votes_learns_who_came(
    new_context: NewContext, open_page: Visit, stage_site: StageSite
) -> None:
    eventually(lambda: stage_site.totals()["online"] == 0)
    context = new_context()
    context.clock.install()
    page = open_tab(context, stage_site.url)
    expect(page.locator("#online")).to_have_text("1 person")
    open_page()
    page.clock.fast_forward(26_000)
    expect(page.locator("#online")).to_have_text("2 people")
    expect_state(page, "live")


@pytest.mark.stage
def test_the_site_comes_as_terraform_and_the_build_describe_it(stage_site: StageSite) -> None:
    gateway, socket_api = stage_site.stage.client("apigateway"), stage_site.stage.client("apigatewayv2")
    (rest,), (socket,) = gateway.get_rest_apis()["items"], socket_api.get_apis()["Items"]
    api_origin = f"http://{rest['id']}.execute-api.localhost:{stage_site.stage.port}"
    assert stage_site.config["api_url"] == f"{api_origin}/live"
    assert stage_site.config["socket_url"] == f"{socket['ApiEndpoint']}/live"
    allowed = f"connect-src 'self' {api_origin} {socket['ApiEndpoint']};"
    with urllib.request.urlopen(stage_site.url) as page:
        assert allowed in page.read().decode()
        assert allowed in page.headers["content-security-policy"]
    for name, kind in (("config.json", "no-store"), ("openapi.json", "no-cache")):
        with urllib.request.urlopen(stage_site.url + name) as answer:
            assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", kind)
            document = json.load(answer)
    assert document == DESCRIPTION.document
    for candidate in stage_site.config["candidates"]:
        with urllib.request.urlopen(f"{stage_site.url}pictures/{candidate['picture']}") as picture:
            assert picture.headers["content-type"] == "image/svg+xml"


@pytest.mark.stage
def test_pages_of_another_origin_can_neither_vote_nor_read(open_page: Visit, stage_site: StageSite) -> None:
    ask = """async ([url, body]) => {
      try {
        const headers = { "Content-Type": "application/json" };
        const answer = await fetch(url, body ? { method: "POST", headers, body } : {});
        return [answer.status, answer.headers.get("Retry-After")];
      } catch (error) { return error.name; }
    }"""
    unasked = "([url, body]) => fetch(url, { method: 'POST', mode: 'no-cors', body }).then(({ type }) => type)"
    connect = """(url) => new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.onopen = () => resolve("open");
      socket.onclose = () => resolve("closed");
    })"""
    api = stage_site.config["api_url"]
    page = open_page()
    assert page.evaluate(ask, [f"{api}/totals", None]) == [200, None]
    assert page.evaluate(ask, [f"{api}/votes", json.dumps(a_vote())]) == [202, None]
    assert page.evaluate(ask, [f"{api}/votes", "{}"]) == [400, None]
    assert page.evaluate(ask, [f"{api}/elsewhere", None]) == [403, None]  # API Gateway's own answer
    page.goto(f"{stage_site.elsewhere}licences.txt")
    assert page.evaluate(ask, [f"{api}/totals", None]) == "TypeError"
    assert page.evaluate(ask, [f"{api}/votes", json.dumps(a_vote())]) == "TypeError"
    hidden = a_vote()
    assert page.evaluate(unasked, [f"{api}/votes", json.dumps(hidden)]) == "opaque"
    assert page.evaluate(connect, stage_site.config["socket_url"]) == "closed"
    after = a_vote()
    assert urllib3.request("POST", f"{api}/votes", json=after).status == 202
    eventually(lambda: after["vote_id"] in stage_site.kept())
    assert hidden["vote_id"] not in stage_site.kept()


@pytest.mark.stage
def test_whatever_is_posted_the_api_answers_as_it_is_described(stage_site: StageSite) -> None:
    pool = urllib3.PoolManager(retries=False, timeout=PATIENCE)
    api = stage_site.config["api_url"]
    taken: set[str] = set()

    def answered(method: str, path: str, body: bytes | None) -> tuple[int, str]:
        answer = pool.request(method, f"{api}{path}", body=body, headers={"content-type": "application/json"})
        headers = {name.lower(): value for name, value in answer.headers.items()}
        found = DESCRIPTION.answer_problems(method, path, answer.status, headers, answer.data.decode())
        assert found == [], answer.data
        return answer.status, answer.data.decode()

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(bodies)
    @example(b"\xff\xfe")
    @example(json.dumps(a_vote()).encode())
    def post(content: bytes) -> None:
        status, body = answered("POST", "/votes", content)
        assert status in (202, 400, 413)
        if status == 202:
            taken.add(json.loads(body)["vote_id"])

    post()
    assert answered("GET", "/totals", None)[0] == 200
    assert taken
    eventually(lambda: taken <= set(stage_site.kept()))
    assert {vote_id: stage_site.kept()[vote_id] for vote_id in taken} == dict.fromkeys(taken, 1)


@pytest.mark.stage
def test_whatever_is_said_on_the_socket_is_answered_as_described(open_page: Visit, stage_site: StageSite) -> None:
    said = ['{"type":"hello"}', '{"type":"ping"}', '{"type":"vote"}', "[", "", '{"action":"$disconnect"}']
    answers = open_page().evaluate(
        """([url, said]) => new Promise((resolve) => {
          const socket = new WebSocket(url);
          const heard = [];
          socket.onopen = () => { for (const text of said) socket.send(text); };
          socket.onmessage = ({ data }) => {
            heard.push(JSON.parse(data));
            if (heard.filter(({ type }) => type === "error").length === said.length - 2
                && ["totals", "pong"].every((type) => heard.some((message) => message.type === type))) resolve(heard);
          };
          socket.onclose = () => resolve(heard);
          setTimeout(() => resolve(heard), 100_000);
        })""",
        [stage_site.config["socket_url"], said],
    )
    described = DESCRIPTION.document["x-websocket"]["receive"]
    assert [problem for answer in answers for problem in DESCRIPTION.problems(described, answer)] == []
    assert {answer["type"] for answer in answers} == {"totals", "pong", "error"}
