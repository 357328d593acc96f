"""Dirty lines: what broken devices, bad cables and careless firmware send, each with the reason the lake must give."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from datastreamer.events.aggregation import AGGREGATED, AGGREGATION_MAGIC
from datastreamer.events.reading import FIELDS, Field, Kind

Reading = dict[str, Any]


class DirtKind(NamedTuple):
    """One way to be wrong: ``spoil`` makes the line (without its newline) from a valid reading and its line."""

    name: str
    reason: str
    spoil: Callable[[Reading, bytes], bytes]


def _dump(reading: Reading) -> bytes:
    return json.dumps(reading, ensure_ascii=False, separators=(",", ":")).encode()


def _with(name: str, value: Any) -> Callable[[Reading, bytes], bytes]:
    return lambda reading, _line: _dump({**reading, name: value})


def _without(name: str) -> Callable[[Reading, bytes], bytes]:
    return lambda reading, _line: _dump({key: value for key, value in reading.items() if key != name})


def _raw(name: str, text: str) -> Callable[[Reading, bytes], bytes]:
    """Put ``text``, which no JSON writer would write, in the place of the value of ``name``."""
    return lambda reading, _line: _dump({**reading, name: "\x00"}).replace(b'"\\u0000"', text.encode())


_HUGE_TEXT: Final = "x" * 20_000

_DEEP: Final = b"[" * 25_000 + b"]" * 25_000
_MANY: Final = b"".join(b',"f%d":1' % number for number in range(1_000))

_FOUND: Final = (
    DirtKind("one_space", "empty_line", lambda _reading, _line: b" "),
    DirtKind("blanks", "empty_line", lambda _reading, _line: b" \t "),
    DirtKind("invalid_utf8", "invalid_utf8", lambda _reading, line: line.replace(b'"site":"', b'"site":"\xff\xfe')),
    DirtKind("latin_1", "invalid_utf8", lambda _reading, line: line.replace(b'"site":"', b'"site":"Z\xfcrich-')),
    DirtKind("truncated", "invalid_json", lambda _reading, line: line[: len(line) // 2]),
    DirtKind("no_closing_brace", "invalid_json", lambda _reading, line: line[:-1]),
    DirtKind("trailing_comma", "invalid_json", lambda _reading, line: line[:-1] + b",}"),
    DirtKind("single_quotes", "invalid_json", lambda _reading, line: line.replace(b'"', b"'")),
    DirtKind("two_objects", "invalid_json", lambda _reading, line: line + line),
    DirtKind("byte_order_mark", "invalid_json", lambda _reading, line: b"\xef\xbb\xbf" + line),
    DirtKind("control_character", "invalid_json", lambda _reading, line: line.replace(b'"site":"', b'"site":"\x07')),
    DirtKind("name_twice", "invalid_json", lambda _reading, line: line[:-1] + b',"temperature":0.0}'),
    DirtKind("nan_in_unknown_field", "invalid_json", lambda _reading, line: line[:-1] + b',"dew_point":NaN}'),
    DirtKind("line_noise", "invalid_json", lambda _reading, _line: b"\x1b[2J~~~#!AT+CSQ?"),
    DirtKind("deep_nesting", "nested_too_deep", lambda _reading, line: line[:-1] + b',"a":' + _DEEP + b"}"),
    DirtKind("array", "not_an_object", lambda _reading, line: b"[" + line + b"]"),
    DirtKind("bare_number", "not_an_object", lambda reading, _line: str(reading["temperature"]).encode()),
    DirtKind("bare_text", "not_an_object", lambda _reading, _line: b'"sensor restarted"'),
    DirtKind("bare_null", "not_an_object", lambda _reading, _line: b"null"),
    DirtKind("no_event_id", "missing_event_id", _without("event_id")),
    DirtKind("null_event_id", "missing_event_id", _with("event_id", None)),
    DirtKind("no_device_id", "missing_device_id", _without("device_id")),
    DirtKind("no_timestamp", "missing_timestamp", _without("timestamp")),
    DirtKind("no_temperature", "missing_temperature", _without("temperature")),
    DirtKind("null_temperature", "missing_temperature", _with("temperature", None)),
    DirtKind("empty_object", "missing_event_id", lambda _reading, _line: b"{}"),
    DirtKind("blank_event_id", "invalid_event_id", _with("event_id", "   ")),
    DirtKind("long_event_id", "invalid_event_id", _with("event_id", "e" * 129)),
    DirtKind("numeric_device_id", "invalid_device_id", _with("device_id", 42)),
    DirtKind("unicode_device_id", "invalid_device_id", _with("device_id", "温度計" * 50)),
    DirtKind("epoch_timestamp", "invalid_timestamp", _with("timestamp", 1_760_517_000)),
    DirtKind("local_timestamp", "invalid_timestamp", _with("timestamp", "2025-10-15T08:30:00")),
    DirtKind("us_timestamp", "invalid_timestamp", _with("timestamp", "10/15/2025 8:30 AM")),
    DirtKind("no_such_day", "invalid_timestamp", _with("timestamp", "2025-02-30T08:30:00.000Z")),
    DirtKind("unicode_digits", "invalid_timestamp", _with("timestamp", "\uff12\uff10\uff12\uff15-10-15T08:30:00.000Z")),
    DirtKind("text_temperature", "invalid_temperature", _with("temperature", "21.5")),
    DirtKind("unit_in_temperature", "invalid_temperature", _with("temperature", "21.5 °C")),
    DirtKind("boolean_temperature", "invalid_temperature", _with("temperature", True)),
    DirtKind("list_temperature", "invalid_temperature", _with("temperature", [21.5])),
    DirtKind("nan_temperature", "invalid_temperature", _raw("temperature", "NaN")),
    DirtKind("infinite_temperature", "invalid_temperature", _raw("temperature", "-Infinity")),
    DirtKind("overflowing_temperature", "invalid_temperature", _raw("temperature", "1e999")),
    DirtKind("huge_integer_temperature", "invalid_temperature", _raw("temperature", "9" * 400)),
    DirtKind("text_humidity", "invalid_humidity", _with("humidity", "high")),
    DirtKind("object_battery", "invalid_battery", _with("battery", {"volt": 3.1})),
    DirtKind("numeric_site", "invalid_site", _with("site", 7)),
    DirtKind("huge_site", "invalid_site", _with("site", _HUGE_TEXT)),
    DirtKind("lone_surrogate_site", "invalid_site", _raw("site", '"\\ud83d"')),
    DirtKind("list_firmware", "invalid_firmware", _with("firmware", ["1", "4"])),
    DirtKind("unset_clock", "timestamp_out_of_range", _with("timestamp", "1970-01-01T00:00:07.000Z")),
    DirtKind("far_future", "timestamp_out_of_range", _with("timestamp", "2099-12-31T23:59:59.999Z")),
    DirtKind("disconnected_probe", "temperature_out_of_range", _with("temperature", -273.15)),
    DirtKind("huge_temperature", "temperature_out_of_range", _with("temperature", 1.7e308)),
    DirtKind("negative_humidity", "humidity_out_of_range", _with("humidity", -3.2)),
    DirtKind("overcharged_battery", "battery_out_of_range", _with("battery", 101.5)),
    DirtKind("aggregated", AGGREGATED, lambda _reading, line: AGGREGATION_MAGIC + line),
    DirtKind("many_fields", "too_many_fields", lambda _reading, line: line[:-1] + _MANY + b"}"),
)
"""What devices were seen to send, and their like."""


def _wrong(fields: Iterable[Field], done: Iterable[DirtKind]) -> Iterator[DirtKind]:
    """The plainest way to be wrong of each of ``fields``, for the reasons for which nothing is ``done`` yet."""
    covered = {kind.reason for kind in done}
    for field in fields:
        kinds = [DirtKind(f"list_{field.name}", f"invalid_{field.name}", _with(field.name, []))]
        if field.kind is Kind.NUMBER:
            too_much = _with(field.name, 2.0 * abs(field.limits[1]) + 1.0)
            kinds.append(DirtKind(f"too_much_{field.name}", f"{field.name}_out_of_range", too_much))
        yield from (kind for kind in kinds if kind.reason not in covered)


DIRT: Final = (*_FOUND, *_wrong(FIELDS, _FOUND))


def spoil(kind: int, line: bytes) -> tuple[bytes, str]:
    """The dirty line of ``DIRT[kind]`` made from the valid ``line`` (both with their newline), and its reason."""
    body = line.rstrip(b"\n")
    chosen = DIRT[kind]
    return chosen.spoil(json.loads(body), body) + b"\n", chosen.reason
