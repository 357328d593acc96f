"""``create-processor``, ``delete-processor``, ``list-processors``."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from datastreamer.aws.waiting import Patience
from datastreamer.cli.inference import completion
from datastreamer.cli.inference.command import StackOption, TimeoutOption, WaitOption, YesOption, command
from datastreamer.cli.inference.processors import options as option
from datastreamer.cli.inference.session import Session
from datastreamer.cli.rows import table_of
from datastreamer.inference.names import Names, role_of, stack_of
from datastreamer.inference.resources.event_source_mappings import MappingSettings
from datastreamer.inference.resources.functions import Spec, environment
from datastreamer.inference.resources.processor_setup import (
    Connections,
    check_made_by_hand,
    create_processor,
    delete_processor,
)
from datastreamer.inference.resources.processors import Processor, find_processor, list_processors
from datastreamer.inference.resources.tables import TTL_ATTRIBUTE, expires
from datastreamer.provisioning.checkout import REPOSITORY, require_checkout
from datastreamer.provisioning.packages.lambda_package import build_lambda_package
from datastreamer.provisioning.terraform.workspace import data_directory

PANEL = "Processor"
FUNCTION = REPOSITORY / "lambdas" / "inference_score"


def package() -> Path:
    """The zip of the function's code, built anew where its sources changed."""
    require_checkout()
    return build_lambda_package(FUNCTION, REPOSITORY, data_directory(os.environ) / "build")


@command(
    "create-processor",
    panel=PANEL,
    changes=True,
    examples=(
        "create-processor my-processor my-stream my-endpoint my-predictions",
        "create-processor my-processor my-stream my-endpoint my-table --threshold 0.7 --batch-size 1000",
    ),
)
def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the processor: its function's.")],
    stream: Annotated[str, typer.Argument(autocompletion=completion.streams, help="Stream whose records it scores.")],
    endpoint: Annotated[str, typer.Argument(autocompletion=completion.endpoints, help="Endpoint that scores them.")],
    table: Annotated[str, typer.Argument(autocompletion=completion.tables, help="Table that keeps the predictions.")],
    content_type: Annotated[option.Content, option.CONTENT_TYPE] = option.Content.CSV,
    max_rows: Annotated[int, option.MAX_ROWS] = 1000,
    threshold: Annotated[str | None, option.THRESHOLD] = None,
    ttl_days: Annotated[int | None, option.TTL_DAYS] = None,
    dlq: Annotated[
        str | None,
        typer.Option("--dlq", metavar="BUCKET", help="Bucket for records that cannot be scored; made when missing."),
    ] = None,
    batch_size: Annotated[int, option.BATCH_SIZE] = 500,
    window: Annotated[int, option.WINDOW] = 0,
    parallelization: Annotated[int, option.PARALLELIZATION] = 1,
    retries: Annotated[int, option.RETRIES] = 5,
    max_age: Annotated[int, option.MAX_AGE] = 86_400,
    bisect: Annotated[bool, option.BISECT] = True,
    starting_position: Annotated[option.StartingPosition, option.POSITION] = option.StartingPosition.TRIM_HORIZON,
    memory: Annotated[int, option.MEMORY] = 512,
    function_timeout: Annotated[int, option.FUNCTION_TIMEOUT] = 120,
    architecture: Annotated[option.Architecture, option.ARCHITECTURE] = option.Architecture.ARM64,
    stack: StackOption = None,
    wait: WaitOption = True,
    timeout: TimeoutOption = 600,
) -> None:
    """Make a processor: a function that scores a stream's records and writes the predictions, with its own role.

    What was made is taken back when a step fails. What an interrupted run left half-made, the same command completes.
    """
    owner = stack or stack_of(name)
    bucket = dlq or Names(owner, session.account_id).dlq_bucket
    told = environment(
        name,
        endpoint,
        table,
        bucket,
        CONTENT_TYPE=content_type.value,
        MAX_ROWS_PER_CALL=max_rows,
        SCORE_THRESHOLD=option.threshold_value(threshold),
        TTL_DAYS=ttl_days or None,
    )
    spec = Spec(
        name=name,
        stack=owner,
        role_arn=session.place.role(role_of(name)),
        environment=told,
        memory=memory,
        timeout=function_timeout,
        architecture=architecture.value,
    )
    mapping_settings = MappingSettings(
        batch_size, window, parallelization, retries, max_age, bisect, starting_position.value
    )
    with session.following(f"processor {name}", quiet=session.quiet) as report:
        uuid = create_processor(
            session.client,
            spec,
            connections=Connections(stream, endpoint, table, bucket),
            mapping_settings=mapping_settings,
            package=package(),
            place=session.place,
            patience=None if session.dry_run else Patience(timeout),
            wait=wait,
            report=report,
        )
    if ttl_days:
        remark_on_expiry(session, table)
    state = "Enabled" if wait else "Creating"
    session.answer(
        {
            "processor": name,
            "state": state,
            "stream": stream,
            "endpoint": endpoint,
            "table": table,
            "dlq_bucket": bucket,
            "role": role_of(name),
            "mapping": uuid,
        },
        f"[{'green' if wait else 'yellow'}]{state}[/] processor {name}: {stream} -> {endpoint} -> {table}, "
        f"failures to {bucket}",
    )


