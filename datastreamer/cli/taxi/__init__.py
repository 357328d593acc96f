"""``datastreamer taxi``: the history of New York's yellow taxis, made or imported, its tables and their proof."""

from __future__ import annotations

import typer

from datastreamer.cli.query import query_of
from datastreamer.cli.status import status_of
from datastreamer.cli.taxi import (
    audit,
    dashboards,
    generate,
    importing,
    models,
    replaying,
    rescore,
    silver,
    train,
    training_sets,
)
from datastreamer.pipelines import PIPELINES
from datastreamer.taxi.names import Names

MISSING_HINT = "Is the pipeline on? Try: make apply WITH=taxi"
"""What to do when AWS says that there is no such resource."""

app = typer.Typer(help=f"Yellow-taxi trips: {PIPELINES['taxi'].route}.", no_args_is_help=True)
app.command(name="generate")(generate.generate)
app.command(name="import")(importing.import_files)
app.command(name="silver")(silver.silver)
app.command(name="query")(query_of(Names))
app.command(name="training-sets")(training_sets.training_sets)
app.command(name="train")(train.train)
app.command(name="models")(models.models)
app.command(name="approve")(models.approve)
app.command(name="reject")(models.reject)
app.command(name="rollback")(models.rollback)
app.command(name="rescore")(rescore.rescore)
app.command(name="status")(status_of(PIPELINES["taxi"]))
app.command(name="audit")(audit.audit)
app.command(name="replay")(replaying.replay)
app.add_typer(dashboards.app, name="dashboards")
