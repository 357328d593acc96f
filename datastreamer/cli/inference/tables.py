"""``create-table``, ``delete-table``, ``list-tables``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from datastreamer.aws.waiting import Patience
from datastreamer.cli.inference import completion
from datastreamer.cli.inference.command import StackOption, TimeoutOption, WaitOption, YesOption, command
from datastreamer.cli.inference.session import Session
from datastreamer.cli.rows import table_of
from datastreamer.inference.names import stack_of
from datastreamer.inference.resources import tables

PANEL = "DynamoDB"


@command(
    "create-table",
    panel=PANEL,
    changes=True,
    examples=("create-table my-realtime-ml-predictions", "create-table my-predictions --ttl"),
)
def create_table(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the table.")],
    ttl: Annotated[bool, typer.Option("--ttl", help="Let items expire at their expires_at (seconds).")] = False,
    kms_key: Annotated[
        str | None, typer.Option("--kms-key", help="Encrypt with this KMS key instead of AWS's.", metavar="ARN")
    ] = None,
    stack: StackOption = None,
    timeout: TimeoutOption = 600,
) -> None:
    """Make a table for predictions: keys pk and sk, billed by request, encrypted, with point-in-time recovery."""
    dynamodb = session.client("dynamodb")
    tables.create_table(dynamodb, name, stack or stack_of(name), kms_key=kms_key)
    if not session.dry_run:
        with session.following(f"table {name}", quiet=session.quiet) as report:
            tables.wait_for_table(dynamodb, name, patience=Patience(timeout), report=report)
    tables.protect_table(dynamodb, name, ttl=ttl)
    session.answer(
        {"table": name, "status": "ACTIVE", "point_in_time_recovery": True, "ttl": ttl},
        f"[green]ACTIVE[/] table {name}, point-in-time recovery on{', items expire at expires_at' * ttl}",
    )


@command("delete-table", panel=PANEL, changes=True, examples=("delete-table my-realtime-ml-predictions --yes",))
def delete_table(
    session: Session,
    name: Annotated[str, typer.Argument(autocompletion=completion.tables, help="Name of the table.")],
    yes: YesOption = False,
    wait: WaitOption = True,
    timeout: TimeoutOption = 600,
) -> None:
    """Delete a table and every prediction in it, after asking."""
    dynamodb = session.client("dynamodb")
    found = tables.describe_table(dynamodb, name)
    session.confirm(f"Delete table {name} with its {found.items:,} items (as last counted)?", yes=yes)
    tables.delete_table(dynamodb, name)
    if wait and not session.dry_run:
        with session.following(f"table {name}", quiet=session.quiet) as report:
            tables.wait_until_table_is_gone(dynamodb, name, patience=Patience(timeout), report=report)
    state = "DELETED" if wait else "DELETING"
    session.answer({"table": name, "status": state}, f"[green]{state}[/] table {name}")


@command("list-tables", panel=PANEL, examples=("list-tables", "list-tables --json"))
def list_tables(session: Session) -> None:
    """List the region's tables; DynamoDB counts their items every six hours or so."""
    found = list(tables.list_tables(session.client("dynamodb")))
    rows = [
        (each.name, each.status, each.items, each.size_bytes, "yes" if each.holds_predictions else "no")
        for each in found
    ]
    session.answer(
        {
            "region": session.region,
            "tables": [{**asdict(each), "holds_predictions": each.holds_predictions} for each in found],
        },
        table_of(("table", "status", "items", "bytes", "predictions"), rows, none=f"no table in {session.region}"),
    )
