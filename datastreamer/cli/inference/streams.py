"""``create-stream``, ``delete-stream``, ``list-streams``."""

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
from datastreamer.inference.resources import streams
from datastreamer.wording import counted

PANEL = "Kinesis"


@command(
    "create-stream",
    panel=PANEL,
    changes=True,
    examples=("create-stream my-realtime-ml-stream 2", "create-stream my-stream 1 --no-wait"),
)
def create_stream(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the stream.")],
    shards: Annotated[int, typer.Argument(min=1, help="Number of shards; one takes 1,000 records and 1 MB a second.")],
    encrypt: Annotated[bool, typer.Option("--encrypt/--no-encrypt", help="Encrypt with AWS's key for Kinesis.")] = True,
    stack: StackOption = None,
    wait: WaitOption = True,
    timeout: TimeoutOption = 600,
) -> None:
    """Make a Kinesis stream and wait until it is ACTIVE and encrypted.

    With --no-wait it is not encrypted yet, since only an ACTIVE stream can be.
    """
    kinesis = session.client("kinesis")
    streams.create_stream(kinesis, name, shards, stack or stack_of(name))
    patience = Patience(timeout)
    with session.following(f"stream {name}", quiet=session.quiet) as report:
        if wait and not session.dry_run:
            streams.wait_for_stream(kinesis, name, patience=patience, report=report)
        if wait and encrypt:
            streams.encrypt_stream(kinesis, name)
        if wait and encrypt and not session.dry_run:
            streams.wait_for_stream(kinesis, name, patience=patience, report=report)
    state = "ACTIVE" if wait else "CREATING"
    encrypted = wait and encrypt
    session.answer(
        {"stream": name, "shards": shards, "status": state, "encrypted": encrypted},
        f"[green]{state}[/] stream {name}, {counted(shards, 'shard')}, {'encrypted' if encrypted else 'not encrypted'}",
    )


@command("delete-stream", panel=PANEL, changes=True, examples=("delete-stream my-realtime-ml-stream --yes",))
def delete_stream(
    session: Session,
    name: Annotated[str, typer.Argument(autocompletion=completion.streams, help="Name of the stream.")],
    yes: YesOption = False,
    wait: WaitOption = True,
    timeout: TimeoutOption = 600,
) -> None:
    """Delete a stream and every record on it, after asking."""
    kinesis = session.client("kinesis")
    streams.describe_stream(kinesis, name)
    session.confirm(f"Delete stream {name} and every record on it?", yes=yes)
    streams.delete_stream(kinesis, name)
    if wait and not session.dry_run:
        with session.following(f"stream {name}", quiet=session.quiet) as report:
            streams.wait_until_stream_is_gone(kinesis, name, patience=Patience(timeout), report=report)
    state = "DELETED" if wait else "DELETING"
    session.answer({"stream": name, "status": state}, f"[green]{state}[/] stream {name}")


@command("list-streams", panel=PANEL, examples=("list-streams", "list-streams --json"))
def list_streams(session: Session) -> None:
    """List the region's streams with their state and open shards."""
    found = list(streams.list_streams(session.client("kinesis")))
    rows = [(each.name, each.status, each.shards, each.mode.lower(), f"{each.retention_hours} h") for each in found]
    session.answer(
        {"region": session.region, "streams": [asdict(each) for each in found]},
        table_of(("stream", "status", "shards", "mode", "keeps"), rows, none=f"no stream in {session.region}"),
    )
