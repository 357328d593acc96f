"""``datastreamer telemetry``: query, audit, and drive the job and the crawler of a stage."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Annotated

import typer

from datastreamer.cli.answers import show_chart, show_table, write_csv, write_json
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.errors import UsageError
from datastreamer.telemetry.queries import run_query, saved_queries
from datastreamer.telemetry.runs import Patience, Report, crawl, follow_job, start_job

app = typer.Typer(help="The telemetry lake: sensors -> Kinesis -> Firehose -> Glue -> Athena.", no_args_is_help=True)

WaitOption = Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the work to its end.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to follow at most.")]


@app.command()
def query(
    sql: Annotated[str | None, typer.Argument(help="One SQL statement; - reads it from standard input.")] = None,
    saved: Annotated[str | None, typer.Option("--saved", help="Run this saved query of the workgroup.")] = None,
    list_saved: Annotated[bool, typer.Option("--list", help="List the saved queries.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Answer as CSV.")] = False,
    as_json: JsonOption = False,
    chart: Annotated[bool, typer.Option("--chart", help="Also draw the last column as bars.")] = False,
    stage: StageOption = "local",
) -> None:
    """Ask Athena one question in SQL."""
    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other")
    if sum((sql is not None, saved is not None, list_saved)) != 1:
        raise UsageError('give one of: a statement ("SELECT …"), --saved NAME, --list')
    context = Context.enter(stage)
    athena = context.client("athena")
    if list_saved:
        _list_saved(saved_queries(athena, workgroup=context.names.workgroup), context, as_json=as_json)
        return
    statement = sys.stdin.read() if sql == "-" else sql
    if saved is not None:
        statement = _saved_statement(saved_queries(athena, workgroup=context.names.workgroup), saved)
    with _following(context, "query", quiet=as_json or as_csv):
        answer = run_query(athena, statement or "", workgroup=context.names.workgroup, database=context.names.database)
    if as_json:
        write_json(answer)
    elif as_csv:
        write_csv(answer)
    else:
        if answer.columns:
            show_table(answer, context.out)
        if chart:
            show_chart(answer, context.out)
        context.err.print(
            f"[dim]{len(answer.rows)} rows, {answer.scanned_bytes:,} bytes scanned, {answer.milliseconds} ms[/]"
        )


@app.command()
def etl(
    wait: WaitOption = True, timeout: TimeoutOption = 3600, as_json: JsonOption = False, stage: StageOption = "local"
) -> None:
    """Start the Glue job and follow it to its end."""
    context = Context.enter(stage)
    glue, job = context.client("glue"), context.names.job
    with _following(context, job, quiet=as_json) as report:
        patience = Patience(timeout=timeout)
        run_id = start_job(glue, job, patience=patience, report=report)
        run = follow_job(glue, job, run_id, patience=patience, report=report) if wait else None
    if as_json:
        _print_json({"job": job, "run_id": run_id, "state": run["JobRunState"] if run else "STARTED"})
    elif run is None:
        context.out.print(f"started run {run_id}")
    else:
        context.out.print(f"[green]SUCCEEDED[/] run {run_id} in {run.get('ExecutionTime', 0)} s")


@app.command(name="crawl")
def crawl_command(
    wait: WaitOption = True, timeout: TimeoutOption = 3600, as_json: JsonOption = False, stage: StageOption = "local"
) -> None:
    """Start the crawler and follow it to its end."""
    context = Context.enter(stage)
    crawler = context.names.crawler
    with _following(context, crawler, quiet=as_json) as report:
        last = crawl(context.client("glue"), crawler, wait=wait, patience=Patience(timeout=timeout), report=report)
    if as_json:
        _print_json({"crawler": crawler, "state": last["Status"] if last else "STARTED"})
    elif last is None:
        context.out.print(f"started crawler {crawler}")
    else:
        context.out.print(f"[green]SUCCEEDED[/] crawler {crawler}")


@contextmanager
def _following(context: Context, title: str, *, quiet: bool) -> Iterator[Report]:
    """A spinner on standard error with the state of what is followed; silent when piped or quiet."""
    if quiet:
        yield lambda _: None
        return
    with context.err.status(title) as status:
        yield lambda state: status.update(f"{title}: {state}")


def _list_saved(queries: dict[str, str], context: Context, *, as_json: bool) -> None:
    if as_json:
        _print_json(queries)
        return
    for name, statement in queries.items():
        context.out.print(f"[bold]{name}[/]\n{statement.strip()}\n", soft_wrap=True)


def _saved_statement(queries: dict[str, str], name: str) -> str:
    if name in queries:
        return queries[name]
    near = get_close_matches(name, queries, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UsageError(f"there is no saved query {name!r}.{hint} Saved: {', '.join(queries) or 'none'}")


def _print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
