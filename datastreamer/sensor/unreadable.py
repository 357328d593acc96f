"""Rows that made no reading: counted all, the first ones kept for the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console

_KEPT: Final = 20


@dataclass
class Unreadable:
    """``first`` holds line number and problem of the first 20 of ``count`` rows."""

    count: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: int, problem: str) -> None:
        """Row ``line`` (1-based, of the file) could not be read."""
        self.count += 1
        if len(self.first) < _KEPT:
            self.first.append({"line": line, "problem": problem})

    def print(self, console: Console) -> None:
        """List them; nothing when there are none."""
        for row in self.first:
            console.print(f"line {row['line']}: {row['problem']}", soft_wrap=True, highlight=False, markup=False)
        if self.count > len(self.first):
            console.print(f"... and {self.count - len(self.first):,} more rows that could not be read")
