"""``status``."""

from __future__ import annotations

from dataclasses import asdict
from difflib import get_close_matches
from typing import Annotated

import typer

from datastreamer.aws.status import all_healthy
from datastreamer.cli.inference.command import command
from datastreamer.cli.inference.session import Session
from datastreamer.cli.parts import parts_table
from datastreamer.errors import ConfigurationError
from datastreamer.inference.names import Names
from datastreamer.inference.resources.processors import Processor
from datastreamer.inference.stack.stacks import find_stacks
from datastreamer.inference.stack.status import stack_parts


@command("status", panel="Stack", examples=("status my-realtime-ml", "status", "status my-realtime-ml --json"))
def status(
    session: Session,
    stack: Annotated[
        str | None, typer.Argument(metavar="STACK_NAME", help="Name of the stack; without it, every stack.")
    ] = None,
) -> None:
    """Show every part of a stack: state, lag, errors, parked records, alarms. Exits 1 when one is unhealthy."""
    with session.following("status", quiet=session.quiet):
        stacks = find_stacks(session.client)
        if stack is not None:
            stacks = {stack: _one(stack, stacks, session)}
        parts = {
            name: stack_parts(session.client, Names(name, session.account_id), processor, session.now())
            for name, processor in stacks.items()
        }
    session.answer(
        {
            "region": session.region,
            "healthy": all(map(all_healthy, parts.values())),
            "stacks": [
                {"stack": name, "healthy": all_healthy(found), "parts": [asdict(part) for part in found]}
                for name, found in parts.items()
            ],
        },
        *(parts_table(name, found) for name, found in parts.items()),
        *(
            []
            if parts
            else [f"no stack in {session.region}; to make one: datastreamer inference deploy my-realtime-ml"]
        ),
    )
    if not all(map(all_healthy, parts.values())):
        raise typer.Exit(1)


def _one(stack: str, stacks: dict[str, Processor | None], session: Session) -> Processor | None:
    if stack not in stacks:
        near = get_close_matches(stack, stacks, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ConfigurationError(
            f"there is no stack {stack} in {session.region}.{hint} To make it: datastreamer inference deploy {stack}"
        )
    return stacks[stack]
