"""``python -m datastreamer.sensor taxi``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from datastreamer.errors import DatastreamerError, UsageError
from datastreamer.events.labels import LabelFile
from datastreamer.events.trip import Trip
from datastreamer.sensor.command_options import (
    JsonOption,
    QuietOption,
    ReceiptOption,
    RegionOption,
    StageOption,
    StreamOption,
)
from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.session import Session
from datastreamer.sensor.taxi.anomalies import Injector
from datastreamer.sensor.taxi.source import TripSource
from datastreamer.sensor.taxi.trips import TRIPS_A_DAY, by_dropoff, recorded, simulated
from datastreamer.sensor.unreadable import Unreadable
from datastreamer.wording import counted

NEW_YORK = ZoneInfo("America/New_York")
GENERATED_RATE = 10.0


def taxi(
    *,
    stage: StageOption = "local",
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="File of TLC's to replay; may be gzip.", show_default=False),
    ] = None,
    generate: Annotated[bool, typer.Option("--generate", help="Simulate riders, traffic and the meter.")] = False,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Trips a second, at most; 0 is flat out.  [default: 10 with --generate, else 0]",
            show_default=False,
        ),
    ] = None,
    speedup: Annotated[
        float | None,
        typer.Option(
            help="Keep the distances in time between drop-offs, so many times faster.  [default: take no notice of "
            "them]",
            show_default=False,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="With --generate: the first day, as 2025-01-15.  [default: today in New York]", show_default=False
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="Stop after so many trips.  [default: the file's end, or Ctrl+C]", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Equal seed, options and trips give equal records.")] = 7,
    anomalies: Annotated[float, typer.Option(help="Fraction of trips whose fare or distance is made wrong.")] = 0.0,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="File for the truth about each trip: its id, zone, normal or anomaly, and the kind.",
            show_default=False,
        ),
    ] = None,
    stream: StreamOption = None,
    region: RegionOption = None,
    receipt: ReceiptOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send yellow-taxi trips when they end, recorded or simulated, some with a wrong fare; until --count or Ctrl+C."""
    if generate == (csv is not None):
        raise UsageError("give either --csv FILE or --generate")
    if speedup is not None and not 0.0 < speedup < float("inf"):
        raise UsageError(f"--speedup must be greater than 0, not {speedup}")
    if start is not None and csv is not None:
        raise UsageError("--start goes with --generate: a file has its own days")
    pace = (GENERATED_RATE if generate else 0.0) if rate is None else rate
    unreadable, injector = Unreadable(), Injector(anomalies, seed)
    read: list[float] = [0.0]
    if csv:
        trips = _noting(recorded(csv, unreadable), read)
    else:
        # At a rate in event time, a day has as many trips as are sent while it passes.
        a_day = max(1, round(pace * 86_400 / speedup)) if speedup and pace else TRIPS_A_DAY
        trips = simulated(_first_day(start), a_day, seed=seed)
    with LabelFile(labels) if labels else nullcontext() as file:
        source = TripSource(
            by_dropoff(trips),
            # In event time it is the drop-offs that say when: rush hours are above the average.
            Pacer(0.0 if generate and speedup else pace),
            injector,
            speedup=speedup,
            count=count,
            unreadable=unreadable,
            read=(lambda: read[0]) if csv else (lambda: None),
            witness=file.add if file else (lambda _labels: None),
        )
        session = Session(
            stage, stream, region, None, 0.0, receipt, as_json, quiet, default_stream="datastreamer-{stage}-taxi-stream"
        )
        described = {
            "csv": csv.name if csv else None,
            "start": start,
            "rate": pace,
            "speedup": speedup,
            "count": count,
            "seed": seed,
            "anomalies": anomalies,
        }
        sent = session.send(source, "taxi", described, total=count).readings
    if unreadable.count and not sent:
        raise UsageError(f"no row of {csv} is a trip")
    if unreadable.count:
        raise DatastreamerError(f"{csv}: {counted(unreadable.count, 'row')} could not be read")


def _noting(trips: Iterator[tuple[Trip, float]], read: list[float]) -> Iterator[Trip]:
    """The trips alone; ``read`` holds how far the file was read."""
    for trip, share in trips:
        read[0] = share
        yield trip


def _first_day(text: str | None) -> date:
    if text is None:
        return datetime.now(NEW_YORK).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--start {text!r} is no day; write it as 2025-01-15") from error
