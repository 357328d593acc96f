"""Options that sensor commands share."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from datastreamer.errors import UsageError
from datastreamer.events.reading import parse_timestamp

StageOption = Annotated[str, typer.Option("--stage", help="Stage to send to: prod, staging or local.")]
PackOption = Annotated[
    int,
    typer.Option(
        "--pack", min=1, max=10_000, metavar="N", help="Readings of one device in one Kinesis record, at most."
    ),
]
LingerOption = Annotated[
    float,
    typer.Option(
        "--linger", min=0.0, metavar="SECONDS", help="Seconds that a reading may wait for others to share its record."
    ),
]
StreamOption = Annotated[
    str | None,
    typer.Option("--stream", help="Stream to write to.  [default: datastreamer-<stage>-stream]", show_default=False),
]
StartOption = Annotated[
    str | None,
    typer.Option(
        "--start",
        help="Event time of the first readings, as 2025-10-15 or 2025-10-15T08:30:00Z; later ones follow at "
        "--interval.  [default: readings have the time at which they are taken]",
        show_default=False,
    ),
]
IntervalOption = Annotated[
    float | None,
    typer.Option(
        "--interval",
        help="With --start: seconds between two readings of a device.  [default: devices/rate; 60 when flat out]",
        show_default=False,
    ),
]
RegionOption = Annotated[
    str | None, typer.Option("--region", help="AWS region.  [default: the stage's]", show_default=False)
]
ReceiptOption = Annotated[
    Path | None,
    typer.Option("--receipt", help="File for the receipt.  [default: receipts/<run id>.json]", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the final summary as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print no progress and no table.")]

_FLAT_OUT_INTERVAL = 60.0


def simulated_interval(start: str | None, interval: float | None, *, devices: int, rate: float) -> float | None:
    """Seconds between two readings of a device, or None when readings have the time at which they are taken.

    Raises UsageError for ``--interval`` without ``--start``.
    """
    if start is None and interval is not None:
        raise UsageError("--interval goes with --start: without it, readings have the time at which they are taken")
    if start is None or interval is not None:
        return interval
    return (devices / rate if rate else 0.0) or _FLAT_OUT_INTERVAL


def start_time(text: str) -> datetime:
    """The moment that ``--start`` names; raises UsageError when it names none."""
    moment = parse_timestamp(text if "T" in text else f"{text}T00:00:00Z")
    if moment is None:
        raise UsageError(f"--start {text!r} is no time; write it as 2025-10-15 or 2025-10-15T08:30:00Z")
    return moment
