"""Dirty lines: what broken sources send, each with the reason that the pipeline must give."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from datastreamer.events.aggregation import AGGREGATED, AGGREGATION_MAGIC
from datastreamer.events.fleet.event import ENVELOPE
from datastreamer.events.fleet.fields import Field, Kind
from datastreamer.events.fleet.payloads import FIELDS, MEASURES

Document = dict[str, Any]
Spoil = Callable[[Document, bytes], bytes]


class DirtKind(NamedTuple):
    """One way to be wrong: ``spoil`` makes the line (without its newline) from a valid event of ``event_type`` and its
    line."""

    name: str
    reason: str
    spoil: Spoil
    event_type: str = "metric"


def _dump(document: Document) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _with(name: str, value: Any) -> Spoil:
    return lambda document, _line: _dump({**document, name: value})


def _without(name: str) -> Spoil:
    return lambda document, _line: _dump({key: value for key, value in document.items() if key != name})


def _payload(spoil: Spoil) -> Spoil:
    """Spoil the payload instead of the envelope."""
    return lambda document, line: _dump({**document, "payload": json.loads(spoil(document["payload"], line))})


def _measures(spoil: Spoil) -> Spoil:
    return _payload(_inside("measures", spoil))


def _inside(name: str, spoil: Spoil) -> Spoil:
    return lambda document, line: _dump({**document, name: json.loads(spoil(document[name], line))})


def _itself(name: str, about: str, *, listed: bool = False) -> Spoil:
    def spoil(payload: Document, _line: bytes) -> bytes:
        return _dump({**payload, name: [payload[about]] if listed else payload[about]})

    return _payload(spoil)


_DEEP: Final = b"[" * 25_000 + b"]" * 25_000
_MANY: Final = b"".join(b',"f%d":1' % number for number in range(1_000))

_FOUND: Final = (
    DirtKind("blanks", "empty_line", lambda _document, _line: b" \t "),
    DirtKind("aggregated", AGGREGATED, lambda _document, line: AGGREGATION_MAGIC + line),
    DirtKind("latin_1", "invalid_utf8", lambda _document, line: line.replace(b'"source":"', b'"source":"Z\xfcrich-')),
    DirtKind("deep_nesting", "nested_too_deep", lambda _document, line: line[:-1] + b',"a":' + _DEEP + b"}"),
    DirtKind("many_fields", "too_many_fields", lambda _document, line: line[:-1] + _MANY + b"}"),
    DirtKind("truncated", "invalid_json", lambda _document, line: line[: len(line) // 2]),
    DirtKind("two_objects", "invalid_json", lambda _document, line: line + line),
    DirtKind("name_twice", "invalid_json", lambda _document, line: line[:-1] + b',"version":1}'),
    DirtKind("nan_in_unknown_field", "invalid_json", lambda _document, line: line[:-1] + b',"dew_point":NaN}'),
    DirtKind("array", "not_an_object", lambda _document, line: b"[" + line + b"]"),
    DirtKind("bare_text", "not_an_object", lambda _document, _line: b'"gateway restarted"'),
    DirtKind("null_payload", "missing_payload", _with("payload", None)),
    DirtKind("quote_in_event_id", "invalid_event_id", _with("event_id", "x' OR '1'='1")),
    DirtKind("long_event_id", "invalid_event_id", _with("event_id", "e" * 129)),
    DirtKind("site_with_a_space", "invalid_site_id", _with("site_id", "tokyo bay")),
    DirtKind("unicode_site", "invalid_site_id", _with("site_id", "東京")),
    DirtKind("epoch_time", "invalid_occurred_at", _with("occurred_at", 1_760_517_000)),
    DirtKind("local_time", "invalid_occurred_at", _with("occurred_at", "2026-11-30T08:30:00")),
    DirtKind("text_version", "invalid_version", _with("version", "7")),
    DirtKind("float_version", "invalid_version", _with("version", 7.5)),
    DirtKind("text_payload", "invalid_payload", _with("payload", "{}")),
    DirtKind("unset_clock", "occurred_at_out_of_range", _with("occurred_at", "1970-01-01T00:00:07.000Z")),
    DirtKind("far_future", "occurred_at_out_of_range", _with("occurred_at", "2099-12-31T23:59:59.999Z")),
    DirtKind("version_zero", "version_out_of_range", _with("version", 0)),
    DirtKind("version_in_nanoseconds", "version_out_of_range", _with("version", 1_764_491_400_123_456_789)),
    DirtKind("unknown_type", "unknown_event_type", _with("event_type", "door_opened")),
    DirtKind("no_measures", "missing_measures", _payload(_with("measures", {}))),
    DirtKind("text_temperature", "invalid_temperature", _measures(_with("temperature", "21.5 °C"))),
    DirtKind("disconnected_probe", "temperature_out_of_range", _measures(_with("temperature", -273.15))),
    DirtKind("its_own_uplink", "invalid_uplink_id", _itself("uplink_id", "gateway_id"), "gateway_registered"),
    DirtKind("needs_itself", "invalid_targets", _itself("targets", "device_id", listed=True), "depends_on"),
)
"""What sources were seen to send, and their like."""


def _wrong(done: Iterable[DirtKind]) -> Iterator[DirtKind]:
    """The plainest way to be wrong for each reason for which nothing is ``done`` yet."""
    covered = {kind.reason for kind in done}
    tables: list[tuple[tuple[Field, ...], Callable[[Spoil], Spoil], str]] = [
        (ENVELOPE, lambda spoil: spoil, "metric"),
        *((fields, _payload, event_type) for event_type, fields in FIELDS.items()),
        (MEASURES, _measures, "metric"),
    ]
    for fields, where, event_type in tables:
        for kind in (kind for field in fields for kind in _wrong_field(field, where, event_type)):
            if kind.reason not in covered:
                covered.add(kind.reason)
                yield kind


def _wrong_field(field: Field, where: Callable[[Spoil], Spoil], event_type: str) -> Iterator[DirtKind]:
    name = field.name
    if field.required:
        yield DirtKind(f"no_{name}", f"missing_{name}", where(_without(name)), event_type)
    wrong: list[Any] = [[]] if field.kind is Kind.IDS else []
    yield DirtKind(f"list_{name}", f"invalid_{name}", where(_with(name, wrong)), event_type)
    if field.kind is Kind.NUMBER and field.is_bounded:
        too_much = where(_with(name, 2.0 * abs(field.limits[1]) + 1.0))
        yield DirtKind(f"too_much_{name}", f"{name}_out_of_range", too_much, event_type)


DIRT: Final = (*_FOUND, *_wrong(_FOUND))


def spoil(kind: DirtKind, line: bytes) -> bytes:
    """A dirty line made from a valid one of the kind's type (both without their newline)."""
    return kind.spoil(json.loads(line), line)
