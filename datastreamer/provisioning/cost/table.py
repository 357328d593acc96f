"""The lines of an estimate, and how they are shown."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """One line of the estimate: a part of the pipeline, what is counted, USD a month."""

    part: str
    quantity: str
    usd: float


def rounded(size: int, unit: int) -> int:
    """``size`` rounded up to a whole number of ``unit``."""
    return math.ceil(size / unit) * unit


def table(costs: list[Cost]) -> str:
    """The estimate as a Markdown table with its sum, each line ended."""
    rows = [("part", "quantity", "USD a month")]
    rows += [(cost.part, cost.quantity, f"{cost.usd:,.2f}") for cost in costs]
    rows.append(("**sum**", "", f"**{sum(cost.usd for cost in costs):,.2f}**"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    rule = f"|{'-' * (widths[0] + 2)}|{'-' * (widths[1] + 2)}|{'-' * (widths[2] + 1)}:|"
    lines = [f"| {part:<{widths[0]}} | {quantity:<{widths[1]}} | {usd:>{widths[2]}} |" for part, quantity, usd in rows]
    return "".join(f"{line}\n" for line in (lines[0], rule, *lines[1:]))
