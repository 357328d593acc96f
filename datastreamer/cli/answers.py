"""Showing a query's answer: a table for people, CSV or JSON for machines, a bar chart for a terminal."""

from __future__ import annotations

import csv
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from datastreamer.telemetry.queries import Answer

NUMERIC_TYPES = frozenset({"tinyint", "smallint", "integer", "bigint", "float", "real", "double", "decimal"})
CHART_WIDTH = 48


def show_table(answer: Answer, out: Console, *, most: int | None = None) -> None:
    """One rich table of the first ``most`` rows (all when None); numbers to the right, NULL dimmed."""
    table = Table()
    for name, kind in zip(answer.columns, answer.types, strict=True):
        table.add_column(name, justify="right" if _is_numeric(kind) else "left", overflow="fold")
    for row in answer.rows[:most]:
        table.add_row(*("[dim]NULL[/]" if cell is None else _escape(cell) for cell in row))
    out.print(table)
    if most is not None and len(answer.rows) > most:
        out.print(f"[dim]… and {len(answer.rows) - most} more rows[/]")


def write_csv(answer: Answer) -> None:
    """RFC 4180 with a header; NULL is an empty field."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([["" if cell is None else cell for cell in row] for row in answer.rows])


def write_json(answer: Answer) -> None:
    """``{"columns", "rows": [{column: value}], "scanned_bytes", "milliseconds", "query_id"}``; numbers are numbers."""
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
    """A horizontal bar per row: the first column labels it, the last one (a number) is its length."""
    bars = [(row[0] or "NULL", float(row[-1])) for row in answer.rows[:most] if row[-1] is not None]
    if not bars:
        return
    low, high = min(value for _, value in bars), max(value for _, value in bars)
    # A bar starts a little below the smallest value: differences of a few degrees would not show from zero.
    floor = min(0.0, low) if low <= 0 else low - (high - low or low) * 0.25
    label_width = max(len(label) for label, _ in bars)
    for label, value in bars:
        length = round((value - floor) / ((high - floor) or 1) * CHART_WIDTH)
        out.print(f"{_escape(label):<{label_width}}  [cyan]{'█' * length}[/] {value:.2f}", soft_wrap=True)
    hidden = len(answer.rows) - most
    if hidden > 0:
        out.print(f"[dim]… and {hidden} more; bars start at {floor:.2f}[/]")


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


def _escape(text: str) -> str:
    return text.replace("[", r"\[")
