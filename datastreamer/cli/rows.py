"""Lists as tables that stay readable at 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from datastreamer.cli.shown import in_a_line

GOOD = frozenset({"ACTIVE", "INSERVICE", "ENABLED", "OK", "HEALTHY"})
BAD = frozenset({"FAILED", "MISSING", "ALARM", "DISABLED", "INACTIVE", "OUTOFSERVICE", "UNHEALTHY", "ARCHIVED"})
STATE_HEADINGS = frozenset({"status", "state"})


def table_of(headings: Sequence[str], rows: Iterable[Sequence[object]], *, none: str) -> RenderableType:
    """A row a line; numbers to the right, states in their colour. Without a row, the sentence ``none``."""
    kept = list(rows)
    if not kept:
        return Text(none, style="dim")
    table = Table()
    for place, heading in enumerate(headings):
        numeric = all(isinstance(row[place], int | float) for row in kept)
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in kept:
        table.add_row(*(_cell(heading, value) for heading, value in zip(headings, row, strict=True)))
    return table


def coloured(state: str) -> Text:
    """A state in green, red, or (under way) yellow."""
    word = state.upper().replace(" ", "")
    return Text(in_a_line(state), style="green" if word in GOOD else "bold red" if word in BAD else "yellow")


def plain(value: object) -> Text:
    """A value as it is: no markup, and control characters as visible ones."""
    if value is None:
        return Text("-", style="dim")
    return Text(f"{value:,}" if isinstance(value, int) else in_a_line(str(value)))


def _cell(heading: str, value: object) -> Text:
    return coloured(str(value)) if heading in STATE_HEADINGS and value is not None else plain(value)
