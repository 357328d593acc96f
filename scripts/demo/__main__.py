"""``python -m scripts.demo --pipeline telemetry``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console

from datastreamer.errors import UsageError
from datastreamer.pipelines import FIRST, PIPELINES, pipeline_named
from scripts import demo as package
from scripts.demo.steps import PYTHON, Demo, StepFailedError


def main() -> int:
    """Run the demo; the exit code is 0 only when every step succeeded."""
    parser = argparse.ArgumentParser(prog="demo", description=(package.__doc__ or "").splitlines()[0])
    parser.add_argument("--pipeline", default=FIRST, help=f"which pipeline to show ({', '.join(PIPELINES)})")
    parser.add_argument("--readings", type=int, help="how many readings to send")
    parser.add_argument("--receipts", type=Path, help="folder for the receipts (receipts)")
    parser.add_argument("--keep", action="store_true", help="leave everything up")
    options = parser.parse_args()
    console = Console(highlight=False)
    try:
        pipeline = import_module(pipeline_named(options.pipeline).demo)
    except UsageError as error:
        console.print(f"[bold red]error:[/] {error}")
        return error.exit_code
    demo = Demo(os.environ, console)
    was_up = True
    try:
        was_up = demo.quietly([PYTHON, "-m", "aws_stage", "status"]) == 0
        demo.step("The local stage starts", [PYTHON, "-m", "aws_stage", "up"], "make up")
        proven = pipeline.show(demo, options.readings or pipeline.READINGS, options.receipts, options.keep)
    except StepFailedError as error:
        console.print(f"\n[bold red]DEMO FAILED[/] {error}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("\n[bold red]DEMO INTERRUPTED[/]")
        return 130
    finally:
        if not (was_up or options.keep):
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl+C would leave the stage running
            if demo.quietly([PYTHON, "-m", "aws_stage", "down"]):
                console.print("[bold red]error:[/] the local stage did not stop; stop it with: make down")
    console.print(f"[bold green]DEMO OK[/] {proven} ({demo.seconds:.0f} s)", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
