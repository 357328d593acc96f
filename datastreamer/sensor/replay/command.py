"""``python -m datastreamer.sensor replay``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from datastreamer.errors import DatastreamerError, UsageError
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
from datastreamer.sensor.replay.columns import temperature_unit
from datastreamer.sensor.replay.guesses import Guesses
from datastreamer.sensor.replay.layout import lay_out
from datastreamer.sensor.replay.moments import TimestampUnit, format_reader, reader, time_zone
from datastreamer.sensor.replay.numbers import Notation, TemperatureUnit
from datastreamer.sensor.replay.readings import ReadingReader
from datastreamer.sensor.replay.recording import Recording
from datastreamer.sensor.replay.source import ReplaySource
from datastreamer.sensor.replay.trial import try_out
from datastreamer.sensor.session import Session
from datastreamer.wording import counted

_COLUMN = "Column: its number, counted from 1, or its name in the header."


def replay(
    *,
    csv: Annotated[Path, typer.Option("--csv", help="File to replay; may be gzip.", show_default=False)],
    temperature: Annotated[str, typer.Option("--temperature", help=_COLUMN, show_default=False)],
    device_id: Annotated[str | None, typer.Option("--device-id", help=_COLUMN, show_default=False)] = None,
    device: Annotated[
        str | None, typer.Option("--device", help="The device of all rows, if no column names it.", show_default=False)
    ] = None,
    timestamp: Annotated[str | None, typer.Option("--timestamp", help=_COLUMN, show_default=False)] = None,
    date: Annotated[
        str | None, typer.Option("--date", help=_COLUMN + " With --time, for --timestamp.", show_default=False)
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", help=_COLUMN + " With --date, for --timestamp.", show_default=False)
    ] = None,
    humidity: Annotated[str | None, typer.Option("--humidity", help=_COLUMN + " %.", show_default=False)] = None,
    battery: Annotated[str | None, typer.Option("--battery", help=_COLUMN + " %.", show_default=False)] = None,
    site: Annotated[str | None, typer.Option("--site", help=_COLUMN, show_default=False)] = None,
    stage: StageOption = "local",
    check: Annotated[
        bool, typer.Option("--check", help="Send nothing; show what would be sent, guessed, and not be read.")
    ] = False,
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding", help="As Python names it.  [default: its byte order mark's, else utf-8]", show_default=False
        ),
    ] = None,
    skip_rows: Annotated[
        int, typer.Option("--skip-rows", min=0, metavar="LINES", help="Lines to skip before the first row.")
    ] = 0,
    header: Annotated[
        bool, typer.Option("--header/--no-header", help="Whether the first row names the columns.")
    ] = True,
    delimiter: Annotated[str, typer.Option("--delimiter", help="One character, or tab.")] = ",",
    decimal_comma: Annotated[bool, typer.Option("--decimal-comma", help="Numbers are written as 20,5.")] = False,
    null: Annotated[
        list[str] | None,
        typer.Option(
            "--null", metavar="TEXT", help="Text that stands for no value; may be repeated.", show_default=False
        ),
    ] = None,
    unit: Annotated[
        TemperatureUnit | None,
        typer.Option(
            "--temperature-unit", metavar="UNIT", help="c, f or k; sent is deg C.  [default: c]", show_default=False
        ),
    ] = None,
    timestamp_unit: Annotated[
        TimestampUnit,
        typer.Option(
            "--timestamp-unit", metavar="UNIT", help="s, ms, us or ns since 1970-01-01 UTC, or iso for ISO-8601 text."
        ),
    ] = TimestampUnit.ISO,
    time_format: Annotated[
        str | None,
        typer.Option(
            "--time-format", help="Format of the time, as for Python's strptime: '%d.%m.%Y %H:%M'.", show_default=False
        ),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option("--time-zone", help="Zone of times that have no offset.  [default: UTC]", show_default=False),
    ] = None,
    speedup: Annotated[
        float | None,
        typer.Option(
            "--speedup",
            help="Keep the recorded distances in time, so many times faster.  [default: take no notice of them]",
            show_default=False,
        ),
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.0, metavar="RATE", help="Readings a second, at most; 0 is flat out.")
    ] = 0.0,
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
    _check_columns(device_id, device, timestamp, date, time)
    guesses = Guesses()
    moment_of = _moments(timestamp_unit, time_format, zone, joined=date is not None, guesses=guesses)
    recording = Recording(csv, _separator(delimiter), encoding=encoding, skip_rows=skip_rows)
    named = {
        "device-id": device_id,
        "timestamp": timestamp,
        "date": date,
        "time": time,
        "temperature": temperature,
        "humidity": humidity,
        "battery": battery,
        "site": site,
    }
    layout = lay_out(recording, named, header=header, guesses=guesses)
    notation = Notation(decimal_comma, frozenset(null or ()), temperature_unit(unit, layout.name("temperature")))
    digest = recording.digest()
    readings = ReadingReader(
        layout.columns, moment_of, digest, guesses, notation=notation, device=device or "", width=layout.width
    )
    described = {
        "csv": csv.name,
        "sha256": digest,
        "columns": {name: column + 1 for name, column in layout.columns.items()},
        "device": device,
        "encoding": recording.encoding.name,
        "skip_rows": skip_rows,
        "decimal_comma": decimal_comma,
        "null": null or [],
        "temperature_unit": notation.temperature_unit.value,
        "timestamp_unit": timestamp_unit.value,
        "time_format": time_format,
        "time_zone": zone or "UTC",
    }
    if check:
        sent, unreadable = try_out(layout.rows(), readings, guesses, described, as_json=as_json)
    else:
        source = ReplaySource(layout.rows(), readings, Pacer(rate), speedup)
        session = Session(stage, stream, region, pack, linger, receipt, as_json, quiet)
        sent = session.send(source, "replay", {**described, "speedup": speedup, "rate": rate}).readings
        unreadable = source.unreadable
        if not quiet:
            for guess in guesses.lines():
                print(f"Guessed: {guess}", file=sys.stderr)
    if unreadable.count and not sent:
        raise UsageError(f"no row of {csv} could be read; check the columns, --timestamp-unit and --no-header")
    if unreadable.count:
        raise DatastreamerError(f"{csv}: {counted(unreadable.count, 'row')} could not be read")


def _separator(delimiter: str) -> str:
    separator = "\t" if delimiter in ("tab", "\\t") else delimiter
    if len(separator) != 1 or separator in '"\r\n':
        raise UsageError(f"--delimiter must be one character or tab, not {delimiter!r}")
    return separator


def _check_columns(
    device_id: str | None, device: str | None, timestamp: str | None, date: str | None, time: str | None
) -> None:
    if (device_id is None) == (not device):
        raise UsageError("say which device it is: --device-id names its column, or --device the device of all rows")
    if (date is None) != (time is None):
        raise UsageError("--date and --time go together; a column that has both is --timestamp")
    if (timestamp is None) == (date is None):
        raise UsageError("say which column has the time: --timestamp, or --date and --time")


def _moments(
    unit: TimestampUnit, form: str | None, zone: str | None, *, joined: bool, guesses: Guesses
) -> Callable[[str], datetime]:
    if unit is not TimestampUnit.ISO and (form is not None or joined):
        raise UsageError(f"--timestamp-unit {unit} is for numbers; --time-format, --date and --time are for text")
    found = None if zone is None else time_zone(zone)
    return reader(unit, found, guesses) if form is None else format_reader(form, found, guesses)
