"""What the user sees: a live line while a run goes on, and a table at its end."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from datastreamer.events.receipt import Receipt
from datastreamer.sensor.kinesis.limits import PAYLOAD_UNIT_BYTES
from datastreamer.sensor.run import Progress

_PLAIN_EVERY: Final = 5.0
_RATE_WINDOW: Final = 5.0


class LiveView:
    """One line that is redrawn in a terminal, and printed every 5 s where there is none. Nothing when ``quiet``.

    ``progress`` gives the fraction done, for a bar; ``total`` the number of lines, where it is known.
    """

    def __init__(
        self,
        console: Console,
        *,
        quiet: bool = False,
        total: int | None = None,
        progress: Callable[[], float | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._quiet = quiet
        self._total = total
        self._progress = progress
        self._clock = clock
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._printed = clock()
        self._history: deque[tuple[float, int, int]] = deque([(self._printed, 0, 0)])

    def __enter__(self) -> Self:
        if self._live and not self._quiet:
            self._live.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._live and not self._quiet:
            self._live.stop()

    def update(self, progress: Progress) -> None:
        """Show the present numbers."""
        if self._quiet:
            return
        now = self._clock()
        self._history.append((now, progress.sent, progress.bytes))
        while len(self._history) > 2 and now - self._history[0][0] > _RATE_WINDOW:
            self._history.popleft()
        if self._live:
            self._live.update(self._with_bar(self._line(progress)))
        elif now - self._printed >= _PLAIN_EVERY:
            self._printed = now
            self._console.print(self._line(progress), soft_wrap=True)

    def _with_bar(self, line: Text) -> Text | Table:
        done = self._progress()
        if done is None:
            return line
        grid = Table.grid(padding=(0, 1))
        grid.add_row(ProgressBar(total=1.0, completed=done, width=24), line)
        return grid

    def _line(self, progress: Progress) -> Text:
        begun, sent_then, size_then = self._history[0]
        now, sent, size = self._history[-1]
        elapsed = max(now - begun, 0.001)
        line = Text()
        if progress.stopping:
            line.append("stopping, Ctrl+C again to drop the rest  ", style="bold yellow")
        line.append(
            f"sent and acknowledged {sent:,}" + (f" of {self._total:,}" if self._total else ""), style="bold green"
        )
        line.append(f"  waiting {progress.waiting:,}")
        line.append(f"  retried {progress.retried:,}", style="yellow" if progress.retried else "")
        line.append(f"  failed {progress.failed:,}", style="red" if progress.failed else "")
        line.append(f"  {(sent - sent_then) / elapsed:,.0f} readings/s", style="cyan")
        line.append(f"  {(size - size_then) / elapsed / 1e6:.2f} MB/s", style="cyan")
        return line


def summary_table(receipt: Receipt, elapsed: float) -> Table:
    """The end of a run of ``elapsed`` seconds in numbers."""
    table = Table(title=f"{receipt.source} -> {receipt.stream}: {receipt.state}", show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right", style="bold")
    rows = {
        "sent (acknowledged by Kinesis)": f"{receipt.readings:,} readings in {receipt.records:,} records",
        "  of them dirty / repeated / late": f"{receipt.dirty_total:,} / {receipt.duplicates:,} / {receipt.late:,}",
        "volume": f"{receipt.bytes / 1e6:,.2f} MB",
        "time": f"{elapsed:,.1f} s, {receipt.readings / max(elapsed, 0.001):,.0f} readings/s",
        "devices / shards": f"{len(receipt.devices):,} / {len(receipt.shards):,}",
        "records sent again / failed attempts": f"{receipt.retried:,} / {receipt.failed:,}",
    }
    if receipt.uncertain:
        rows["sent again after a lost answer"] = f"{receipt.uncertain:,} readings, each possibly stored twice"
    if receipt.unreadable_rows:
        rows["rows that could not be read"] = f"{receipt.unreadable_rows:,}"
    if receipt.unsent:
        rows["NOT SENT"] = f"{receipt.unsent:,} readings"
    if receipt.readings and "pack" in receipt.options:
        rows["cheapest --pack for these readings"] = f"{cheapest_pack(receipt.bytes / receipt.readings):,}"
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def cheapest_pack(reading_bytes: float) -> int:
    """How many readings of ``reading_bytes`` fill one unit of 25 KB, in which Kinesis bills a record."""
    return max(1, int(PAYLOAD_UNIT_BYTES / reading_bytes))
