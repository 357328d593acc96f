"""``datastreamer telemetry query``: one question to Athena, answered for people or for machines."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from typing import Annotated

import typer

from datastreamer.aws.athena import run_query, saved_queries
from datastreamer.cli.answers import show_chart, show_table, write_csv, write_json
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.errors import UsageError


def query(
    sql: Annotated[str | None, typer.Argument(help="One SQL statement; - reads it from standard input.")] = None,
    saved: Annotated[str | None, typer.Option("--saved", help="Run this saved query of the workgroup.")] = None,
    list_saved: Annotated[bool, typer.Option("--list", help="List the saved queries.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Answer as CSV.")] = False,
    as_json: JsonOption = False,
    head: Annotated[int | None, typer.Option("--head", min=1, help="Show only the first rows of the table.")] = None,
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
    if not statement or not statement.strip():
        raise UsageError('the statement is empty; give one: "SELECT …"')
    with context.following("query", quiet=as_json or as_csv):
        answer = run_query(athena, statement, workgroup=context.names.workgroup, database=context.names.database)
    if as_json:
        write_json(answer)
    elif as_csv:
        write_csv(answer)
    else:
        if answer.columns:
            show_table(answer, context.out, most=head)
        if chart:
            show_chart(answer, context.out)
        context.err.print(
            f"[dim]{len(answer.rows)} rows, {answer.scanned_bytes:,} bytes scanned, {answer.milliseconds} ms[/]"
        )


def _list_saved(queries: dict[str, str], context: Context, *, as_json: bool) -> None:
    if as_json:
        context.answer_json(queries)
        return
    for name, statement in queries.items():
        context.out.print(f"[bold]{name}[/]\n{statement.strip()}\n", soft_wrap=True)


def _saved_statement(queries: dict[str, str], name: str) -> str:
    if name in queries:
        return queries[name]
    near = get_close_matches(name, queries, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UsageError(f"there is no saved query {name!r}.{hint} Saved: {', '.join(queries) or 'none'}")
