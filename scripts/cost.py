"""Estimate what a pipeline costs a month on AWS: ``python -m scripts.cost production --rate 100``."""

from __future__ import annotations

import sys
from pkgutil import resolve_name
from typing import Annotated, Literal

import typer

from datastreamer.pipelines import FIRST, pipeline_named
from datastreamer.provisioning.cost.estimate import Monthly, Options
from datastreamer.provisioning.cost.prices import PRICED_ON, REGION
from datastreamer.provisioning.cost.table import table
from datastreamer.provisioning.stage_values import pipeline_values
from scripts.commands import new_app, run

_PRICES = f"Prices of {REGION}, {PRICED_ON}, no free tier, no tax, no transfer out of AWS."

app = new_app(__doc__)


@app.command()
def cost(
    stage: Annotated[str, typer.Argument(help="prod, staging, local, or the name of a folder of terraform/envs.")],
    pipeline: Annotated[str, typer.Option(help="Which pipeline.")] = FIRST,
    rate: Annotated[float | None, typer.Option(help="Readings, records or votes a second.")] = None,
    months: Annotated[int | None, typer.Option(help="Months that data has been coming.")] = None,
    pack: Annotated[int | None, typer.Option(help="telemetry: readings in a record.")] = None,
    reading_bytes: Annotated[int | None, typer.Option(help="telemetry: bytes of a reading.")] = None,
    queries: Annotated[int | None, typer.Option(help="telemetry: Athena queries a day.")] = None,
    record_bytes: Annotated[int | None, typer.Option(help="inference: bytes of a record.")] = None,
    endpoint: Annotated[
        Literal["instances", "serverless", "none"], typer.Option(help="inference: how the model is hosted.")
    ] = "instances",
    viewers: Annotated[int | None, typer.Option(help="votes: browsers that watch, on average.")] = None,
) -> None:
    """Print what each part of a pipeline costs a month; without a figure, the pipeline's own default is taken."""
    monthly: Monthly = resolve_name(pipeline_named(pipeline).cost)
    options = Options(rate, months, pack, reading_bytes, queries, record_bytes, endpoint, viewers)
    estimate = monthly(pipeline_values(stage, pipeline), options)
    typer.echo(table(estimate.costs))
    typer.echo(f"Stage {stage}: {estimate.workload}. {_PRICES}")


def main(arguments: list[str]) -> int:
    """Print the table; returns 0, or 2 for a stage or a workload that cannot be."""
    return run(app, arguments, "cost")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
