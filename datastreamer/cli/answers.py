"""Showing a query's answer: a table for people, CSV or JSON for machines, a bar chart for a terminal."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from datastreamer.aws.athena import Answer
from datastreamer.cli.shown import in_lines
from datastreamer.errors import UsageError

NUMERIC_TYPES = frozenset({"tinyint", "smallint", "integer", "bigint", "float", "real", "double", "decimal"})
CHART_WIDTH = 48


def show_table(answer: Answer, out: Console, *, most: int | None = None) -> None:
    """The first ``most`` rows (all when None) as a table: numbers to the right, NULL dimmed.

    Where the terminal is too narrow for the columns' names, each row becomes a block with a line for each column.
    """
    shown = answer.rows[:most]
    if sum(len(name) + 3 for name in answer.columns) + 1 <= out.width:
        out.print(_table(answer, shown))
    else:
        for number, row in enumerate(shown, start=1):
            out.rule(f"[dim]row {number}[/]", align="left")
            out.print(_block(answer, row))
    if answer.more:
        out.print("[yellow]… and more rows, which are not shown: --all shows every row, --csv and --json write them[/]")
    elif len(answer.rows) > len(shown):
        out.print(f"[dim]… and {len(answer.rows) - len(shown)} more rows[/]")


def _table(answer: Answer, rows: Sequence[Sequence[str | None]]) -> Table:
    table = Table()
    for name, kind in zip(answer.columns, answer.types, strict=True):
        table.add_column(_text(name), justify="right" if _is_numeric(kind) else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_text, row))
    return table


def _block(answer: Answer, row: Sequence[str | None]) -> Table:
    block = Table.grid(padding=(0, 2))
    block.add_column(style="bold")
    block.add_column(overflow="fold")
    for name, cell in zip(answer.columns, row, strict=True):
        block.add_row(_text(name), _text(cell))
    return block


def write_csv(answer: Answer) -> None:
    """RFC 4180 with a header; NULL is an empty field."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([["" if cell is None else cell for cell in row] for row in answer.rows])


def write_json(answer: Answer) -> None:
    """``{"columns", "rows": [{column: value}], "scanned_bytes", "milliseconds", "query_id"}``; numbers are numbers.

    Raises UsageError when two columns have one name: an object would keep only the last.
    """
    twice = sorted(name for name, count in Counter(answer.columns).items() if count > 1)
    if twice:
        raise UsageError(f"more than one column is named {', '.join(twice)}: --json needs names of their own (AS …)")
    rows = [
        {name: _json_value(cell, kind) for name, kind, cell in zip(answer.columns, answer.types, row, strict=True)}
        for row in answer.rows
    ]
    document = {
        "columns": [{"name": name, "type": kind} for name, kind in zip(answer.columns, answer.types, strict=True)],
        "rows": rows,
        "scanned_bytes": answer.scanned_bytes,
        "milliseconds": answer.milliseconds,
        "query_id": answer.query_id,
    }
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def show_chart(answer: Answer, out: Console, *, most: int = 12) -> None:
    """A horizontal bar per row: the first column labels it, the last one is its length.

    Rows without a finite number have no bar. Raises UsageError when the last column is not numeric.
    """
    if not answer.columns or not _is_numeric(answer.types[-1]):
        raise UsageError("--chart draws the last column, which must be a number")
    measured = [(row[0] or "NULL", float(row[-1])) for row in answer.rows if row[-1] is not None]
    finite = [(label, value) for label, value in measured if math.isfinite(value)]
    bars = finite[:most]
    if not bars:
        return
    low, high = min(value for _, value in bars), max(value for _, value in bars)
    # A bar starts a little below the smallest value: differences of a few degrees would not show from zero.
    floor = min(0.0, low) if low <= 0 else low - (high - low or low) * 0.25
    label_width = max(len(label) for label, _ in bars)
    for label, value in bars:
        length = round((value - floor) / ((high - floor) or 1) * CHART_WIDTH)
        line = Text.assemble(_text(f"{label:<{label_width}}  "), ("█" * length, "cyan"), f" {value:.2f}")
        out.print(line, soft_wrap=True)
    hidden = len(finite) - len(bars)
    left_out = "… and more" if answer.more else f"… and {hidden} more"
    notes = [left_out] * bool(hidden or answer.more) + [f"bars start at {floor:.2f}"] * bool(floor)
    if notes:
        out.print(f"[dim]{'; '.join(notes)}[/]")


def _is_numeric(kind: str) -> bool:
    return kind.partition("(")[0] in NUMERIC_TYPES


def _json_value(cell: str | None, kind: str) -> Any:
    if cell is None:
        return None
    base = kind.partition("(")[0]
    if base == "boolean":
        return cell == "true"
    if base in NUMERIC_TYPES and cell not in ("NaN", "Infinity", "-Infinity"):
        return json.loads(cell) if base != "decimal" else cell
    return cell


def _text(cell: str | None) -> Text:
    """A cell as it is: no markup, and control characters (a device may send any) as visible ones."""
    return Text("NULL", style="dim") if cell is None else Text(in_lines(cell))
