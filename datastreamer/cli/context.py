"""What every command shares: the stage it works on, its AWS clients, its two consoles."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any

import boto3
import typer
from rich.console import Console

from datastreamer.stages import enter_stage
from datastreamer.telemetry.names import Names

StageOption = Annotated[
    str,
    typer.Option("--stage", "-s", envvar="DATASTREAMER_STAGE", help="Stage to work on: prod, staging or local."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON on standard output, for machines.")]


@dataclass
class Context:
    """A stage entered. ``out`` carries answers, ``err`` progress and remarks (so that answers can be piped)."""

    stage: str
    out: Console = field(default_factory=lambda: Console(highlight=False, emoji=False))
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False, emoji=False))

    @classmethod
    def enter(cls, stage: str) -> Context:
        """Enter a stage by any of its names; raises UsageError for an unknown one."""
        return cls(enter_stage(stage, os.environ))

    def client(self, service: str) -> Any:
        """A boto3 client for the stage."""
        new_client: Any = boto3.client
        return new_client(service)

    @cached_property
    def names(self) -> Names:
        """The stage's resource names; asks STS for the account."""
        return Names(self.stage, self.client("sts").get_caller_identity()["Account"])

    @contextmanager
    def following(self, title: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
        """Progress on standard error: a spinner with the latest state, or, when piped, a line for each new state."""
        if quiet:
            yield lambda _: None
        elif self.err.is_terminal:
            with self.err.status(title) as status:
                yield lambda state: status.update(f"{title}: {state}")
        else:
            seen: list[str] = []

            def tell(state: str) -> None:
                if seen[-1:] != [state]:
                    seen.append(state)
                    self.err.print(f"{title}: {state}", soft_wrap=True)

            yield tell

    def answer_json(self, document: object) -> None:
        """One JSON document on standard output."""
        sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
