"""Each folder of decisions has an index of exactly its pages, and what names a decision names one that exists."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

FOLDERS = [REPOSITORY / "docs/adr", *sorted(REPOSITORY.glob("packages/*/docs/adr"))]
PAGES = [page for folder in FOLDERS for page in sorted(folder.glob("*.md")) if page.name != "README.md"]
SOURCES = [
    "benchmarks",
    "datastreamer",
    "docs",
    "glue_jobs",
    "lambdas",
    "packages",
    "scripts",
    "terraform",
    "tests",
    "web",
]
SKIPPED = {"node_modules", ".terraform"}
ROW = re.compile(
    r"^\| (?P<number>\d+) \| (?P<date>[^|]*) \| (?P<status>[^|]*) \| \[(?P<subject>.*)\]\((?P<file>.*)\) \|$"
)
AMENDED = re.compile(r"accepted(?:, (?:amended|replaced) by \[(?P<number>\d+)\]\((?P<file>[^)]*)\))?")


def page_ids(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def rows(folder: Path) -> list[re.Match[str]]:
    table = (folder / "README.md").read_text(encoding="utf-8").partition("|--:|---|---|---|\n")[2].splitlines()
    found = [ROW.fullmatch(line) for line in table]
    assert all(found), [line for line, row in zip(table, found, strict=True) if not row]
    return [row for row in found if row]


def heading(page: Path) -> str:
    return page.read_text(encoding="utf-8").splitlines()[0]


def number_of(name: str) -> int:
    return int(name[:4])


def test_the_lake_and_both_packages_have_decisions() -> None:
    assert len(FOLDERS) == 3
    assert PAGES


@pytest.mark.parametrize("folder", FOLDERS, ids=page_ids)
def test_the_index_has_one_row_for_each_page_in_the_order_of_numbers(folder: Path) -> None:
    assert [row["file"] for row in rows(folder)] == [page.name for page in PAGES if page.parent == folder]


@pytest.mark.parametrize("folder", FOLDERS, ids=page_ids)
def test_number_and_subject_of_a_row_are_those_of_the_pages_heading_and_name(folder: Path) -> None:
    for row in rows(folder):
        assert heading(folder / row["file"]) == f"# {row['number']}. {row['subject']}"
        assert number_of(row["file"]) == int(row["number"])


@pytest.mark.parametrize("folder", FOLDERS, ids=page_ids)
def test_a_row_has_a_date_and_a_status_that_names_a_later_page(folder: Path) -> None:
    for row in rows(folder):
        assert date.fromisoformat(row["date"]).isoformat() == row["date"]
        status = AMENDED.fullmatch(row["status"])
        assert status, row["status"]
        if status["number"]:
            assert (folder / status["file"]).is_file()
            assert number_of(status["file"]) == int(status["number"]) > int(row["number"])


def test_no_number_is_given_twice() -> None:
    assert [number for number, pages in Counter(number_of(page.name) for page in PAGES).items() if pages > 1] == []


def test_every_decision_that_code_or_a_page_names_exists() -> None:
    numbers = {number_of(page.name) for page in PAGES}
    names = {page.name for page in PAGES}
    named = []
    for path in (path for folder in SOURCES for path in (REPOSITORY / folder).rglob("*")):
        if path.suffix not in {".md", ".py", ".tf", ".mjs"} or not SKIPPED.isdisjoint(path.parts) or path.is_dir():
            continue
        text = path.read_text(encoding="utf-8")
        named += [(path, name) for name in re.findall(r"\badr/(\d{4}[\w.-]*\w|\d{4})", text)]
        named += [(path, number) for number in re.findall(r"\bADR (\d+)", text)]
    assert named
    assert [
        (page_ids(path), name)
        for path, name in named
        if name not in names and (not name.isdigit() or int(name) not in numbers)
    ] == []
