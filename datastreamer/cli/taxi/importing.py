"""``datastreamer taxi import``: TLC's files into bronze."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from datastreamer.aws.s3_location import S3Location
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.taxi.progress import progress_bar
from datastreamer.errors import UsageError
from datastreamer.taxi.month import Month
from datastreamer.taxi.names import Names
from datastreamer.wording import counted

if TYPE_CHECKING:
    from datastreamer.taxi.importing import Step, TripFile


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="TLC's files of yellow taxis, Parquet or CSV.")],
    month: Annotated[
        str | None,
        typer.Option("--month", help="Month of the files, such as 2025-01, where their names do not say it."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Show what would be done, and do nothing.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a file of the same name, other content.")] = False,
    bronze: Annotated[
        str | None, typer.Option("--bronze", metavar="S3", help="Where they go; by default the stage's raw bucket.")
    ] = None,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Put TLC's files of yellow-taxi trips (2019-01 or later) into bronze as they are, each in the folder of its month.

    Every file is examined first; where one does not fit, or would replace another, nothing is sent. A content that is
    there is not sent twice. Exits 1 when --check finds that something stands in the way.
    """
    from datastreamer.taxi.importing import Action, plan, upload

    found, problems = _examined(files, Month.parse(month) if month else None)
    if problems and not check:
        raise UsageError("; ".join(problems))
    context = Context.enter(stage)
    s3 = context.client("s3")
    place = S3Location.parse(bronze) if bronze else Names(context.stage, context.account).bronze
    steps = plan(s3, place, found, replace=replace)
    conflicts = [step for step in steps if step.action is Action.CONFLICT]
    if conflicts and not check:
        names = ", ".join(step.file.path.name for step in conflicts)
        raise UsageError(f"in bronze there is another content under this name: {names}. To replace it: --replace")
    if not check:
        sent = [step for step in steps if step.action in (Action.IMPORT, Action.REPLACE)]
        with progress_bar(context, "import", sum(step.file.size for step in sent), quiet=as_json) as done:
            for step in sent:
                upload(s3, step, done)
    if as_json:
        context.answer_json({"checked": check, "files": [_document(step) for step in steps], "problems": problems})
    else:
        _show(context, steps, problems, check=check)
    if check and (problems or conflicts):
        raise typer.Exit(1)


def _examined(files: list[Path], month: Month | None) -> tuple[list[TripFile], list[str]]:
    """The files that fit, and what is wrong with the others."""
    from datastreamer.taxi.importing import examine

    found, problems = [], []
    for path in files:
        try:
            found.append(examine(path, month))
        except UsageError as error:
            problems.append(str(error))
    return found, problems


def _document(step: Step) -> dict[str, Any]:
    file = step.file
    return {
        "file": str(file.path),
        "month": str(file.month),
        "rows": file.rows,
        "bytes": file.size,
        "action": step.action.value,
        "uri": step.uri,
    }


def _show(context: Context, steps: list[Step], problems: list[str], *, check: bool) -> None:
    table = Table()
    for title in ("file", "month", "would be" if check else "done", "where"):
        table.add_column(title, overflow="fold")
    for title in ("rows", "MB"):
        table.add_column(title, justify="right")
    for step in steps:
        file = step.file
        table.add_row(
            file.path.name, str(file.month), step.action, step.uri, f"{file.rows:,}", f"{file.size / 1e6:,.1f}"
        )
    if steps:
        context.out.print(table)
    for problem in problems:
        context.out.print(f"[red]✗[/] {problem}", soft_wrap=True)
    if not check:
        context.out.print(f"[green]✓[/] {counted(len(steps), 'file')} in bronze", soft_wrap=True)
