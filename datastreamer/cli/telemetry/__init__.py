"""``datastreamer telemetry``: query, audit, and drive the job and the crawler of a stage."""

from __future__ import annotations

import typer

from datastreamer.cli.telemetry import ask, drive, health, proof

MISSING_HINT = "Is the stage applied? Try: make apply"
"""What to do when AWS says that there is no such resource."""

app = typer.Typer(help="The telemetry lake: sensors -> Kinesis -> Firehose -> Glue -> Athena.", no_args_is_help=True)
app.command(name="query")(ask.query)
app.command(name="etl")(drive.etl)
app.command(name="crawl")(drive.crawl_command)
app.command(name="status")(health.status)
app.command(name="audit")(proof.audit)
app.command(name="acknowledge")(proof.acknowledge)
app.command(name="await-delivery")(proof.await_delivery)
