"""The options of a processor, the same where it is made and where it is changed."""

from __future__ import annotations

import math
from enum import StrEnum

import typer

from datastreamer.errors import UsageError

MAPPING_PANEL = "How its stream is read"
FUNCTION_PANEL = "What its function is told"


class Content(StrEnum):
    CSV = "text/csv"
    JSON = "application/json"


class StartingPosition(StrEnum):
    TRIM_HORIZON = "TRIM_HORIZON"
    LATEST = "LATEST"


class Architecture(StrEnum):
    ARM64 = "arm64"
    X86_64 = "x86_64"


CONTENT_TYPE = typer.Option("--content-type", help="What the endpoint is sent.", rich_help_panel=FUNCTION_PANEL)
MAX_ROWS = typer.Option(
    "--max-rows", min=1, help="Records of one call of the endpoint.", rich_help_panel=FUNCTION_PANEL
)
THRESHOLD = typer.Option(
    "--threshold",
    metavar="SCORE",
    help="Score from which a prediction's label is 1; none gives no label.",
    rich_help_panel=FUNCTION_PANEL,
)
TTL_DAYS = typer.Option(
    "--ttl-days", min=0, help="Days that a prediction is kept; 0: for ever.", rich_help_panel=FUNCTION_PANEL
)
MEMORY = typer.Option("--memory", min=128, max=10_240, help="MB of its function.", rich_help_panel=FUNCTION_PANEL)
FUNCTION_TIMEOUT = typer.Option(
    "--function-timeout",
    min=1,
    max=900,
    help="Seconds that its function may take over a batch.",
    rich_help_panel=FUNCTION_PANEL,
)
ARCHITECTURE = typer.Option("--architecture", help="Chip of its function.", rich_help_panel=FUNCTION_PANEL)
BATCH_SIZE = typer.Option("--batch-size", min=1, max=10_000, help="Records of a batch.", rich_help_panel=MAPPING_PANEL)
WINDOW = typer.Option(
    "--window", min=0, max=300, help="Seconds to wait for a batch to fill.", rich_help_panel=MAPPING_PANEL
)
PARALLELIZATION = typer.Option(
    "--parallelization", min=1, max=10, help="Batches of one shard at once.", rich_help_panel=MAPPING_PANEL
)
RETRIES = typer.Option(
    "--retries", min=-1, max=10_000, help="Times a batch is tried again; -1: for ever.", rich_help_panel=MAPPING_PANEL
)
MAX_AGE = typer.Option(
    "--max-age",
    min=-1,
    max=604_800,
    help="Seconds after which a record is not tried again; -1: never.",
    rich_help_panel=MAPPING_PANEL,
)
BISECT = typer.Option("--bisect/--no-bisect", help="Halve a batch that fails.", rich_help_panel=MAPPING_PANEL)
POSITION = typer.Option("--starting-position", help="Where reading begins.", rich_help_panel=MAPPING_PANEL)


def threshold_value(text: str | None) -> str | None:
    """The threshold as the function takes it; None for ``none``. Raises UsageError unless it is a number."""
    if text is None or text == "none":
        return None
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not math.isfinite(number):
        raise UsageError(f"a threshold is a number such as 0.7, or none; not {text!r}")
    return text
