"""``datastreamer taxi``: the history of New York's yellow taxis, made or imported."""

from __future__ import annotations

import typer

from datastreamer.cli.taxi import generate, importing

MISSING_HINT = "Does the bucket exist? --bronze names another place"
"""What to do when AWS says that there is no such resource."""

app = typer.Typer(help="Yellow-taxi trips: TLC's files to bronze, or history that is simulated.", no_args_is_help=True)
app.command(name="import")(importing.import_files)
app.command(name="generate")(generate.generate)
