"""``query-predictions`` and ``scan-predictions``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from datastreamer.cli.inference import completion
from datastreamer.cli.inference.command import command
from datastreamer.cli.inference.session import Session
from datastreamer.cli.rows import table_of
from datastreamer.errors import UsageError
from datastreamer.inference.predictions import Choice, Item, query_predictions, scan_all, scan_page
from datastreamer.inference.since import parse_since

PANEL = "DynamoDB"

AnomaliesOption = Annotated[bool, typer.Option("--anomalies", help="Only predictions labelled 1.")]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="Only predictions that this model made, or may have made."),
]


@command(
    "query-predictions",
    panel=PANEL,
    examples=(
        "query-predictions my-realtime-ml-predictions sensor-001",
        "query-predictions my-realtime-ml-predictions sensor-001 --since 15m --limit 5",
        "query-predictions my-realtime-ml-predictions sensor-001 --since 2026-01-31T12:00:00Z --json",
    ),
)
def query(
    session: Session,
    table: Annotated[str, typer.Argument(autocompletion=completion.tables, help="Name of the table.")],
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The id that the records were sent with.")],
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 20,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Only records that arrived since: ISO-8601, or 15m, 2h, 1d ago."),
    ] = None,
    anomalies: AnomaliesOption = False,
    model: ModelOption = None,
) -> None:
    """Show the predictions of one record id, newest first."""
    moment = parse_since(since, session.now()) if since else None
    after = f" since {moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
    found = query_predictions(
        session.client("dynamodb"), table, identifier, limit=limit, since=moment, choice=Choice(anomalies, model)
    )
    session.answer(
        {"table": table, "id": identifier, "count": len(found), "predictions": found},
        _shown(
            found,
            none=f"no prediction of {identifier!r} in {table}{after}",
        ),
    )


@command(
    "scan-predictions",
    panel=PANEL,
    examples=(
        "scan-predictions my-realtime-ml-predictions --limit 10",
        "scan-predictions my-realtime-ml-predictions --page-token TOKEN",
        "scan-predictions my-realtime-ml-predictions --all --json > predictions.jsonl",
        "scan-predictions my-realtime-ml-predictions --all --model my-realtime-ml-model-2 --json",
    ),
)
def scan(
    session: Session,
    table: Annotated[str, typer.Argument(autocompletion=completion.tables, help="Name of the table.")],
    limit: Annotated[int, typer.Option("--limit", min=1, help="Items of a page.")] = 25,
    page_token: Annotated[
        str | None, typer.Option("--page-token", metavar="TOKEN", help="Show the page that this token leads to.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every item; with --json a line each, as they come.")
    ] = False,
    anomalies: AnomaliesOption = False,
    model: ModelOption = None,
) -> None:
    """Show the predictions of a table, a page at a time, in no order of time."""
    dynamodb = session.client("dynamodb")
    if everything:
        if page_token:
            raise UsageError("--all and --page-token exclude each other")
        items = scan_all(dynamodb, table, choice=Choice(anomalies, model))
        if session.as_json:
            for item in items:
                session.answer_json(item)
        else:
            session.answer({}, _shown(list(items), none=f"table {table} is empty"))
        return
    page = scan_page(dynamodb, table, limit=limit, token=page_token, choice=Choice(anomalies, model))
    session.answer(
        {"table": table, "count": len(page.items), "predictions": page.items, "page_token": page.token},
        _shown(page.items, none=f"nothing in table {table}"),
    )
    if page.token:
        session.remark(f"[dim]there is more: --page-token {page.token}[/]")


def _shown(items: Sequence[Item], *, none: str) -> RenderableType:
    rows = [
        (item.get("pk"), _arrived(item.get("timestamp")), _score(item), _label(item), item.get("model"), _input(item))
        for item in items
    ]
    return table_of(("id", "arrived (UTC)", "score", "label", "model", "input"), rows, none=none)


def _arrived(milliseconds: Any) -> str:
    if milliseconds is None:
        return "-"
    return f"{datetime.fromtimestamp(float(milliseconds) / 1000, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def _score(item: Item) -> str:
    prediction = item.get("prediction") or {}
    scores = prediction.get("scores", [prediction["score"]] if "score" in prediction else [])
    return ", ".join(_number(score, ".4g") for score in scores) or "-"


def _label(item: Item) -> str:
    label = (item.get("prediction") or {}).get("label")
    return "-" if label is None else str(label)


def _input(item: Item) -> str:
    return ", ".join(_number(value, ".6g") for value in (item.get("input") or {}).get("data", []))


def _number(value: Any, form: str) -> str:
    """Short, where it is a number or the text of one; else as it is."""
    try:
        return format(float(value), form)
    except (TypeError, ValueError):
        return str(value)
