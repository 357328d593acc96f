"""``python -m datastreamer.sensor temperature``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from datastreamer.errors import UsageError
from datastreamer.events.reading import format_timestamp
from datastreamer.sensor.command_options import (
    IntervalOption,
    JsonOption,
    LingerOption,
    PackOption,
    QuietOption,
    ReceiptOption,
    RegionOption,
    StageOption,
    StartOption,
    StreamOption,
    simulated_interval,
    start_time,
)
from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.session import Session
from datastreamer.sensor.simulated import SimulationSource
from datastreamer.sensor.temperature.options import SimulationOptions
from datastreamer.sensor.temperature.simulation import TemperatureSimulation


def temperature(
    *,
    stage: StageOption = "local",
    devices: Annotated[int, typer.Option(help="Number of devices.")] = 100,
    rate: Annotated[
        float, typer.Option(min=0.0, help="Readings a second of all devices together; 0 is flat out.")
    ] = 100.0,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="Stop after so many lines.  [default: go on until Ctrl+C]", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seed, options and --start give equal readings.")] = 7,
    pack: PackOption = 50,
    dirty: Annotated[float, typer.Option(help="Fraction of lines that break the reading contract.")] = 0.0,
    duplicates: Annotated[float, typer.Option(help="Fraction of lines that repeat an earlier reading.")] = 0.0,
    late: Annotated[float, typer.Option(help="Fraction of lines measured 1 to 72 hours earlier.")] = 0.0,
    start: StartOption = None,
    interval: IntervalOption = None,
    linger: LingerOption = 1.0,
    stream: StreamOption = None,
    region: RegionOption = None,
    receipt: ReceiptOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send simulated temperature readings, until --count or Ctrl+C."""
    now = datetime.now(UTC)
    interval = simulated_interval(start, interval, devices=devices, rate=rate)
    if interval is not None and count is None and interval > (devices / rate if rate else 0.0):
        raise UsageError("--start needs a --count when event times run faster than the clock, into the future")
    options = SimulationOptions(
        devices=devices,
        seed=seed,
        start=now if start is None else start_time(start),
        interval=interval,
        dirty=dirty,
        duplicates=duplicates,
        late=late,
    )
    options.check_end(count or 0, now)
    session = Session(stage, stream, region, pack, linger, receipt, as_json, quiet)
    source = SimulationSource(TemperatureSimulation(options), Pacer(rate), count)
    described = {**asdict(options), "start": format_timestamp(options.start), "rate": rate, "count": count}
    session.send(source, "temperature", described, total=count)
