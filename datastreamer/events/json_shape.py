"""How deep and how wide a JSON text is, before anything reads it.

Readers of JSON take a frame of the stack for each level, and some of them memory for each name that they have not seen
before. So whoever takes JSON from outside bounds both first. This looks at the text once, without recursion, and at no
more of it than it takes to see that a bound is passed; a text within its bounds is mostly not even looked at.
"""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from typing import Any, Final


class TooMuch(StrEnum):
    """Which bound a text passes; the values are the reason codes of the contracts that bound them."""

    DEPTH = "nested_too_deep"
    NAMES = "too_many_fields"


_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}:]', re.DOTALL)
"""A string, closed or not, or a mark of structure. No two ways lead to the same match: the time grows with the text."""


def too_much(text: bytes, *, depth: int, names: int = sys.maxsize) -> TooMuch | None:
    """The bound that ``text`` (JSON or not, UTF-8) passes first, None when it is within both.

    ``depth``: how many objects and lists may be open at once. ``names``: how many names all its objects may have
    together.
    """
    if text.count(b"[") + text.count(b"{") <= depth and text.count(b":") <= names:
        return None
    level = named = 0
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark in b"[{":
            level += 1
            if level > depth:
                return TooMuch.DEPTH
        elif mark in b"]}":
            level -= 1
        elif mark == b":":
            named += 1
            if named > names:
                return TooMuch.NAMES
    return None


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of its names and values, for ``json``'s ``object_pairs_hook``; raises ValueError for a name twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name is given twice in one object")
    return value
