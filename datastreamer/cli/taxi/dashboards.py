"""``datastreamer taxi dashboards``: what a domain of OpenSearch gets so that people can watch predictions there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from rich.table import Table
from rich.text import Text

from datastreamer.aws.search_domain import SearchDomain
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.taxi.dashboards.domain import configured_domain, endpoint_of
from datastreamer.taxi.dashboards.indices import IndexSettings
from datastreamer.taxi.dashboards.install import Change, Outcome, install
from datastreamer.taxi.dashboards.objects import DASHBOARD_ID, ndjson, saved_objects
from datastreamer.taxi.names import Names

DEFAULT = IndexSettings()
_COLOURS = {Outcome.CREATED: "green", Outcome.UPDATED: "green", Outcome.UNCHANGED: "dim", Outcome.LEFT_OUT: "yellow"}

app = typer.Typer(help="Dashboards of predicted fares in OpenSearch, and the indices below them.", no_args_is_help=True)


@app.command(name="install")
def install_command(
    domain: Annotated[
        str | None, typer.Option("--domain", help="Name of the domain; by default the one that predictions go to.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL", help="Endpoint of a domain, such as of another account.")
    ] = None,
    shards: Annotated[int, typer.Option("--shards", min=1, help="Shards of each new index.")] = DEFAULT.shards,
    replicas: Annotated[int, typer.Option("--replicas", min=0, help="Copies of each shard.")] = DEFAULT.replicas,
    keep_days: Annotated[
        int, typer.Option("--keep-days", min=1, help="Days after which an index is deleted; gold in S3 stays.")
    ] = DEFAULT.keep_days,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Put index template, retention policy and dashboards into the domain; what is there already stays as it is.

    To be run before predictions arrive: an index that OpenSearch makes without the template guesses its fields.
    """
    if domain and endpoint:
        raise UsageError("--domain and --endpoint name the same thing: give one of them")
    context = Context.enter(stage)
    session: Any = boto3.Session()
    if session.get_credentials() is None:
        raise ConfigurationError("no AWS credentials were found to sign with. Set AWS_PROFILE, or run: aws configure")
    if endpoint is None:
        name = domain or configured_domain(Names(context.stage, context.account), context.client)
        endpoint = endpoint_of(name, context.client)
    target = SearchDomain(endpoint, session.get_credentials(), session.region_name)
    changes = install(target, IndexSettings(shards, replicas, keep_days))
    if as_json:
        context.answer_json({"endpoint": target.endpoint, "changes": [_document(each) for each in changes]})
    else:
        _show(context, target.endpoint, changes)


@app.command(name="export")
def export_command(
    file: Annotated[
        Path, typer.Argument(help="File to write, for Dashboards Management > Saved objects > Import.")
    ] = Path("taxi.ndjson"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file where there is one.")] = False,
) -> None:
    """Write the dashboards to a file that OpenSearch Dashboards imports."""
    if file.suffix != ".ndjson":
        raise UsageError(f"Dashboards imports files that end in .ndjson, not {file.name}")
    if file.exists() and not force:
        raise UsageError(f"{file} is there already: --force replaces it")
    file.write_bytes(ndjson())
    typer.echo(f"{file}: {len(saved_objects())} saved objects")


def _document(change: Change) -> dict[str, str]:
    found = {"what": change.what, "outcome": str(change.outcome)}
    return {**found, "detail": change.detail} if change.detail else found


def _show(context: Context, endpoint: str, changes: list[Change]) -> None:
    table = Table.grid(padding=(0, 2))
    for change in changes:
        text = f"{change.outcome}: {change.detail}" if change.detail else str(change.outcome)
        table.add_row(Text(change.what), Text(text, style=_COLOURS[change.outcome]))
    context.out.print(table)
    if changes[-1].outcome is not Outcome.LEFT_OUT:
        address = f"{endpoint}/_dashboards/app/dashboards#/view/{DASHBOARD_ID}"
        context.out.print(f"The dashboard: {address}", soft_wrap=True)
