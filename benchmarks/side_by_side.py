"""Two functions measured in turn, as the machine may be busy: what counts is the ratio of a round."""

from __future__ import annotations

import io
import statistics
import sys
import zipfile
from collections.abc import Callable
from typing import Any


def in_turn(rounds: int, naive: Callable[[], float], ours: Callable[[], float]) -> tuple[float, float, dict[str, Any]]:
    """The medians of both rates, and ``ratio`` (the median) with ``ratio_of_each_round``."""
    rates = []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        rates.append((naive(), ours()))
    ratios = [one / other for other, one in rates]
    slow, fast = (statistics.median(each) for each in zip(*rates, strict=True))
    return slow, fast, {"ratio": statistics.median(ratios), "ratio_of_each_round": ratios}


def function_package(source: str) -> bytes:
    """The zip of a function whose ``handler.py`` is ``source``."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("handler.py", source)
    return archive.getvalue()
