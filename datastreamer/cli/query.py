"""``query`` of each pipeline with tables: one question to Athena, answered for people or for machines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from difflib import get_close_matches
from typing import Annotated, Final, Protocol

import typer

from datastreamer.aws.athena import Answer, prepared_statement, run_query, saved_queries
from datastreamer.cli.answers import show_chart, show_table, write_csv, write_json
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.shown import in_a_line
from datastreamer.cli.statements import destroys
from datastreamer.cli.suggestions import did_you_mean
from datastreamer.errors import JobFailedError, UsageError

TERMINAL_ROWS: Final = 100
"""What somebody at a terminal reads: `SELECT *` of the lake has millions, and each thousand is a request."""


class Asked(Protocol):
    """The names of a pipeline, as far as a query needs them: Athena's workgroup, and the database of its tables."""

    @property
    def workgroup(self) -> str: ...
    @property
    def database(self) -> str: ...


def query_of(names_of: Callable[[str, str], Asked]) -> Callable[..., None]:
    """The command ``query`` of a pipeline whose resources ``names_of(stage, account)`` names."""

    def query(
        sql: Annotated[str | None, typer.Argument(help="One SQL statement; - reads it from standard input.")] = None,
        saved: Annotated[str | None, typer.Option("--saved", help="Run this saved query of the workgroup.")] = None,
        list_saved: Annotated[bool, typer.Option("--list", help="List the saved queries.")] = False,
        as_csv: Annotated[bool, typer.Option("--csv", help="Answer as CSV.")] = False,
        as_json: JsonOption = False,
        head: Annotated[
            int | None, typer.Option("--head", min=1, help="Show only the first rows of the table.")
        ] = None,
        every: Annotated[
            bool, typer.Option("--all", help=f"Show every row; without it a terminal gets {TERMINAL_ROWS}.")
        ] = False,
        chart: Annotated[bool, typer.Option("--chart", help="Also draw the last column as bars.")] = False,
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a statement that destroys.")] = False,
        stage: StageOption = "local",
    ) -> None:
        """Ask Athena one question in SQL.

        A statement that takes away or replaces what is there (DROP, DELETE, …) is run after a yes.
        """
        if as_csv and as_json:
            raise UsageError("--csv and --json exclude each other")
        if head and every:
            raise UsageError("--head and --all exclude each other")
        if sum((sql is not None, saved is not None, list_saved)) != 1:
            raise UsageError('give one of: a statement ("SELECT …"), --saved NAME, --list')
        context = Context.enter(stage)
        names = names_of(context.stage, context.account)
        athena = context.client("athena")
        if list_saved:
            _list_saved(saved_queries(athena, workgroup=names.workgroup), context, as_json=as_json)
            return
        statement = sys.stdin.read() if sql == "-" else sql
        if saved is not None:
            statement = _saved_statement(saved_queries(athena, workgroup=names.workgroup), saved)
        if not statement or not statement.strip():
            raise UsageError('the statement is empty; give one: "SELECT …"')
        _confirm(context, names, statement, yes=yes)
        for_terminal = context.out.is_terminal and not (as_json or as_csv or every)
        with context.following("query", quiet=as_json or as_csv):
            answer = _ask(context, names, statement, most=max(head or 0, TERMINAL_ROWS) if for_terminal else None)
        if as_json:
            write_json(answer)
        elif as_csv:
            write_csv(answer)
        else:
            if answer.columns:
                show_table(answer, context.out, most=head)
            if chart:
                show_chart(answer, context.out)
            count = f"{'more than ' * answer.more}{len(answer.rows)} rows"
            context.err.print(f"[dim]{count}, {answer.scanned_bytes:,} bytes scanned, {answer.milliseconds} ms[/]")

    return query


def _confirm(context: Context, names: Asked, statement: str, *, yes: bool) -> None:
    """Ask before a statement that destroys; raises UsageError without a yes."""
    athena = context.client("athena")

    def prepared(name: str) -> str | None:
        return prepared_statement(athena, name, workgroup=names.workgroup)

    if not yes and destroys(statement, prepared):
        line = in_a_line(" ".join(statement.split())).rstrip("; ")
        question = f"{line} takes away or replaces what is there, in stage {context.stage}. Run it?"
        context.confirm(question, yes=False)


def _ask(context: Context, names: Asked, statement: str, *, most: int | None) -> Answer:
    """Raises JobFailedError with what Athena said, and with the names that may have been meant."""
    try:
        return run_query(
            context.client("athena"), statement, workgroup=names.workgroup, database=names.database, most=most
        )
    except JobFailedError as error:
        meant = did_you_mean(context.client("glue"), str(error), statement, database=names.database)
        if not meant:
            raise
        raise JobFailedError(f"{str(error).rstrip('.')}.{meant}") from error


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
