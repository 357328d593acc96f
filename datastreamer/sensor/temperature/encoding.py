"""Readings to JSON lines, whole arrays at a time.

Every field has a fixed place in a byte matrix of one row a reading. Digits come from lookup tables; a place that a
shorter value leaves free holds the pad byte 0, which no JSON text contains, and dropping all pads at the end leaves
compact lines.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datastreamer.events.reading import FIELDS
from datastreamer.sensor.temperature.fleet import FIRMWARE, SITES, Fleet, Ints

Bytes = NDArray[np.uint8]

ID_START: Final = len('{"event_id":"')
"""Where in its line an event id begins."""
_SEQUENCE_DIGITS: Final = 10
_DECIMALS: Final = {"temperature": 2, "humidity": 1, "battery": 1}
"""The numbers that a device sends, and how finely it measures them."""
_LIMITS: Final = {field.name: field.limits for field in FIELDS}
_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000


class EncodedLines(NamedTuple):
    """``data`` holds the lines one after the other, each with its newline; line ``i`` has ``lengths[i]`` bytes."""

    data: bytes
    lengths: Ints


def _table(texts: list[str]) -> tuple[Bytes, Ints]:
    width = max(len(text) for text in texts)
    rows = b"".join(text.encode().ljust(width, b"\0") for text in texts)
    return np.frombuffer(rows, np.uint8).reshape(len(texts), width), np.array([len(text) for text in texts], np.int64)


class _Numbers:
    """The field ``name`` with each value that the contract lets it have, written with so many ``decimals``."""

    def __init__(self, name: str, decimals: int) -> None:
        scale = 10**decimals
        low, high = (round(limit * scale) for limit in _LIMITS[name])
        self._low = low
        self._texts, self._lengths = _table(
            [f',"{name}":{number / scale:.{decimals}f}' for number in range(low, high + 1)]
        )

    def of(self, values: Ints) -> tuple[Bytes, Ints]:
        """The texts of ``values`` (in units of the last decimal), padded, and how long each is without its pads."""
        place = values - self._low
        return self._texts[place], self._lengths[place]


class LineEncoder:
    """Encodes readings of ``fleet``; ``tag`` starts every event id."""

    def __init__(self, fleet: Fleet, tag: str) -> None:
        names = fleet.names
        self._head, head_lengths = _table([f'{{"event_id":"{tag}-{name.removeprefix("sensor-")}-' for name in names])
        self.id_lengths = head_lengths - ID_START + _SEQUENCE_DIGITS
        """Bytes of the event ids of each device."""
        self._device, _ = _table([f'","device_id":"{name}","timestamp":"' for name in names])
        self._tail, self._tail_lengths = _table(
            [
                f',"site":"{SITES[site].name}","firmware":"{FIRMWARE[firmware]}"}}\n'
                for site, firmware in zip(fleet.site.tolist(), fleet.firmware.tolist(), strict=True)
            ]
        )
        self._pairs, _ = _table([f"{number:02d}" for number in range(100)])
        self._quads, _ = _table([f"{number:04d}" for number in range(10_000)])
        self._minutes, _ = _table([f"T{number // 60:02d}:{number % 60:02d}:" for number in range(1_440)])
        self._seconds, _ = _table([f'{number // 1000:02d}.{number % 1000:03d}Z"' for number in range(_MINUTE_MS)])
        self._numbers = {name: _Numbers(name, decimals) for name, decimals in _DECIMALS.items()}

    def encode(
        self, *, device: Ints, sequence: Ints, time_ms: Ints, centi: Ints, humidity: Ints, battery: Ints
    ) -> EncodedLines:
        """One line a reading: ``time_ms`` since the epoch, temperature in 1/100 deg C, the other two in 1/10 %."""
        day, in_day = np.divmod(time_ms, _DAY_MS)
        minute, in_minute = np.divmod(in_day, _MINUTE_MS)
        high, low = np.divmod(sequence, 10_000)
        top, middle = np.divmod(high, 10_000)
        measured = {"temperature": centi, "humidity": humidity, "battery": battery}
        numbers = [self._numbers[name].of(values) for name, values in measured.items()]
        parts = (
            self._head[device],
            self._pairs[top],
            self._quads[middle],
            self._quads[low],
            self._device[device],
            _dates(day),
            self._minutes[minute],
            self._seconds[in_minute],
            *(text for text, _ in numbers),
            self._tail[device],
        )
        matrix = np.concatenate(parts, axis=1)
        lengths = self._tail_lengths[device] + sum(part.shape[1] for part in parts[:8])
        for _, own in numbers:
            lengths += own
        return EncodedLines(matrix[matrix != 0].tobytes(), lengths)


def _dates(day: Ints) -> Bytes:
    unique, position = np.unique(day, return_inverse=True)
    texts = np.datetime_as_string(unique.astype("datetime64[D]"), unit="D")
    return _table(texts.tolist())[0][position]
