"""Readings to JSON lines, whole arrays at a time.

Every field has a fixed place in a byte matrix of one row a reading. Digits come from lookup tables; a place that a
shorter value leaves free holds the pad byte 0, which no JSON text contains, and dropping all pads at the end leaves
compact lines.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensor.temperature.fleet import FIRMWARE, SITES, Fleet, Ints

Bytes = NDArray[np.uint8]

ID_START: Final = len('{"event_id":"')
"""Where in its line an event id begins."""
_SEQUENCE_DIGITS: Final = 10
_TEMPERATURE_OFFSET: Final = 10_000
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
        self._seconds, _ = _table(
            [f'{number // 1000:02d}.{number % 1000:03d}Z","temperature":' for number in range(_MINUTE_MS)]
        )
        self._temperature, self._temperature_lengths = _table(
            [f"{number / 100:.2f}" for number in range(-_TEMPERATURE_OFFSET, 20_001)]
        )
        percents = [f"{number / 10:.1f}" for number in range(1_001)]
        self._humidity, self._humidity_lengths = _table([f',"humidity":{text}' for text in percents])
        self._battery, self._battery_lengths = _table([f',"battery":{text}' for text in percents])

    def encode(
        self, *, device: Ints, sequence: Ints, time_ms: Ints, centi: Ints, humidity: Ints, battery: Ints
    ) -> EncodedLines:
        """One line a reading: ``time_ms`` since the epoch, temperature in 1/100 deg C, the other two in 1/10 %."""
        day, in_day = np.divmod(time_ms, _DAY_MS)
        minute, in_minute = np.divmod(in_day, _MINUTE_MS)
        temperature = centi + _TEMPERATURE_OFFSET
        high, low = np.divmod(sequence, 10_000)
        top, middle = np.divmod(high, 10_000)
        parts = (
            self._head[device],
            self._pairs[top],
            self._quads[middle],
            self._quads[low],
            self._device[device],
            _dates(day),
            self._minutes[minute],
            self._seconds[in_minute],
            self._temperature[temperature],
            self._humidity[humidity],
            self._battery[battery],
            self._tail[device],
        )
        matrix = np.concatenate(parts, axis=1)
        lengths = (
            self._temperature_lengths[temperature]
            + self._humidity_lengths[humidity]
            + self._battery_lengths[battery]
            + self._tail_lengths[device]
            + sum(part.shape[1] for part in parts[:8])
        )
        return EncodedLines(matrix[matrix != 0].tobytes(), lengths)


def _dates(day: Ints) -> Bytes:
    unique, position = np.unique(day, return_inverse=True)
    texts = np.datetime_as_string(unique.astype("datetime64[D]"), unit="D")
    return _table(texts.tolist())[0][position]
