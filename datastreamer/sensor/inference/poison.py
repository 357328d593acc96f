"""Poison: records that no model can score, as broken devices, bad cables and careless firmware send them.

Every poison record holds the event id that its device gave it somewhere in its bytes, so that it can be found again
wherever it was put aside, however broken it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from datastreamer.events.aggregation import AGGREGATION_MAGIC
from datastreamer.events.labels import REASONS

Record = dict[str, Any]


class Poison(NamedTuple):
    """One way to be unscorable: ``spoil`` makes its bytes from a valid record and that record's bytes."""

    name: str
    spoil: Callable[[Record, bytes], bytes]

    @property
    def reason(self) -> str:
        """The code with which the pipeline must park it."""
        return REASONS[self.name]


def _dump(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def _with(name: str, value: Any) -> Callable[[Record, bytes], bytes]:
    return lambda record, _body: _dump({**record, name: value})


def _without(name: str) -> Callable[[Record, bytes], bytes]:
    return lambda record, _body: _dump({key: value for key, value in record.items() if key != name})


def _raw(name: str, text: str) -> Callable[[Record, bytes], bytes]:
    """Put ``text``, which no JSON writer would write, in the place of the value of ``name``."""
    return lambda record, _body: _dump({**record, name: "\x00"}).replace(b'"\\u0000"', text.encode())


def _first_value(text: str) -> Callable[[Record, bytes], bytes]:
    """Put ``text`` in the place of the first number of ``data``."""

    def spoil(record: Record, _body: bytes) -> bytes:
        data = ",".join([text, *(str(value) for value in record["data"][1:])])
        return _raw("data", f"[{data}]")(record, b"")

    return spoil


def _data(change: Callable[[list[float]], Any]) -> Callable[[Record, bytes], bytes]:
    return lambda record, _body: _dump({**record, "data": change(record["data"])})


_TOO_DEEP: Final[Any] = json.loads("[" * 40 + "]" * 40)
_HUGE_TEXT: Final = "x" * 420_000

POISONS: Final = (
    Poison("log_line", lambda record, _body: f"ERR {record['id']} timeout {record['event_id']}".encode()),
    Poison("truncated", lambda _record, body: body[:-9]),
    Poison("name_twice", lambda _record, body: body[:-1] + b',"id":"sensor-000"}'),
    Poison("lone_surrogate", _raw("site", '"\\ud83d"')),
    Poison("nan_value", _first_value("NaN")),
    Poison("infinite_value", _first_value("-Infinity")),
    Poison("not_utf8", lambda _record, body: body.replace(b'"site":"', b'"site":"\xff\xfe')),
    Poison("two_objects", lambda _record, body: body + body),
    Poison("aggregated", lambda _record, body: AGGREGATION_MAGIC + body),
    Poison("array", lambda _record, body: b"[" + body + b"]"),
    Poison("bare_text", lambda record, _body: _dump(record["event_id"])),
    Poison("no_id", _without("id")),
    Poison("null_id", _with("id", None)),
    Poison("numeric_id", _with("id", 17)),
    Poison("empty_id", _with("id", "")),
    Poison("long_id", _with("id", "s" * 1_025)),
    Poison("long_unicode_id", _with("id", "温" * 342)),
    Poison("no_data", _without("data")),
    Poison("null_data", _with("data", None)),
    Poison("empty_data", _with("data", [])),
    Poison("text_data", _data(lambda data: ",".join(map(str, data)))),
    Poison("object_data", _data(lambda data: {"temperature": data[0]})),
    Poison("text_value", _first_value('"21.5"')),
    Poison("null_value", _first_value("null")),
    Poison("boolean_value", _first_value("true")),
    Poison("nested_values", _data(lambda data: [data])),
    Poison("overflowing_value", _first_value("1e999")),
    Poison("huge_field", _with("log", _HUGE_TEXT)),
    Poison("deep_field", _with("log", _TOO_DEEP)),
    Poison("nameless_field", _with("log", {"": 1})),
    Poison("too_few_values", _data(lambda data: data[:2])),
    Poison("too_many_values", _data(lambda data: [*data, 3.7])),
)
WHOLESOME: Final = -1
"""In the place of an index of POISONS."""


def spoil(kind: int, body: bytes) -> bytes:
    """The poison record of ``POISONS[kind]`` made from the valid record ``body``."""
    return POISONS[kind].spoil(json.loads(body), body)
