"""Options that every sensor command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StageOption = Annotated[str, typer.Option("--stage", help="Stage to send to: prod, staging or local.")]
PackOption = Annotated[
    int, typer.Option("--pack", min=1, max=10_000, help="Readings of one device in one Kinesis record, at most.")
]
LingerOption = Annotated[
    float, typer.Option("--linger", min=0.0, help="Seconds that a reading may wait for others to share its record.")
]
StreamOption = Annotated[
    str | None,
    typer.Option("--stream", help="Stream to write to.  [default: datastreamer-<stage>-stream]", show_default=False),
]
RegionOption = Annotated[
    str | None, typer.Option("--region", help="AWS region.  [default: the stage's]", show_default=False)
]
ReceiptOption = Annotated[
    Path | None,
    typer.Option("--receipt", help="File for the receipt.  [default: receipts/<run id>.json]", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the final summary as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print no progress and no table.")]
