"""Attribute values are judged and measured once a call, in one pass.

ministack walks a batch's items nine times: to judge them, twice, and to measure them for limits, for capacity and for
its store. Here one walk finds a value's size and that nothing about it is in doubt; what is left in doubt (sets,
binary data, a number in another than its shortest form, whatever is wrong) goes ministack's own long way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_SHORTEST = re.compile(r"0|-?(?:[1-9][0-9]{0,37}|(?:0|[1-9][0-9]{0,17})\.[0-9]{0,17}[1-9])").fullmatch
_IN_DOUBT = -1
_LEVELS = 32
"""How deep values may be nested: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""


def plain_size(value: Any, level: int = 1) -> int:
    """The size of an attribute value in bytes as DynamoDB counts it; -1 when the value is in doubt."""
    if not isinstance(value, dict) or len(value) != 1 or level > _LEVELS:
        return _IN_DOUBT
    for kind, content in value.items():
        if kind == "S" and isinstance(content, str):
            return _text_size(content)
        if kind == "N" and isinstance(content, str):
            return number_size(content) if _SHORTEST(content) else _IN_DOUBT
        if kind in ("M", "L"):
            return _members_size(kind, content, level)
        if (kind == "BOOL" and isinstance(content, bool)) or (kind == "NULL" and content is True):
            return 1
    return _IN_DOUBT


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _members_size(kind: str, content: Any, level: int) -> int:
    if not isinstance(content, dict if kind == "M" else list):
        return _IN_DOUBT
    total = 3
    for member in content:
        size = plain_size(content[member] if kind == "M" else member, level + 1)
        if size == _IN_DOUBT:
            return _IN_DOUBT
        total += 1 + size + (_text_size(member) if kind == "M" else 0)
    return total


def number_size(text: str) -> int:
    """The size of a number in its shortest form: one byte, one for each two digits from an even place, and a sign."""
    whole, _, fraction = text.lstrip("-").partition(".")
    first = len(whole) if whole != "0" else -(len(fraction) - len(fraction.lstrip("0")))
    last = -len(fraction) if fraction else len(whole) - len(whole.rstrip("0"))
    if text == "0":
        return 1
    pairs = (first + 1) // 2 - last // 2
    return 1 + pairs + (text[0] == "-")


class Judged:
    """What one call was found to hold; a value is known by its identity, and kept so that this stays its own."""

    def __init__(self, capacity: bool = True) -> None:
        self.capacity = capacity
        """Whether the call asks what it consumed."""
        self._sizes: dict[int, tuple[Any, int]] = {}

    def size(self, value: Any) -> int:
        """``plain_size``, found once."""
        known = self._sizes.get(id(value))
        if known is None:
            known = self._sizes[id(value)] = (value, plain_size(value))
        return known[1]

    def item_size(self, item: dict[str, Any]) -> int:
        """The size of an item with all its names; -1 when a value is in doubt."""
        total = 0
        for name, value in item.items():
            size = self.size(value)
            if size == _IN_DOUBT:
                return _IN_DOUBT
            total += size + _text_size(name)
        return total


class Values:
    """What ministack's functions find out about values, once a call; a method is given the function it replaces."""

    def __init__(self) -> None:
        self._judged: Judged | None = None

    def judging(self, handle: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> Any:
        """Judge each value once in this operation: it changes none of them after that."""
        self._judged = Judged(data.get("ReturnConsumedCapacity", "NONE") != "NONE")
        try:
            return handle(data)
        finally:
            self._judged = None

    def error_of_values(self, find: Callable[[Any, bool], Any], values: Any, envelope: bool) -> Any:
        """The error of values, of which only those in doubt are looked at."""
        known = self._judged or Judged()
        return find([value for value in values if known.size(value) == _IN_DOUBT], envelope)

    def error_of_attribute(self, find: Callable[[str, Any, int], Any], name: str, value: Any, depth: int = 1) -> Any:
        """The error of an attribute, None at once for one that is not in doubt."""
        if depth == 1 and (self._judged or Judged()).size(value) != _IN_DOUBT:
            return None
        return find(name, value, depth)

    def item_size(self, measure: Callable[[Any], Any], item: Any) -> int:
        """The size of an item in bytes as DynamoDB counts it."""
        if not isinstance(item, dict):
            return 0
        size = (self._judged or Judged()).item_size(item)
        return int(measure(item)) if size == _IN_DOUBT else size

    def accumulate_capacity(self, accumulate: Callable[..., None], *args: Any) -> None:
        """Add up what a write consumed, if anybody asked."""
        if self._judged is None or self._judged.capacity:
            accumulate(*args)


def canonical_number(canonicalize: Callable[[Any], Any], text: Any) -> Any:
    """A number in its shortest form, which most are."""
    return text if isinstance(text, str) and _SHORTEST(text) else canonicalize(text)
