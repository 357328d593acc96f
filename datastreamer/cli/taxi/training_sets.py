"""``datastreamer taxi training-sets``: the tables that a fare model is trained and validated on."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.errors import UsageError
from datastreamer.taxi.month import Month
from datastreamer.taxi.names import Names
from datastreamer.taxi.silver.commit import MonthLog
from datastreamer.taxi.training.selection import Bounds, Split
from datastreamer.taxi.training.sets import MINIMUM_ROWS, TrainingSets, make_sets

DEFAULT = Bounds()


def training_sets(
    validate: Annotated[
        str | None, typer.Option("--validate", help="Month to validate on, such as 2025-03; by default the newest.")
    ] = None,
    months: Annotated[int, typer.Option("--months", min=1, max=60, help="Months before it to train on.")] = 3,
    fare: Annotated[tuple[float, float], typer.Option("--fare", help="Least and most fare, dollars.")] = DEFAULT.fare,
    distance: Annotated[
        tuple[float, float], typer.Option("--distance", help="Least and most distance, miles.")
    ] = DEFAULT.distance,
    minimum_rows: Annotated[
        int, typer.Option("--minimum-rows", min=1, help="Refuse a set with fewer trips.")
    ] = MINIMUM_ROWS,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Make a training and a validation set of the trips, split by time: label first, numbers only.

    Athena writes each into a place of its own, whatever earlier runs have written. Exits 1, and makes nothing, when one
    would have too few trips.
    """
    context = Context.enter(stage)
    names, bounds = Names(context.stage, context.account), Bounds(fare, distance)
    split = Split(Month.parse(validate) if validate else _newest(context, names), months)
    run = f"{datetime.now(UTC):%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"
    with context.following("training sets", quiet=as_json) as report:
        made = make_sets(names, context.client, split, bounds, run=run, minimum_rows=minimum_rows, report=report)
    if as_json:
        context.answer_json(made.document())
    else:
        _show(made, context)


def _newest(context: Context, names: Names) -> Month:
    months = MonthLog(context.client("s3"), names.state, {}).newest()
    if not months:
        raise UsageError("no month is in the table of trips yet. To make them: datastreamer taxi silver")
    return max(months)


def _show(made: TrainingSets, context: Context) -> None:
    table = Table()
    for title in ("set", "months", "table", "where"):
        table.add_column(title, overflow="fold")
    table.add_column("trips", justify="right")
    for name, each in (("training", made.training), ("validation", made.validation)):
        table.add_row(name, ", ".join(each.months), each.table, each.uri, f"{each.rows:,}")
    context.out.print(table)
    context.out.print(f"label, then {', '.join(made.features)} ({made.feature_hash})", soft_wrap=True)
