"""The command line: ``python -m datastreamer.sensor temperature``, ``replay``, ``inference``,
``taxi``, ``insight`` and ``votes``."""

from __future__ import annotations

import sys

import typer

from datastreamer.errors import DatastreamerError
from datastreamer.sensor.inference.command import inference
from datastreamer.sensor.insight.command import insight
from datastreamer.sensor.replay.command import replay
from datastreamer.sensor.taxi.command import taxi
from datastreamer.sensor.temperature.command import temperature
from datastreamer.sensor.votes.command import votes

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(temperature)
app.command()(replay)
app.command()(inference)
app.command()(taxi)
app.command()(insight)
app.command()(votes)


@app.callback()
def sensor() -> None:
    """Send simulated or recorded sensor readings to a stage's Kinesis stream.

    Ctrl+C ends a run and sends what is buffered (exit status 0); a second one stops at once (130), and the summary
    says what was not sent. Exit status 2: wrong options, no such stream, no access; 1: the run failed.
    """


def main() -> None:
    """Run the command line; a DatastreamerError becomes one line and its exit status."""
    try:
        app()
    except DatastreamerError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
