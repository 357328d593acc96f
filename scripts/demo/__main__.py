"""``python -m scripts.demo --pipeline telemetry``."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from datastreamer.errors import UsageError
from datastreamer.pipelines import FIRST, PIPELINES, pipeline_named
from scripts import demo as package
from scripts.commands import INTERRUPTED, new_app, run
from scripts.demo.steps import PYTHON, Demo, StepFailedError

app = new_app(package.__doc__)


@app.command()
def demo(
    pipeline: Annotated[str, typer.Option(help=f"Which pipeline to show ({', '.join(PIPELINES)}).")] = FIRST,
    readings: Annotated[int | None, typer.Option(help="How many readings to send.")] = None,
    receipts: Annotated[Path | None, typer.Option(help="Folder for the receipts.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything up.")] = False,
) -> None:
    """Show a pipeline at work on the local stage; exits 0 only when every step succeeded."""
    console = Console(highlight=False)
    try:
        shown = import_module(pipeline_named(pipeline).demo)
    except UsageError as error:
        console.print(f"[bold red]error:[/] {error}")
        raise typer.Exit(error.exit_code) from error
    steps = Demo(os.environ, console)
    was_up = True
    try:
        was_up = steps.quietly([PYTHON, "-m", "aws_stage", "status"]) == 0
        steps.step("The local stage starts", [PYTHON, "-m", "aws_stage", "up"], "make up")
        proven = shown.show(steps, readings or shown.READINGS, receipts, keep)
    except StepFailedError as error:
        console.print(f"\n[bold red]DEMO FAILED[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        console.print("\n[bold red]DEMO INTERRUPTED[/]")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        if not (was_up or keep):
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl+C would leave the stage running
            if steps.quietly([PYTHON, "-m", "aws_stage", "down"]):
                console.print("[bold red]error:[/] the local stage did not stop; stop it with: make down")
    console.print(f"[bold green]DEMO OK[/] {proven} ({steps.seconds:.0f} s)", soft_wrap=True)


if __name__ == "__main__":
    sys.exit(run(app, sys.argv[1:], "demo"))
