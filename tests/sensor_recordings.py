"""Recordings that tests replay."""

from __future__ import annotations

import math


def climate_rows(rows: int = 200) -> list[str]:
    """Rows shaped like a room climate recording: entry, time [ms], elapsed [s], node, deg C, %, light."""
    return [
        f"{entry}, {1_458_117_704_955 + entry * 731}, {entry * 731 // 1000}, {1 + entry % 4}, "
        f"{20.5 + math.sin(entry / 9):.2f}, {40.7 + math.cos(entry / 9):.3f}, 251.43"
        for entry in range(1, rows + 1)
    ]
