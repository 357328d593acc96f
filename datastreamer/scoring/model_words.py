"""A model's own words, in a line: what it answers when it fails may be a traceback, C++ frames or a page of HTML."""

from __future__ import annotations

import html
import re
from typing import Final

MOST: Final = 300
"""Characters that are kept of the line; the model's log has all of it."""
_PAGE: Final = re.compile(r"<(!doctype|html|head|title|body|\?xml)\b", re.IGNORECASE)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_UNSEEN: Final = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def first_words(said: str, most: int = MOST) -> str:
    """The first line of ``said`` that says something, of a page of HTML its title or first text; no full stop."""
    if page := _PAGE.search(said):
        before, shown = said[: page.start()], said[page.start() :]
        title = _TITLE.search(shown)
        said = before + html.unescape(title[1].strip() if title else _UNSEEN.sub("\n", shown))
    lines = (" ".join(line.split()) for line in said.splitlines())
    return next(filter(None, lines), "")[:most].rstrip(". ")