def remark_on_expiry(session: Session, table: str) -> None:
    """Tell when what the function writes for DynamoDB to delete is not deleted."""
    if not expires(session.client("dynamodb"), table):
        session.remark(
            f"[yellow]nothing of {table} expires[/]: its time to live is off. To switch it on: deploy --set ttl_days=N "
            f"for a stack's table, else: aws dynamodb update-time-to-live --table-name {table} "
            f"--time-to-live-specification Enabled=true,AttributeName={TTL_ATTRIBUTE}"
        )


@command("delete-processor", panel=PANEL, changes=True, examples=("delete-processor my-realtime-ml-processor --yes",))
def delete(
    session: Session,
    name: Annotated[str, typer.Argument(autocompletion=completion.processors, help="Name of the processor.")],
    yes: YesOption = False,
    timeout: TimeoutOption = 600,
) -> None:
    """Delete a processor: its event source mapping, function, role and log group, after asking.

    Its stream, endpoint, table and bucket of failures stay.
    """
    found = find_processor(session.client("lambda"), name)
    if found:
        check_made_by_hand(session.client, found, "datastreamer inference destroy {stack}")
    session.confirm(f"Delete processor {name} with its role and its log?", yes=yes)
    with session.following(f"processor {name}", quiet=session.quiet) as report:
        patience = None if session.dry_run else Patience(timeout)
        deleted = delete_processor(session.client, name, session.place, patience=patience, report=report)
    session.answer(
        {"processor": name, "status": "DELETED", "deleted": deleted}, f"[green]DELETED[/] {', '.join(deleted)}"
    )


@command("list-processors", panel=PANEL, examples=("list-processors", "list-processors --json"))
def list_all(session: Session) -> None:
    """List the region's processors: what each connects, its state, and how its last batch ended."""
    found = list(list_processors(session.client("lambda")))
    rows = [(each.name, _state(each), _route(each), _result(each)) for each in found]
    session.answer(
        {"region": session.region, "processors": [_document(each) for each in found]},
        table_of(
            ("processor", "state", "stream → endpoint → table", "last result"),
            rows,
            none=f"no processor in {session.region}",
        ),
    )


def _document(processor: Processor) -> dict[str, object]:
    return {**asdict(processor), "state": _state(processor)}


def _state(processor: Processor) -> str:
    """Of its mapping, where the function itself is as it should be."""
    if processor.state != "Active":
        return processor.state
    return processor.mappings[0].state if processor.mappings else "not fed"


def _route(processor: Processor) -> str:
    streams = ", ".join(each.stream for each in processor.mappings) or "-"
    return f"{streams} → {processor.endpoint} → {processor.table}"


def _result(processor: Processor) -> str:
    return ", ".join(escape(each.result) for each in processor.mappings if each.result) or "-"
