"""``python -m datastreamer.sensor replay``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from datastreamer.errors import UsageError
from datastreamer.sensor.command_options import (
    JsonOption,
    LingerOption,
    PackOption,
    QuietOption,
    ReceiptOption,
    RegionOption,
    StageOption,
    StreamOption,
)
from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.replay.columns import resolve
from datastreamer.sensor.replay.moments import TimestampUnit, reader, time_zone
from datastreamer.sensor.replay.readings import ReadingReader
from datastreamer.sensor.replay.recording import Recording
from datastreamer.sensor.replay.source import ReplaySource
from datastreamer.sensor.session import Session

_COLUMN = "Column: its number, counted from 1, or its name in the header."


def replay(
    *,
    csv: Annotated[Path, typer.Option("--csv", help="File to replay; may be gzip.", show_default=False)],
    device_id: Annotated[str, typer.Option("--device-id", help=_COLUMN, show_default=False)],
    timestamp: Annotated[str, typer.Option("--timestamp", help=_COLUMN, show_default=False)],
    temperature: Annotated[str, typer.Option("--temperature", help=_COLUMN + " Deg C.", show_default=False)],
    humidity: Annotated[str | None, typer.Option("--humidity", help=_COLUMN + " %.", show_default=False)] = None,
    battery: Annotated[str | None, typer.Option("--battery", help=_COLUMN + " %.", show_default=False)] = None,
    site: Annotated[str | None, typer.Option("--site", help=_COLUMN, show_default=False)] = None,
    stage: StageOption = "local",
    header: Annotated[
        bool, typer.Option("--header/--no-header", help="Whether the first row names the columns.")
    ] = True,
    delimiter: Annotated[str, typer.Option("--delimiter", help="One character, or tab.")] = ",",
    timestamp_unit: Annotated[
        TimestampUnit, typer.Option("--timestamp-unit", help="Unit since 1970-01-01 UTC, or iso for ISO-8601 text.")
    ] = TimestampUnit.ISO,
    zone: Annotated[str, typer.Option("--time-zone", help="Zone of ISO times that have no offset.")] = "UTC",
    speedup: Annotated[
        float | None,
        typer.Option(
            "--speedup",
            help="Keep the recorded distances in time, so many times faster.  [default: take no notice of them]",
            show_default=False,
        ),
    ] = None,
    rate: Annotated[float, typer.Option(min=0.0, help="Readings a second, at most; 0 is flat out.")] = 0.0,
    pack: PackOption = 50,
    linger: LingerOption = 1.0,
    stream: StreamOption = None,
    region: RegionOption = None,
    receipt: ReceiptOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send recorded readings from a CSV file. Replaying a file twice adds nothing to the lake."""
    if speedup is not None and not speedup > 0.0:
        raise UsageError(f"--speedup must be greater than 0, not {speedup}")
    separator = "\t" if delimiter in ("tab", "\\t") else delimiter
    if len(separator) != 1 or separator in '"\r\n':
        raise UsageError(f"--delimiter must be one character or tab, not {delimiter!r}")
    moment_of = reader(timestamp_unit, time_zone(zone))
    recording = Recording(csv, separator)
    first = next(recording.rows(), None)
    if first is None:
        raise UsageError(f"{csv} is empty")
    if first.problem is not None:
        raise UsageError(f"{csv}, line {first.line}: {first.problem}")
    columns = resolve(
        {
            "device-id": device_id,
            "timestamp": timestamp,
            "temperature": temperature,
            "humidity": humidity,
            "battery": battery,
            "site": site,
        },
        first.fields if header else None,
        len(first.fields),
    )
    digest = recording.digest()
    rows = recording.rows()
    if header:
        next(rows)
    source = ReplaySource(rows, ReadingReader(columns, moment_of, digest), Pacer(rate), speedup)
    described = {
        "csv": csv.name,
        "sha256": digest,
        "columns": {name: column + 1 for name, column in columns.items()},
        "timestamp_unit": timestamp_unit.value,
        "time_zone": zone,
        "speedup": speedup,
        "rate": rate,
    }
    session = Session(stage, stream, region, pack, linger, receipt, as_json, quiet)
    sent = session.send(source, "replay", described)
    if not sent.readings and source.unreadable.count:
        raise UsageError(f"no row of {csv} could be read; check the columns, --timestamp-unit and --no-header")
