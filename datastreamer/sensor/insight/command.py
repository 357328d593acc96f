"""``python -m datastreamer.sensor insight``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from datastreamer.events.fleet.truth import TruthFile
from datastreamer.events.reading import format_timestamp
from datastreamer.sensor.command_options import (
    IntervalOption,
    JsonOption,
    LingerOption,
    QuietOption,
    ReceiptOption,
    RegionOption,
    StageOption,
    StartOption,
    StreamOption,
    simulated_interval,
    start_time,
)
from datastreamer.sensor.insight.options import SimulationOptions
from datastreamer.sensor.insight.simulation import InsightSimulation
from datastreamer.sensor.insight.witness import Witness
from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.session import Session
from datastreamer.sensor.simulated import SimulationSource


def insight(
    *,
    stage: StageOption = "local",
    sites: Annotated[int, typer.Option(help="Number of sites.")] = 5,
    devices: Annotated[int, typer.Option(help="Number of devices of all sites together.")] = 500,
    rate: Annotated[
        float, typer.Option(min=0.0, help="Events a second of all devices together; 0 is flat out.")
    ] = 1000.0,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="Stop after so many lines.  [default: go on until Ctrl+C]", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seed, options and --start give equal events.")] = 7,
    pack: Annotated[
        int,
        typer.Option(
            "--pack", min=1, max=10_000, metavar="N", help="Events of one site in one Kinesis record, at most."
        ),
    ] = 50,
    dirty: Annotated[float, typer.Option(help="Fraction of lines that break the contract.")] = 0.0,
    late: Annotated[float, typer.Option(help="Fraction of lines that come after up to 5,000 later ones.")] = 0.0,
    duplicates: Annotated[float, typer.Option(help="Fraction of lines that repeat an earlier event.")] = 0.0,
    topology_changes: Annotated[
        float, typer.Option(help="Changes of the fleet for each metric: moves, links, firmware, replacements.")
    ] = 0.0,
    incidents: Annotated[int, typer.Option(help="Incidents that go on at a time: four kinds in turn.")] = 0,
    truth: Annotated[
        Path | None,
        typer.Option(
            help="File for the truth: each incident with its cause and whom it troubles, and the graph at the end.",
            show_default=False,
        ),
    ] = None,
    start: StartOption = None,
    interval: IntervalOption = None,
    linger: LingerOption = 1.0,
    stream: StreamOption = None,
    region: RegionOption = None,
    receipt: ReceiptOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send the events of a simulated fleet, its topology before its metrics, until --count or Ctrl+C."""
    now = datetime.now(UTC)
    options = SimulationOptions(
        sites=sites,
        devices=devices,
        seed=seed,
        start=now if start is None else start_time(start),
        interval=simulated_interval(start, interval, devices=devices, rate=rate),
        dirty=dirty,
        duplicates=duplicates,
        late=late,
        topology_changes=topology_changes,
        incidents=incidents,
    )
    options.check_end(count, rate, now)
    session = Session(
        stage,
        stream,
        region,
        pack,
        linger,
        receipt,
        as_json,
        quiet,
        default_stream="datastreamer-{stage}-insight-stream",
    )
    simulation, pacer = InsightSimulation(options), Pacer(rate)
    described: dict[str, Any] = {
        **asdict(options),
        "start": format_timestamp(options.start),
        "rate": rate,
        "count": count,
    }
    if truth is None:
        session.send(SimulationSource(simulation, pacer, count), "insight", described, total=count)
        return
    with TruthFile(truth) as file:
        witness = Witness(file, described)
        session.send(SimulationSource(simulation, pacer, count, witness.see), "insight", described, total=count)
        witness.close()
