"""JSON as DynamoDB attributes, exactly, and how large an item of them is.

Sizes and limits: "DynamoDB item sizes and formats" and "Quotas in Amazon DynamoDB" of its developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any, Final

from datastreamer.errors import InvalidRecordError

Attribute = dict[str, Any]

ITEM_MAX_BYTES: Final = 409_600
MAX_DEPTH: Final = 32
NUMBER_MAX_DIGITS: Final = 38
_SHORTENED: Final = Context(prec=NUMBER_MAX_DIGITS)
NUMBER_EXPONENTS: Final = (-130, 125)
"""Of the first digit: a number's magnitude is 0, or from 1E-130 to 9.99...E+125."""

TOO_LARGE: Final = "item_too_large"
TOO_DEEP: Final = "nested_too_deep"
INVALID_NAME: Final = "invalid_name"


def number(value: int | Decimal) -> Attribute:
    """``value`` as a Number, written short: no zeros at the end of a fraction or of a long number.

    A number that DynamoDB could not hold exactly is a String of the digits that were sent.
    """
    if not value:
        return {"N": "0"}
    text = str(value)
    if len(text) <= NUMBER_MAX_DIGITS and "E" not in text:
        return {"N": text.rstrip("0").rstrip(".") if "." in text else text}
    exact = Decimal(value)
    digits = "".join(map(str, exact.as_tuple().digits)).strip("0")
    low, high = NUMBER_EXPONENTS
    fits = len(digits) <= NUMBER_MAX_DIGITS and low <= exact.adjusted() <= high
    return {"N": str(exact.normalize(_SHORTENED))} if fits else {"S": text}


def attribute(value: Any, depth: int = 1) -> Attribute:
    """A parsed JSON value (numbers as int or Decimal) as an attribute value.

    Raises InvalidRecordError for what DynamoDB does not take: deeper than 32 levels, or an empty name in an object.
    """
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is Decimal or kind is int:
        return number(value)
    if kind is bool:
        return {"BOOL": value}
    if value is None:
        return {"NULL": True}
    if depth > MAX_DEPTH:
        raise InvalidRecordError(TOO_DEEP, f"DynamoDB nests attributes {MAX_DEPTH} levels deep at most")
    if kind is list:
        return {"L": [attribute(element, depth + 1) for element in value]}
    if "" in value:
        raise InvalidRecordError(INVALID_NAME, "DynamoDB takes no empty names in a map")
    return {"M": {name: attribute(element, depth + 1) for name, element in value.items()}}


def item_bytes(item: Mapping[str, Attribute]) -> int:
    """The size of an item as DynamoDB reckons it; of numbers it says "approximately"."""
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


def _bytes(value: Attribute) -> int:
    ((kind, content),) = value.items()
    size = 1
    if kind == "S":
        size = len(content.encode())
    elif kind == "N":
        size = sum(character.isdigit() for character in content) // 2 + 2
    elif kind == "L":
        size = 3 + sum(1 + _bytes(element) for element in content)
    elif kind == "M":
        size = 3 + sum(1 + len(name.encode()) + _bytes(element) for name, element in content.items())
    return size
