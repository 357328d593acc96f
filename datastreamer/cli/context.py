"""What every command of a stage shares: the stage it works on, its AWS clients, its two consoles."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import boto3
import typer

from datastreamer.cli.terminal import Terminal
from datastreamer.stages import enter_stage
from datastreamer.telemetry.names import Names

StageOption = Annotated[
    str,
    typer.Option("--stage", "-s", envvar="DATASTREAMER_STAGE", help="Stage to work on: prod, staging or local."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON on standard output, for machines.")]


@dataclass
class Context(Terminal):
    """A stage entered."""

    stage: str

    @classmethod
    def enter(cls, stage: str) -> Context:
        """Enter a stage by any of its names; raises UsageError for an unknown one."""
        return cls(enter_stage(stage, os.environ))

    def client(self, service: str) -> Any:
        """A boto3 client for the stage."""
        new_client: Any = boto3.client
        return new_client(service)

    @cached_property
    def account(self) -> str:
        """The account that the stage is in; asks STS."""
        account: str = self.client("sts").get_caller_identity()["Account"]
        return account

    @cached_property
    def names(self) -> Names:
        """What the telemetry pipeline's resources are called."""
        return Names(self.stage, self.account)
