"""The options of commands that start work and follow it."""

from __future__ import annotations

from typing import Annotated

import typer

WaitOption = Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the work to its end.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to follow at most.")]
