"""An event of a fleet: one JSON object, one line, an envelope of the same seven fields around a payload of its type.

    {"event_id": "…", "event_type": "link_changed", "occurred_at": "2026-11-30T08:30:00.123Z", "site_id": "tokyo",
     "source": "registry", "version": 7, "payload": {"device_id": "d-17", "gateway_id": "g-2", "rssi": -71}}

``parse_event`` is the contract in plain Python. What counts as JSON says ``datastreamer.events.strict_json``.

**Order.** Of two events about the same entity the one with the greater ``version`` is the newer one, whichever arrived
first; of equal versions the one with the greater ``event_id``. Whoever writes about an entity sees to it that versions
grow: a counter, or microseconds since 1970. The clock in ``occurred_at`` orders measurements, not facts.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from datastreamer.errors import InvalidRecordError
from datastreamer.events.fleet.fields import VERSION_RANGE, Field, Kind, Rule, fields_of, reasons_of, take
from datastreamer.events.fleet.payloads import EVENT_TYPES, FIELDS, MEASURES, TYPE_OF, Measures, Payload
from datastreamer.events.reading import format_timestamp
from datastreamer.events.strict_json import LINE_REASONS, as_json, parse_object

FUTURE_TOLERANCE: Final = timedelta(minutes=15)
"""How far ``occurred_at`` may be ahead of the event's arrival in the stream: as far as Timestream takes measurements
(its quota "future ingestion period"). What is older than its stores keep is valid, and theirs to refuse."""


@dataclass(frozen=True)
class Event:
    """A valid event. ``occurred_at`` is aware, UTC, cut to milliseconds.

    ``extra`` is a JSON object of the fields that the contract does not know, those of the payload and of its measures
    where they stood, ASCII; None when there are none.
    """

    event_id: Annotated[str, Rule(Kind.EVENT_ID, "Unique id that its source gave it")]
    occurred_at: Annotated[datetime, Rule(Kind.TIME, "When it happened or was measured, UTC")]
    site_id: Annotated[str, Rule(Kind.ID, "Site at which it happened; the partition key")]
    source: Annotated[str, Rule(Kind.ID, "What says so: a registry, a gateway, an automation")]
    version: Annotated[int, Rule(Kind.WHOLE, "Grows with each event about the entity", limits=VERSION_RANGE)]
    payload: Annotated[Payload, Rule(Kind.OBJECT, "What happened, by the type's table")]
    extra: str | None = None

    @property
    def event_type(self) -> str:
        """Its name on the wire."""
        return TYPE_OF[type(self.payload)]

    @property
    def order(self) -> tuple[int, str]:
        """What newer events about the same entity have more of."""
        return self.version, self.event_id

    @property
    def entity(self) -> tuple[str, str]:
        """What it is about: the name of the id (``device_id``), and the id."""
        about = EVENT_TYPES[self.event_type].about
        return about, self.site_id if about == "site_id" else getattr(self.payload, about)


def _envelope() -> tuple[Field, ...]:
    found = fields_of(Event)
    event_type = Field("event_type", Kind.ID, "Which table the payload has", required=True)
    return (found[0], event_type, *found[1:])


ENVELOPE: Final = _envelope()

UNKNOWN_EVENT_TYPE: Final = "unknown_event_type"
REASONS: Final = tuple(
    dict.fromkeys(
        (
            *LINE_REASONS,
            *reasons_of(ENVELOPE),
            UNKNOWN_EVENT_TYPE,
            *(reason for table in FIELDS.values() for reason in reasons_of(table)),
            *reasons_of(MEASURES),
        )
    )
)
"""Reason codes, in the order in which they are tested for an event of a type: it gets the first that applies."""


def reject_reason(line: bytes, arrived: datetime) -> str | None:
    """Why ``line`` is not a valid event, or None when it is one; see ``parse_event``."""
    try:
        parse_event(line, arrived)
    except InvalidRecordError as error:
        return error.reason
    return None


def parse_event(line: bytes, arrived: datetime) -> Event:
    """The event that ``line`` (one line, no line end) holds.

    ``arrived`` is when the line reached the stream (aware), which is the same for whoever reads it and however often.
    ``null`` counts as missing for a required field and as absent for an optional one.

    Raises InvalidRecordError with the first of ``REASONS`` that applies.
    """
    sent = parse_object(line)
    envelope = take(sent, ENVELOPE, arrived + FUTURE_TOLERANCE)
    name, body = envelope.pop("event_type"), envelope["payload"]
    if name not in EVENT_TYPES:
        raise InvalidRecordError(UNKNOWN_EVENT_TYPE, f"{name} is none of {', '.join(EVENT_TYPES)}")
    values = take(body, FIELDS[name])
    _no_loops(name, values)
    unknown = _unknown(sent, ENVELOPE)
    beyond = _unknown(body, FIELDS[name])
    if "measures" in values:
        measured, values["measures"] = values["measures"], _measures(values["measures"])
        more = _unknown(measured, MEASURES)
        beyond |= {"measures": more} if more else {}
    unknown |= {"payload": beyond} if beyond else {}
    payload = EVENT_TYPES[name].payload(**values)
    return Event(**{**envelope, "payload": payload}, extra=as_json(unknown) if unknown else None)


def encode_event(event: Event) -> bytes:
    """``event`` as one line without its end, ASCII; the unknown fields that it came with are where they stood."""
    document: dict[str, Any] = {
        "event_id": event.event_id,
        "event_type": event.event_type,
        "occurred_at": format_timestamp(event.occurred_at),
        "site_id": event.site_id,
        "source": event.source,
        "version": event.version,
        "payload": _without_nulls(asdict(event.payload)),
    }
    if event.extra:
        _put(json.loads(event.extra), document)
    return json.dumps(document, separators=(",", ":")).encode()


def _measures(sent: dict[str, Any]) -> Measures:
    measures = Measures(**take(sent, MEASURES))
    if all(getattr(measures, field.name) is None for field in fields(measures)):
        raise InvalidRecordError("missing_measures", f"none of {', '.join(field.name for field in MEASURES)}")
    return measures


def _no_loops(name: str, values: dict[str, Any]) -> None:
    """Nothing is its own uplink, and nothing depends on itself."""
    itself = values.get(EVENT_TYPES[name].about)
    for field in FIELDS[name]:
        taken = values[field.name]
        if field.another and taken is not None and itself in ((taken,) if isinstance(taken, str) else taken):
            raise InvalidRecordError(f"invalid_{field.name}", f"{itself} names itself")


def _unknown(sent: dict[str, Any], table: tuple[Field, ...]) -> dict[str, Any]:
    known = {field.name for field in table}
    return {name: value for name, value in sent.items() if name not in known}


def _without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_nulls(value) if isinstance(value, dict) else value
        for name, value in values.items()
        if value is not None
    }


def _put(extra: dict[str, Any], document: dict[str, Any]) -> None:
    """Add what ``document`` lacks; an object that both have is filled up."""
    for name, value in extra.items():
        if isinstance(value, dict) and isinstance(document.get(name), dict):
            _put(value, document[name])
        else:
            document[name] = value
