"""Pages are written in the words that CONTRIBUTING asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

GENERATED = REPOSITORY / "docs/cli"
PAGES = sorted(
    page
    for page in [
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "docs").rglob("*.md"),
        *(REPOSITORY / "packages").rglob("*.md"),
        REPOSITORY / "web/votes/README.md",
    ]
    if GENERATED not in page.parents
)
TABLE = (
    (REPOSITORY / "CONTRIBUTING.md")
    .read_text(encoding="utf-8")
    .partition("## Words\n")[2]
    .partition("| not | but |\n|---|---|\n")[2]
    .partition("\n\n")[0]
)
LISTED = {word for row in TABLE.splitlines() for word in re.findall(r"`([^`]+)`", row.split("|")[1])}


def page_ids(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def found_in(text: str) -> list[str]:
    """The listed words in ``text``, without what stands in fenced code and in the list itself."""
    prose = re.sub(r"^```.*?^```", "", text.replace(TABLE, ""), flags=re.MULTILINE | re.DOTALL)
    words = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(LISTED))
    return re.findall(rf"(?i)(?<!there\s)\b(?:{words})\b(?!\s+longer)", prose)


def test_the_list_is_read() -> None:
    assert {"anew", "is no", "told", "whence"} <= LISTED


def test_listed_words_are_found_across_lines_and_not_in_plain_english_or_code() -> None:
    assert found_in("Whence it came is\nno matter.") == ["Whence", "is\nno"]
    assert found_in("There is no file, and it is no longer read.\n```\ntold\n```\n") == []


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_a_page_has_none_of_the_listed_words(page: Path) -> None:
    assert found_in(page.read_text(encoding="utf-8")) == []
