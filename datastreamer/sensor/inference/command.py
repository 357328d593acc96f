"""``python -m datastreamer.sensor inference``."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from datastreamer.events.labels import LabelFile
from datastreamer.events.reading import format_timestamp
from datastreamer.sensor.command_options import (
    IntervalOption,
    JsonOption,
    QuietOption,
    ReceiptOption,
    RegionOption,
    StageOption,
    StartOption,
    StreamOption,
    simulated_interval,
    start_time,
)
from datastreamer.sensor.inference.options import SimulationOptions
from datastreamer.sensor.inference.simulation import Block, InferenceSimulation
from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.session import Session
from datastreamer.sensor.simulated import SimulationSource


def inference(
    *,
    stage: StageOption = "local",
    devices: Annotated[int, typer.Option(help="Number of devices.")] = 100,
    rate: Annotated[
        float, typer.Option(min=0.0, help="Records a second of all devices together; 0 is flat out.")
    ] = 100.0,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="Stop after so many records.  [default: go on until Ctrl+C]", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seed, options and --start give equal records.")] = 7,
    anomalies: Annotated[float, typer.Option(help="Fraction of readings taken by a faulty device.")] = 0.03,
    poison: Annotated[float, typer.Option(help="Fraction of records that break the contract.")] = 0.0,
    start: StartOption = None,
    interval: IntervalOption = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="File for the truth about each record: event id, device, normal, anomaly or poison, and its kind.",
            show_default=False,
        ),
    ] = None,
    stream: StreamOption = None,
    region: RegionOption = None,
    receipt: ReceiptOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send simulated records to be scored, some of faulty devices, some poison, until --count or Ctrl+C."""
    options = SimulationOptions(
        devices=devices,
        seed=seed,
        start=datetime.now(UTC) if start is None else start_time(start),
        interval=simulated_interval(start, interval, devices=devices, rate=rate),
        anomalies=anomalies,
        poison=poison,
    )
    session = Session(
        stage,
        stream,
        region,
        None,
        0.0,
        receipt,
        as_json,
        quiet,
        default_stream="datastreamer-{stage}-inference-stream",
    )
    described = {**asdict(options), "start": format_timestamp(options.start), "rate": rate, "count": count}
    with LabelFile(labels) if labels else nullcontext() as file:

        def witness(block: Block) -> None:
            if file:
                file.add(block.labels())

        source = SimulationSource(InferenceSimulation(options), Pacer(rate), count, witness)
        session.send(source, "inference", described, total=count)
