"""The parts of a pipeline as a table."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from datastreamer.aws.status import Part, all_healthy
from datastreamer.cli.rows import plain


def parts_table(title: str, parts: list[Part]) -> Table:
    """A part a line, with its state in its colour; the title says whether all are as they should be."""
    healthy = all_healthy(parts)
    heading = Text.assemble(f"{title}: ", ("healthy", "green") if healthy else ("unhealthy", "bold red"))
    table = Table(title=heading, title_justify="left")
    for column in ("part", "resource", "state", "detail"):
        table.add_column(column, overflow="fold")
    for part in parts:
        colour = "bold red" if not part.healthy else "yellow" if part.attention else "green"
        table.add_row(plain(part.name), plain(part.resource), Text(part.state, style=colour), plain(part.detail))
    return table
