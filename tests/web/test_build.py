"""The built site, as files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext

from datastreamer.provisioning.packages.site import build_site
from datastreamer.provisioning.packages.site_labels import site_labels
from tests.web.conftest import SOURCES, open_tab
from tests.web.fake_votes_api import FakeVotes, serving
from tests.web.fonts import covered, families_of

NewContext = Callable[..., BrowserContext]

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
"""A name, which no browser looks up; the QR encoder can write SVG."""


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def description(site: Path) -> dict[str, dict[str, dict[str, str]]]:
    described: dict[str, dict[str, dict[str, str]]] = json.loads(site.with_suffix(".json").read_text())
    return described


def test_the_same_sources_give_the_same_bytes_wherever_they_are_built(site: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "deeper" / "votes-site"
    (other / "left-over").mkdir(parents=True)
    build_site(SOURCES, other, site_labels("votes", print))
    assert bytes_of(other) == bytes_of(site)
    assert description(other) == description(site)
    assert sorted(path.name for path in other.parent.iterdir() if not path.name.startswith(".")) == [
        "votes-site",
        "votes-site.json",
    ]


def test_each_file_is_described_and_only_what_carries_its_hash_is_kept_for_ever(site: Path) -> None:
    files = description(site)["files"]
    assert set(files) == set(bytes_of(site))
    for name, about in files.items():
        assert about["content_type"], name
        assert ("immutable" in about["cache_control"]) == name.startswith("assets/"), name


def test_the_page_brings_the_policy_that_the_headers_send_but_for_what_only_a_header_can(site: Path) -> None:
    sent = description(site)["headers"]["Content-Security-Policy"]
    brought = re.search(r'Content-Security-Policy" content="([^"]*)"', (site / "index.html").read_text())
    assert brought
    assert sent == f"{brought[1]}; frame-ancestors 'none'"
    assert sent.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in sent
    assert "connect-src 'self' {{CONNECT_SRC}};" in sent


def test_the_page_has_no_inline_script_or_style(site: Path) -> None:
    page = (site / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", page) == []
    assert set(re.findall(r"\{\{\w+\}\}", page)) == {"{{CONNECT_SRC}}"}


def test_scripts_and_styles_name_no_other_host(site: Path) -> None:
    for path in [*site.glob("assets/*.css"), *site.glob("assets/*.js"), site / "index.html"]:
        text = path.read_text().replace(SVG_NAMESPACE, "")
        assert re.findall(r"https?://[\w.-]+", text) == [], path.name


def test_the_licences_of_what_is_served_are_served(site: Path) -> None:
    text = (site / "licences.txt").read_text()
    for part in (
        "Chart.js Contributors",
        "@kurkle/color",
        "Paul Miller",
        "Dela Gothic",
        "Zen Maru Gothic",
        "SIL OPEN FONT LICENSE",
    ):
        assert part in text


def test_the_fonts_have_every_character_of_the_texts_of_the_page_and_of_the_default_labels(site: Path) -> None:
    texts = [(SOURCES / "src" / name).read_text() for name in ("messages.js", "index.html")]
    needed = set("".join([*texts, "きのこの山たけのこの里0123456789,.%"]))
    fonts = covered(site)
    assert sorted(fonts) == ["dela-gothic-one", "zen-maru-gothic-500", "zen-maru-gothic-700"]
    for name, characters in fonts.items():
        assert {character for character in needed if character.isprintable()} - characters == set(), name


def test_labels_with_rare_letters_are_shown_in_the_pages_fonts(new_context: NewContext, tmp_path: Path) -> None:
    said: list[str] = []
    site = tmp_path / "votes-site"
    build_site(SOURCES, site, "Щука\n鬱の薔薇", said.append)
    fake = FakeVotes(site, json.loads(site.with_suffix(".json").read_text()))
    first, second = fake.candidates
    fake.candidates = [{**first, "labels": {"en": "Щука"}}, {**second, "labels": {"en": "鬱の薔薇"}}]
    for characters in covered(site).values():
        assert set("Щука鬱の薔薇") <= characters
    with serving(fake):
        page = open_tab(new_context(), fake.page_url)
        page.evaluate("document.fonts.ready")
        assert families_of(page, ".title") == {"Dela Gothic One"}
        for side in ("first", "second"):
            assert families_of(page, f".choice-{side} .choice-name") == {"Zen Maru Gothic"}
    assert said == []


def test_the_build_names_the_letters_that_a_font_lacks(tmp_path: Path) -> None:
    said: list[str] = []
    build_site(SOURCES, tmp_path / "votes-site", "Łódź\n한\n山", said.append)
    lines = {line.partition(" ")[0]: re.findall(r"(\S) \(U\+([0-9A-F]+)\)", line) for line in said}
    assert lines["dela-gothic-one.woff2"] == [("한", "D55C")]
    assert ("Ł", "0141") in lines["zen-maru-gothic-700.woff2"]
    assert ("한", "D55C") in lines["zen-maru-gothic-700.woff2"]
    assert not any("山" in line for line in said)


def test_the_pages_fonts_have_the_labels_of_every_stage() -> None:
    said: list[str] = []
    labels = site_labels("votes", said.append)
    assert {"きのこの山", "たけのこの里", "Mushroom Mountain"} <= set(labels.splitlines())
    assert said == []


def test_the_lock_file_pins_everything_and_names_no_download_address() -> None:
    packages = json.loads((SOURCES / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package, name
    wanted = {**packages[""]["dependencies"], **packages[""]["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
