"""What a field of an event may hold, and how the table of a dataclass's fields is read off it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from datastreamer.errors import InvalidRecordError
from datastreamer.events.reading import EARLIEST, parse_timestamp
from datastreamer.events.strict_json import finite_number, unicode_text

ID_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""Ids stand in queries of stores that have no bound parameters (Timestream), in names of vertices and in addresses:
no quote, no space, no separator of those. ``:`` and ``|`` are left to the ids of vertices and edges."""
EVENT_ID_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"
TEXT_MAX_CHARS: Final = 256
LIST_MAX_IDS: Final = 64
"""A device has a handful of sensors and depends on a handful of others; a bound for what one event may write."""
VERSION_RANGE: Final = (1.0, 2.0**53 - 1)
"""From 1, as Timestream's versions are (WriteRecords), to the largest integer that every reader of JSON keeps exact
(RFC 8259, section 6)."""


class Kind(StrEnum):
    """What a field holds, and how its value is validated."""

    EVENT_ID = "event id"
    """See ``EVENT_ID_PATTERN``."""
    ID = "id"
    """See ``ID_PATTERN``."""
    IDS = "ids"
    """A list of up to ``LIST_MAX_IDS`` ids, none of them twice; may be empty."""
    TEXT = "text"
    """Text of 1 to ``TEXT_MAX_CHARS`` characters that is not blank."""
    NUMBER = "number"
    """A finite number within the field's limits."""
    WHOLE = "whole"
    """A JSON number without fraction or exponent, within the field's limits."""
    TIME = "time"
    """ISO-8601 with an offset, as readings have it; cut to milliseconds, which is what Timestream is written by."""
    OBJECT = "object"
    """An object with a table of its own."""


_NO_LIMITS: Final = (-math.inf, math.inf)


class Rule(NamedTuple):
    """What the contract says of a field.

    ``limits`` of a number: the least and the greatest value, in ``unit``. ``another``: the id must not be that of the
    entity that the event is about.
    """

    kind: Kind
    meaning: str
    unit: str = ""
    limits: tuple[float, float] = _NO_LIMITS
    another: bool = False


class Field(NamedTuple):
    """A row of a table: the ``name`` of a field on the wire and as an attribute; else see ``Rule``."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    limits: tuple[float, float] = _NO_LIMITS
    another: bool = False
    required: bool = False

    @property
    def is_bounded(self) -> bool:
        """Whether a value of the right kind may be out of range."""
        return self.kind is Kind.TIME or self.limits != _NO_LIMITS


def fields_of(table: type) -> tuple[Field, ...]:
    """The attributes of a dataclass that have a ``Rule``, in order; one that may be None is optional."""

    def found() -> Iterator[Field]:
        for name, hint in get_type_hints(table, include_extras=True).items():
            if get_origin(hint) is Annotated:
                held, rule = get_args(hint)
                required = NoneType not in get_args(held)
                yield Field(name, rule.kind, rule.meaning, rule.unit, rule.limits, rule.another, required)

    return tuple(found())


def take(sent: dict[str, Any], fields: tuple[Field, ...], latest: datetime | None = None) -> dict[str, Any]:
    """The values of ``fields`` in ``sent``, None where an optional one was not sent; ``null`` counts as not sent.

    ``latest``: the end of the range of times, where the table has one; it begins at readings' ``EARLIEST``. Raises
    InvalidRecordError with the first of ``reasons_of(fields)`` that applies.
    """
    for field in fields:
        if field.required and sent.get(field.name) is None:
            raise InvalidRecordError(f"missing_{field.name}")
    values: dict[str, Any] = {}
    for field in fields:
        value = sent.get(field.name)
        values[field.name] = taken = None if value is None else _TAKEN[field.kind](value)
        if taken is None and value is not None:
            raise InvalidRecordError(f"invalid_{field.name}")
    for field in fields:
        taken = values[field.name]
        if taken is None or not field.is_bounded:
            continue
        if field.kind is Kind.TIME:
            within = latest is None or EARLIEST <= taken <= latest
        else:
            within = field.limits[0] <= taken <= field.limits[1]
        if not within:
            raise InvalidRecordError(f"{field.name}_out_of_range")
    return values


def reasons_of(fields: tuple[Field, ...]) -> tuple[str, ...]:
    """Why an object with ``fields`` is rejected, in the order in which it is tested."""
    return (
        *(f"missing_{field.name}" for field in fields if field.required),
        *(f"invalid_{field.name}" for field in fields),
        *(f"{field.name}_out_of_range" for field in fields if field.is_bounded),
    )


_ID: Final = re.compile(ID_PATTERN, re.ASCII)
_EVENT_ID: Final = re.compile(EVENT_ID_PATTERN, re.ASCII)


def _id(sent: Any) -> str | None:
    return sent if isinstance(sent, str) and _ID.fullmatch(sent) else None


def _event_id(sent: Any) -> str | None:
    return sent if isinstance(sent, str) and _EVENT_ID.fullmatch(sent) else None


def _ids(sent: Any) -> tuple[str, ...] | None:
    if not isinstance(sent, list) or len(sent) > LIST_MAX_IDS or not all(_id(each) for each in sent):
        return None
    return tuple(sent) if len(set(sent)) == len(sent) else None


def _text(sent: Any) -> str | None:
    text = unicode_text(sent, TEXT_MAX_CHARS)
    return text if text and text.strip() else None


def _whole(sent: Any) -> int | None:
    return sent if type(sent) is int else None


def _time(sent: Any) -> datetime | None:
    moment = parse_timestamp(sent) if isinstance(sent, str) else None
    return moment and moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _object(sent: Any) -> dict[str, Any] | None:
    return sent if isinstance(sent, dict) else None


_TAKEN: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.EVENT_ID: _event_id,
    Kind.ID: _id,
    Kind.IDS: _ids,
    Kind.TEXT: _text,
    Kind.NUMBER: finite_number,
    Kind.WHOLE: _whole,
    Kind.TIME: _time,
    Kind.OBJECT: _object,
}
"""What is taken for the attribute from what was sent; None when that is not of the kind."""
