"""``datastreamer telemetry``: query, audit, and drive the job and the crawler of a stage."""

from __future__ import annotations

import typer

from datastreamer.cli.query import query_of
from datastreamer.cli.status import status_of
from datastreamer.cli.telemetry import acknowledge, audit, await_delivery, crawl, etl
from datastreamer.pipelines import PIPELINES
from datastreamer.telemetry.names import Names

MISSING_HINT = "Is the stage applied? Try: make apply"
"""What to do when AWS says that there is no such resource."""

app = typer.Typer(help=f"The telemetry lake: {PIPELINES['telemetry'].route}.", no_args_is_help=True)
app.command(name="query")(query_of(Names))
app.command(name="etl")(etl.etl)
app.command(name="crawl")(crawl.crawl)
app.command(name="status")(status_of(PIPELINES["telemetry"]))
app.command(name="audit")(audit.audit)
app.command(name="acknowledge")(acknowledge.acknowledge)
app.command(name="await-delivery")(await_delivery.await_delivery)
