"""``datastreamer inference``: put a stack in place and manage every part of it."""

from __future__ import annotations

import typer

from datastreamer.cli.inference import (
    audit,
    endpoints,
    invoke,
    models,
    predictions,
    records,
    replay,
    rescore,
    stack,
    status,
    streams,
    tables,
    train,
)
from datastreamer.cli.inference.processors import lifecycle, update
from datastreamer.pipelines import PIPELINES

COMMANDS = (
    stack.deploy,
    stack.destroy,
    status.status,
    audit.audit,
    streams.create_stream,
    streams.delete_stream,
    streams.list_streams,
    records.put_one,
    records.put_many,
    train.train,
    models.create_model,
    models.create_endpoint_config,
    endpoints.create_endpoint,
    endpoints.rollback,
    endpoints.delete_endpoint,
    endpoints.list_endpoints,
    invoke.invoke_endpoint,
    tables.create_table,
    tables.delete_table,
    predictions.query,
    predictions.scan,
    tables.list_tables,
    lifecycle.create,
    update.update,
    lifecycle.delete,
    lifecycle.list_all,
    replay.replay,
    rescore.rescore_predictions,
)
"""In the order in which the help shows them."""

MISSING_HINT = "See what there is: datastreamer inference status"
"""What to do when AWS says that there is no such resource."""

app = typer.Typer(help=f"Real-time inference: {PIPELINES['inference'].route}.", no_args_is_help=True)
for each in COMMANDS:
    each.register(app)
