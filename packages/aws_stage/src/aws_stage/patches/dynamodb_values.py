"""DynamoDB: attribute values are judged and measured once a call, in one pass.

ministack walks a batch's items nine times: to judge them, twice, and to measure them for limits, for capacity and for
its store. Here one walk finds a value's size and that nothing about it is in doubt; what is left in doubt (sets,
binary data, a number in another than its shortest form, whatever is wrong) goes ministack's own long way.
"""

from __future__ import annotations

import re
from typing import Any

from aws_stage.patches.replace import replace

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


def apply() -> None:
    from ministack.services import dynamodb

    judged: Judged | None = None

    def remembering(name: str) -> None:
        """Judge each value once in this operation: it changes none of them after that."""

        def handler(data: dict[str, Any]) -> Any:
            nonlocal judged
            judged = Judged(data.get("ReturnConsumedCapacity", "NONE") != "NONE")
            try:
                return original(data)
            finally:
                judged = None

        original = replace(dynamodb, name, handler)

    remembering("_put_item")
    remembering("_batch_write_item")

    def values_error(values: Any, envelope: bool) -> Any:
        known = judged or Judged()
        return original_values_error([value for value in values if known.size(value) == _IN_DOUBT], envelope)

    original_values_error = replace(dynamodb, "_values_error_response", values_error)

    def item_size(item: Any) -> int:
        if not isinstance(item, dict):
            return 0
        size = (judged or Judged()).item_size(item)
        return int(original_item_size(item)) if size == _IN_DOUBT else size

    original_item_size = replace(dynamodb, "_item_size_bytes", item_size)

    def attribute_error(name: str, value: Any, depth: int = 1) -> Any:
        if depth == 1 and (judged or Judged()).size(value) != _IN_DOUBT:
            return None
        return original_attribute_error(name, value, depth)

    original_attribute_error = replace(dynamodb, "_validate_attribute_value", attribute_error)

    def accumulate(*args: Any) -> None:
        if judged is None or judged.capacity:
            original_accumulate(*args)

    original_accumulate = replace(dynamodb, "_accumulate_write_capacity", accumulate)

    def canonical(text: Any) -> Any:
        return text if isinstance(text, str) and _SHORTEST(text) else original_canonical(text)

    original_canonical = replace(dynamodb, "_ddb_canonicalize_number", canonical)
