"""The command line: ``python -m sensor temperature`` and ``python -m sensor replay``."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from datastreamer.errors import DatastreamerError, UsageError
from datastreamer.events.reading import format_timestamp, parse_timestamp
from datastreamer.events.receipt import DEFAULT_DIRECTORY, Receipt
from datastreamer.stages import enter_stage
from sensor.display import LiveView, summary_table
from sensor.kinesis.connection import connect
from sensor.kinesis.writer import KinesisWriter, WriterSettings
from sensor.ledger import Ledger
from sensor.pacing import Pacer
from sensor.packing import Packer
from sensor.run import Run, Source
from sensor.temperature.options import SimulationOptions
from sensor.temperature.simulation import TemperatureSimulation
from sensor.temperature.source import SimulationSource

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StageOption = Annotated[str, typer.Option("--stage", help="Stage to send to: prod, staging or local.")]
StreamOption = Annotated[
    str | None,
    typer.Option("--stream", help="Stream to write to.  [default: datastreamer-<stage>-stream]", show_default=False),
]
RegionOption = Annotated[
    str | None, typer.Option("--region", help="AWS region.  [default: the stage's]", show_default=False)
]
PackOption = Annotated[
    int, typer.Option("--pack", min=1, help="Readings of one device in one Kinesis record, at most.")
]
LingerOption = Annotated[
    float, typer.Option("--linger", min=0.0, help="Seconds that a reading may wait for others to share its record.")
]
ReceiptOption = Annotated[
    Path | None,
    typer.Option(
        "--receipt", help="Where to write the receipt.  [default: receipts/<run id>.json]", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the final summary as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print no progress and no table.")]


@app.callback()
def sensor() -> None:
    """Sensors: send simulated or recorded readings to a stage's Kinesis stream."""


@app.command()
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
    seed: Annotated[int, typer.Option(help="Equal seeds, options and --start give equal readings.")] = 7,
    pack: PackOption = 50,
    dirty: Annotated[float, typer.Option(help="Fraction of lines that break the reading contract.")] = 0.0,
    duplicates: Annotated[float, typer.Option(help="Fraction of lines that repeat an earlier reading.")] = 0.0,
    late: Annotated[float, typer.Option(help="Fraction of lines measured 1 to 72 hours earlier.")] = 0.0,
    start: Annotated[
        str | None,
        typer.Option(
            help="Event time of the first reading, as 2025-10-15 or 2025-10-15T08:30:00Z; later ones follow at "
            "--interval.  [default: every reading has the time at which it is taken]",
            show_default=False,
        ),
    ] = None,
    interval: Annotated[
        float | None,
        typer.Option(
            help="With --start: seconds between two readings of a device.  [default: devices/rate; 60 when flat out]",
            show_default=False,
        ),
    ] = None,
    linger: LingerOption = 1.0,
    stream: StreamOption = None,
    region: RegionOption = None,
    receipt: ReceiptOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send simulated temperature readings, until --count or Ctrl+C."""
    now = datetime.now(UTC)
    if interval is not None and start is None:
        raise UsageError(
            "--interval goes with --start: without --start, readings have the time at which they are taken"
        )
    if start is not None and interval is None:
        interval = devices / rate if rate else 60.0
    if start is not None and count is None and not rate:
        raise UsageError("--start with --rate 0 needs a --count: flat out, event times would soon reach the future")
    options = SimulationOptions(
        devices=devices,
        seed=seed,
        start=_moment(start) if start is not None else now,
        interval=interval,
        dirty=dirty,
        duplicates=duplicates,
        late=late,
    )
    options.check_end(count or 0, now)
    _send(
        "temperature",
        lambda: SimulationSource(TemperatureSimulation(options), Pacer(rate), count),
        {**asdict(options), "start": format_timestamp(options.start), "rate": rate, "count": count},
        stage=stage,
        stream=stream,
        region=region,
        pack=pack,
        linger=linger,
        receipt_path=receipt,
        as_json=as_json,
        quiet=quiet,
        total=count,
    )


def _moment(text: str) -> datetime:
    moment = parse_timestamp(text if "T" in text else f"{text}T00:00:00Z")
    if moment is None:
        raise UsageError(f"--start {text!r} is no time; write it as 2025-10-15 or 2025-10-15T08:30:00Z")
    return moment


def _send(
    source_name: str,
    open_source: Callable[[], Source],
    options: dict[str, Any],
    *,
    stage: str,
    stream: str | None,
    region: str | None,
    pack: int,
    linger: float,
    receipt_path: Path | None,
    as_json: bool,
    quiet: bool,
    total: int | None = None,
) -> None:
    stage = enter_stage(stage, os.environ)
    stream = stream or f"datastreamer-{stage}-stream"
    begun = time.monotonic()
    moment = datetime.now(UTC)
    run_id = f"{moment:%Y%m%dT%H%M%SZ}-{source_name}-{secrets.token_hex(3)}"
    path = receipt_path or DEFAULT_DIRECTORY / f"{run_id}.json"
    if path.exists():
        raise UsageError(f"{path} exists, and a receipt is evidence: move it away or name another with --receipt")
    settings = WriterSettings()
    connection = connect(stream, region, settings.in_flight)
    blank = Receipt(
        run_id=run_id,
        source=source_name,
        stage=stage,
        stream=stream,
        region=connection.region,
        started=format_timestamp(moment),
        options={**options, "pack": pack, "linger": linger},
    )

    def open_writer(ledger: Ledger) -> KinesisWriter:
        return KinesisWriter(connection.client, stream, ledger.add, settings, endpoint=connection.endpoint)

    with LiveView(Console(stderr=True), quiet=quiet, total=total) as view:
        run = Run(blank, path, Packer(pack, linger), open_writer, view)
        receipt, failure = run.execute(open_source())
    elapsed = time.monotonic() - begun
    if as_json:
        summary = {**asdict(receipt), "receipt": str(path), "seconds": round(elapsed, 3)}
        sys.stdout.buffer.write(orjson.dumps(summary, option=orjson.OPT_APPEND_NEWLINE))
    elif not quiet:
        console = Console()
        console.print(summary_table(receipt, elapsed))
        console.print(f"Receipt: {path}", soft_wrap=True)
    if failure is not None:
        raise failure


def main() -> None:
    """Run the command line; a DatastreamerError becomes one line and its exit code."""
    try:
        app()
    except DatastreamerError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
