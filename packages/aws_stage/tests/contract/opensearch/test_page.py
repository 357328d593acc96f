"""The page at a domain, as it is served: who may load it, and what it may do."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from aws_stage.testing import RunningStage

from contract.opensearch.domains import endpoint, new_domain
from contract.opensearch.test_domains import SECURE

PATHS = ["/_dashboards", "/_dashboards/", "/_dashboards/app/dashboards"]
PARTS = ["page.js", "page.css", "icon.svg", "licences.txt"]


@pytest.fixture(scope="module")
def url(stage: RunningStage) -> str:
    return endpoint(stage, new_domain(stage))


def get(url: str, **options: Any) -> requests.Response:
    return requests.get(url, timeout=60, **options)


@pytest.mark.parametrize("path", PATHS)
def test_the_page_is_where_aws_has_dashboards_and_takes_nothing_from_elsewhere(url: str, path: str) -> None:
    answer = get(url + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert "https:" not in policy


@pytest.mark.parametrize("part", PARTS)
def test_its_parts_are_served_under_their_types(url: str, part: str) -> None:
    answer = get(f"{url}/_dashboards/{part}")
    assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")


@pytest.mark.parametrize("part", ["other.js", "..%2ferrors.py", "index.html"])
def test_nothing_else_is_served(url: str, part: str) -> None:
    assert get(f"{url}/_dashboards/{part}").status_code == 404


@pytest.mark.parametrize("site", ["same-origin", None])
def test_the_domains_own_page_may_ask_it(url: str, site: str | None) -> None:
    headers = {} if site is None else {"sec-fetch-site": site, "origin": url}
    answer = requests.post(f"{url}/_search", json={}, headers=headers, timeout=60)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "http://evil.example"},
        {"sec-fetch-site": "same-site", "origin": "http://other.ap-northeast-1.es.localhost:4566"},
        {"sec-fetch-site": "same-origin", "origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "null"},
    ],
)
def test_a_page_of_elsewhere_may_not_ask_it(url: str, headers: dict[str, str]) -> None:
    for path in ("/_search", "/_dashboards/api/saved_objects/_find?type=dashboard"):
        assert get(url + path, headers=headers).status_code == 403


def test_its_own_origin_gives_a_page_no_way_to_the_api_of_aws(stage: RunningStage) -> None:
    address = stage.endpoint_url
    answer = requests.post(address, headers={"sec-fetch-site": "same-origin", "origin": address}, timeout=60)
    assert answer.status_code == 403


def test_a_domain_with_a_master_user_lets_the_browser_ask_for_the_password(stage: RunningStage) -> None:
    secure = endpoint(stage, new_domain(stage, **SECURE))
    answer = get(f"{secure}/_dashboards/")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert get(f"{secure}/_dashboards/", auth=("admin", "Admin-1234")).status_code == 200
