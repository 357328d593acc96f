"""A dry run: what a replay would send, what it would guess, and which rows it cannot read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

import orjson
from rich.console import Console

from datastreamer.sensor.replay.guesses import Guesses
from datastreamer.sensor.replay.readings import ReadingReader
from datastreamer.sensor.replay.recording import Row
from datastreamer.sensor.unreadable import Unreadable
from datastreamer.wording import counted

_SHOWN: Final = 5


def try_out(
    rows: Iterator[Row], reader: ReadingReader, guesses: Guesses, described: dict[str, Any], *, as_json: bool
) -> tuple[int, Unreadable]:
    """Read every row of ``rows`` and print what came of them; nothing is sent.

    Returns how many readings they make, and what could not be read.
    """
    unreadable = Unreadable()
    first: list[bytes] = []
    readings = dirty = 0
    for reading in reader.read(rows, unreadable):
        readings += 1
        dirty += bool(reading.lines.marks)
        if len(first) < _SHOWN:
            first.append(reading.lines.data)
    if as_json:
        document = {
            **described,
            "readings": readings,
            "dirty": dirty,
            "first": [orjson.loads(line) for line in first],
            "guesses": guesses.lines(),
            "unreadable_rows": unreadable.count,
            "unreadable": unreadable.first,
        }
        sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
        return readings, unreadable
    console = Console()

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False, markup=False)

    refused = f", of which the lake would refuse {dirty:,}" if dirty else ""
    shown = "; the first:" if first else ""
    say(f"Nothing was sent. {described['csv']} has {counted(readings, 'reading')}{refused}{shown}")
    for line in first:
        say(line.decode().rstrip("\n"))
    for guess in guesses.lines():
        say(f"Guessed: {guess}")
    unreadable.print(console)
    return readings, unreadable
