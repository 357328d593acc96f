"""Rows to readings: the line that a device would have sent, with an event id that depends on nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeVar

import orjson

from datastreamer.aws.putting import MAX_KEY_CHARS
from datastreamer.events.digest import id_hash, line_hash, packed
from datastreamer.events.reading import FIELDS, Kind, format_timestamp, reject_reason
from datastreamer.sensor import marks
from datastreamer.sensor.packing import Lines
from datastreamer.sensor.replay.guesses import Guesses
from datastreamer.sensor.replay.numbers import MISSING, Notation
from datastreamer.sensor.replay.recording import Row
from datastreamer.sensor.unreadable import Unreadable

_NUMBERS: Final = tuple(field.name for field in FIELDS if field.kind is Kind.NUMBER)
_TEXTS: Final = tuple(field.name for field in FIELDS if field.kind is Kind.TEXT)
_PLAIN: Final = Notation()
_Value = TypeVar("_Value")
_REQUIRED: Final = ("device-id", "timestamp", "date", "time", "temperature")


class ReplayedReading(NamedTuple):
    """One reading: its moment (UTC), its line ready to pack, and the share of the file read so far."""

    moment: datetime
    lines: Lines
    read: float


class ReadingReader:
    """Reads rows of a recording; ``columns`` has the 0-based column of each field (named as its option).

    The moment is in the column ``timestamp``, or in ``date`` and ``time``, which ``moment_of`` gets with a space
    between them. ``device`` sent all rows if there is no column ``device-id``. ``width``: how many columns the first
    row has; further ones must be empty, or a value was torn in two (by a decimal comma) or the header is another
    table's. ``guesses`` counts numbers that were taken for missing.

    Event ids are derived from ``digest`` (of the file's content), the line number and the reading itself: a second
    replay of a file gives the same ids, and one with other columns, a corrected one for example, gives new ids.
    """

    def __init__(
        self,
        columns: Mapping[str, int],
        moment_of: Callable[[str], datetime],
        digest: str,
        guesses: Guesses,
        *,
        notation: Notation = _PLAIN,
        device: str = "",
        width: int | None = None,
    ) -> None:
        self._columns = dict(columns)
        self._moment_of = moment_of
        self._digest = digest.encode()
        self._guesses = guesses
        self._notation = notation
        self._device = device
        self._width = width
        self._last = max(columns.values())

    def read(self, rows: Iterator[Row], unreadable: Unreadable) -> Iterator[ReplayedReading]:
        """The readings of ``rows``; what cannot be read goes to ``unreadable``."""
        now = datetime.now(UTC)
        for row in rows:
            problem = row.problem
            if problem is None:
                try:
                    yield self._reading(row, now)
                    continue
                except ValueError as error:
                    problem = str(error)
            unreadable.add(row.line, problem)

    def _reading(self, row: Row, now: datetime) -> ReplayedReading:
        fields = row.fields
        if len(fields) <= self._last:
            raise ValueError(f"it has {len(fields)} columns, and column {self._last + 1} is needed")
        if self._width is not None and any(fields[self._width :]):
            raise ValueError(f"it has {len(fields)} columns, and the first row has {self._width}")
        texts = {name: fields[column] for name, column in self._columns.items()}
        if self._notation.nulls:
            texts = {name: "" if text in self._notation.nulls else text for name, text in texts.items()}
        for name in _REQUIRED:
            if name in texts and not texts[name]:
                raise ValueError(f"{name} is empty")
        device = texts.get("device-id", self._device)
        if len(device) > MAX_KEY_CHARS:
            raise ValueError(f"device-id has {len(device):,} characters, more than {MAX_KEY_CHARS}")
        when = texts["timestamp"] if "timestamp" in texts else f"{texts['date']} {texts['time']}"
        moment = _named("timestamp", self._moment_of, when)
        reading: dict[str, Any] = {
            "event_id": "",
            "device_id": device,
            "timestamp": format_timestamp(moment),
            "temperature": _named("temperature", self._notation.celsius, texts["temperature"]),
        }
        for name in _NUMBERS:
            if name not in reading and (text := texts.get(name)):
                if text.casefold() in MISSING:
                    self._guesses.add(f"{text!r} was taken for a missing {name}")
                else:
                    reading[name] = _named(name, self._notation.number, text)
        for name in _TEXTS:
            if texts.get(name):
                reading[name] = texts[name]
        reading["event_id"] = self._event_id(row.line, reading)
        line = orjson.dumps(reading)
        reason = reject_reason(line, now)
        mark = [] if reason is None else [(0, marks.DIRTY + reason)]
        known_by = packed([id_hash(reading["event_id"].encode()) if reason is None else line_hash(line)])
        return ReplayedReading(moment, Lines(device, line + b"\n", (len(line) + 1,), mark, known_by), row.read)

    def _event_id(self, line: int, reading: Mapping[str, Any]) -> str:
        content = self._digest + b":%d:" % line + orjson.dumps(reading)
        return "replay-" + hashlib.blake2b(content, digest_size=12).hexdigest()


def _named(name: str, parse: Callable[[str], _Value], text: str) -> _Value:
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
