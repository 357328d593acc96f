"""The dashboards of predictions, drawn in a browser by the page at a domain of the local stage."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from datastreamer.aws.search_domain import SearchDomain
from datastreamer.provisioning.packages.site import install_packages
from datastreamer.taxi.dashboards.indices import IndexSettings
from datastreamer.taxi.dashboards.install import install
from datastreamer.taxi.dashboards.objects import DASHBOARD_ID
from tests.conftest import REGION, REPOSITORY, RunningStage
from tests.web.axe import run_axe
from tests.web.conftest import SOURCES as VOTES

SOURCES = REPOSITORY / "packages" / "aws_stage" / "page"
SERVED = REPOSITORY / "packages/aws_stage/src/aws_stage/engines/opensearch/dashboards/page"
BEGIN = datetime(2026, 3, 2, 12, tzinfo=UTC)
TRIPS = 120
HOSTILE = "<img src=x onerror=document.title='hit'>"


def _document(number: int) -> dict[str, Any]:
    """A trip each minute: two zones, every tenth an outlier, 5 dollars too dear."""
    moment = (BEGIN + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    outlier = number % 10 == 0
    return {
        "trip_id": f"trip-{number}",
        "event_time": moment,
        "fare_amount": 25.0 if outlier else 20.0,
        "predicted_fare": 20.0,
        "residual": 5.0 if outlier else 0.0,
        "threshold": 4.0,
        "is_outlier": outlier,
        "outlier": int(outlier),
        "pickup_zone": 132 if number % 20 else 48,
        "dropoff_zone": 7,
        "model_version": HOSTILE,
    }


@pytest.fixture(scope="module")
def domain(stage: RunningStage) -> SearchDomain:
    """A domain that lets this machine in, with the dashboards and a day's trips."""
    name = f"taxi-{uuid4().hex[:8]}"
    condition = {"IpAddress": {"aws:SourceIp": ["127.0.0.1/32"]}}
    allow = {"Effect": "Allow", "Principal": "*", "Action": "es:ESHttp*", "Resource": "*", "Condition": condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    client = stage.client("opensearch")
    endpoint = client.create_domain(DomainName=name, AccessPolicies=policy)["DomainStatus"]["Endpoint"]
    session: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test")
    made = SearchDomain(endpoint, session.get_credentials(), REGION)
    install(made, IndexSettings())
    lines = b"".join(
        json.dumps(each).encode() + b"\n"
        for number in range(TRIPS)
        for each in ({"index": {"_index": "taxi-predictions-2026-03-02"}}, _document(number))
    )
    answer = made.ask("POST", "/_bulk", lines, {"content-type": "application/x-ndjson"})
    assert not answer.document["errors"]
    return made


Visit = Callable[..., Page]


@pytest.fixture
def visit(domain: SearchDomain, new_context: Callable[..., BrowserContext]) -> Visit:
    """The dashboard, with all documents drawn; keywords are Playwright's."""

    def visited(**settings: object) -> Page:
        page = new_context(viewport={"width": 1400, "height": 1000}, timezone_id="UTC", **settings).new_page()
        page.goto(f"{domain.endpoint}/_dashboards/app/dashboards#/view/{DASHBOARD_ID}")
        expect(page.get_by_role("heading", name="Taxi fares")).to_be_visible()
        page.get_by_label("Time").select_option(label="all documents")
        expect(page.get_by_role("status")).to_contain_text(f"{TRIPS} documents")
        return page

    return visited


def panel(page: Page, title: str) -> Locator:
    """The panel of that title."""
    return page.locator("section", has=page.get_by_role("heading", name=title, exact=True))


def numbers(page: Page, title: str) -> list[list[str]]:
    """The rows of a panel's table."""
    found = panel(page, title)
    if found.locator("details:not([open]) summary").count():
        found.locator("summary").click()
    rows = found.locator("tbody tr")
    return [row.locator("td").all_inner_texts() for row in rows.all()]


def painted(page: Page, title: str) -> int:
    """How many colours a panel's picture has."""
    script = """canvas => new Set(new Uint32Array(
      canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
    count: int = panel(page, title).locator("canvas").evaluate(script)
    return count


def test_charts_and_tables_show_what_the_documents_say(visit: Visit) -> None:
    page = visit()
    fares = numbers(page, "Fare against predicted fare")
    assert len(fares) == 24, "two hours by five minutes"
    assert fares[0] == ["Mar 2, 2026, 12:00:00", "$21.00", "$20.00"]
    assert {row[1] for row in fares} == {"$21.00", "$20.00"}
    rates = numbers(page, "Rate of outliers")
    assert [row[1] for row in rates[:2]] == ["20.0%", "0.0%"]
    assert numbers(page, "Outliers by zone of the pick-up") == [["48", "6"], ["132", "6"]]
    latest = numbers(page, "Latest outliers")
    assert len(latest) == TRIPS // 10
    assert latest[0][1:] == ["$25.00", "$20.00", "$5.00", "$4.00", "132", "7", HOSTILE]
    for title in ("Fare against predicted fare", "Rate of outliers", "Outliers by zone of the pick-up"):
        assert painted(page, title) > 10


def test_a_text_in_a_document_stays_a_text(visit: Visit) -> None:
    page = visit()
    assert panel(page, "Latest outliers").get_by_text(HOSTILE).count() == TRIPS // 10
    assert page.locator("main img").count() == 0
    assert page.title() == "Taxi fares"


def test_documents_that_arrive_are_drawn_without_a_reload(domain: SearchDomain, visit: Visit) -> None:
    page = visit()
    expect(page.get_by_label("renew")).to_be_checked()
    late = {**_document(10), "trip_id": "late", "event_time": "2026-03-02T13:00:30.000Z"}
    assert domain.ask("PUT", "/taxi-predictions-2026-03-02/_doc/late?refresh=true", late).status == 201
    try:
        expect(page.get_by_role("status")).to_contain_text(f"{TRIPS + 1} documents")
    finally:
        domain.must("DELETE", "/taxi-predictions-2026-03-02/_doc/late")


def test_a_range_without_documents_says_so_and_every_range_can_be_chosen_by_keyboard(visit: Visit) -> None:
    page = visit()
    page.get_by_label("Time").focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("status")).to_contain_text("0 documents")
    expect(page.get_by_role("status")).to_contain_text("“all documents” shows when something was")
    page.keyboard.press("End")
    expect(page.get_by_role("status")).to_contain_text(f"{TRIPS} documents")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_label("renew")).not_to_be_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_everybody_in_the_light_and_in_the_dark(visit: Visit, scheme: str) -> None:
    install_packages(VOTES)  # axe-core is among the site's
    page = visit(color_scheme=scheme)
    for title in ("Fare against predicted fare", "Rate of outliers", "Outliers by zone of the pick-up"):
        numbers(page, title)
    found = run_axe(page)
    assert found["violations"] == []
    assert "color-contrast" in found["passes"]
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == ("rgb(244, 246, 248)" if scheme == "light" else "rgb(18, 24, 30)")


def test_nothing_is_loaded_from_elsewhere(domain: SearchDomain, visit: Visit, new_context: Any) -> None:
    del visit
    page = new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{domain.endpoint}/_dashboards/#/view/{DASHBOARD_ID}")
    expect(page.get_by_role("status")).to_contain_text("documents")
    assert asked
    assert [url for url in asked if not url.startswith(f"{domain.endpoint}/")] == []


def test_the_list_leads_to_a_dashboard_and_an_unknown_one_is_named(
    domain: SearchDomain, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(f"{domain.endpoint}/_dashboards/#/view/nothing")
    expect(page.get_by_role("status")).to_have_text("There is no dashboard “nothing” in this domain.")
    page.get_by_role("link", name="Taxi fares").click()
    expect(page.get_by_role("heading", name="Rate of outliers")).to_be_visible()


def test_what_the_page_does_not_draw_is_named_and_the_rest_is_drawn(
    domain: SearchDomain, new_context: Callable[..., BrowserContext]
) -> None:
    gauge = {"title": "Gauge", "visState": json.dumps({"type": "gauge", "aggs": []})}
    source = json.dumps({"indexRefName": "i"})
    panels = [
        {"gridData": {"x": 24 * n, "y": 0, "w": 24, "h": 10, "i": str(n)}, "panelRefName": f"panel_{n}"} for n in (0, 1)
    ]
    lines = [
        {
            "type": "visualization",
            "id": "gauge",
            "attributes": {**gauge, "kibanaSavedObjectMeta": {"searchSourceJSON": source}},
            "references": [{"name": "i", "type": "index-pattern", "id": "taxi-predictions"}],
        },
        {
            "type": "dashboard",
            "id": "mixed",
            "attributes": {"title": "Mixed", "panelsJSON": json.dumps(panels)},
            "references": [
                {"name": "panel_0", "type": "visualization", "id": "gauge"},
                {"name": "panel_1", "type": "visualization", "id": "taxi-outlier-rate"},
            ],
        },
    ]
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    form = (
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.ndjson"\r\n\r\n' + content + b"\r\n--b--\r\n"
    )
    headers = {"osd-xsrf": "true", "content-type": "multipart/form-data; boundary=b"}
    path = "/_dashboards/api/saved_objects/_import?overwrite=true"
    assert domain.ask("POST", path, form, headers).document["success"]
    page = new_context().new_page()
    page.goto(f"{domain.endpoint}/_dashboards/#/view/mixed")
    expect(panel(page, "Gauge")).to_contain_text("The page does not draw visualizations of type “gauge”")
    expect(panel(page, "Rate of outliers").locator("canvas")).to_be_visible()


def test_what_is_served_is_what_its_sources_give(tmp_path: Path) -> None:
    install_packages(SOURCES)
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=SOURCES, check=True)
    built = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    served = {file.name: file.read_bytes() for file in SERVED.iterdir()}
    assert built.keys() == served.keys()
    assert [name for name in built if built[name] != served[name]] == [], "run: node build.mjs"


def test_the_modules_of_the_page_pass_their_own_tests() -> None:
    ran = subprocess.run(["npm", "test"], cwd=SOURCES, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
