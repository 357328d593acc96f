"""What every inference command shares: region, AWS clients, how it answers, whether it only pretends."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import boto3
import orjson
from botocore.config import Config
from rich.console import RenderableType

from datastreamer.cli.terminal import Terminal
from datastreamer.errors import UsageError
from datastreamer.inference.dry_run import DryRun
from datastreamer.inference.resources.place import Place
from datastreamer.stages import enter_stage

DEFAULT_REGION = "ap-northeast-1"
REGION_NAME = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")


@dataclass
class Session(Terminal):
    """A region to work in. With ``dry_run``, no call that changes anything leaves this machine."""

    region: str
    as_json: bool = False
    dry_run: DryRun | None = None
    plan: str | None = None
    """Terraform's plan, where a dry run has one."""
    _clients: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def enter(cls, *, region: str | None, stage: str | None, as_json: bool, dry_run: bool = False) -> Session:
        """``stage`` (None: the environment as it is) may name a region, which ``region`` overrules."""
        elsewhere = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if stage:
            enter_stage(stage, os.environ)
            region = region or os.environ.get("AWS_DEFAULT_REGION")
        session = cls(_checked(region or DEFAULT_REGION), as_json, DryRun() if dry_run else None)
        if not region and elsewhere not in (None, session.region):
            session.remark(f"[dim]in {session.region}, whatever AWS_REGION says; for another: --region {elsewhere}[/]")
        return session

    def client(self, service: str) -> Any:
        """The session's boto3 client of ``service``, for its region."""
        if service not in self._clients:
            self._clients[service] = self.new_client(service)
        return self._clients[service]

    def new_client(self, service: str, config: Config | None = None) -> Any:
        """A client of its own, with ``config``."""
        make: Any = boto3.client
        try:
            client = make(service, region_name=self.region, config=config)
        except ValueError as error:
            raise UsageError(
                f"{error}. AWS_ENDPOINT_URL is to be as http://localhost:4566, or unset for AWS"
            ) from error
        if self.dry_run:
            self.dry_run.attach(client)
        return client

    @cached_property
    def account_id(self) -> str:
        """Asks STS."""
        account: str = self.client("sts").get_caller_identity()["Account"]
        return account

    @cached_property
    def place(self) -> Place:
        """Where everything lies that is made here."""
        return Place(self.region, self.account_id, boto3.Session().get_partition_for_region(self.region))

    @property
    def quiet(self) -> bool:
        """Whether progress is of no interest."""
        return self.as_json or self.dry_run is not None

    def now(self) -> datetime:
        return datetime.now(UTC)

    def answer(self, document: object, *shown: RenderableType) -> None:
        """``document`` for machines, or ``shown`` for people; nothing in a dry run, which answers with its calls."""
        if self.dry_run:
            return
        if self.as_json:
            self.answer_json(document)
            return
        for each in shown:
            self.out.print(each, soft_wrap=isinstance(each, str))

    def answer_json(self, document: object) -> None:
        """One JSON document on a line of standard output; decimal numbers keep their digits."""
        sys.stdout.write(orjson.dumps(document, default=_as_json).decode() + "\n")

    def remark(self, line: RenderableType) -> None:
        """Something beside the answer, for people."""
        if not self.as_json:
            self.err.print(line, soft_wrap=True)

    def confirm(self, question: str, *, yes: bool) -> None:
        """As a terminal asks; a dry run changes nothing and asks nothing."""
        super().confirm(question, yes=yes or self.dry_run is not None)


def _checked(region: str) -> str:
    """Raises UsageError for what cannot be a region: boto3 would look for its servers in vain."""
    if not REGION_NAME.fullmatch(region):
        raise UsageError(f"{region!r} is no AWS region; one looks like {DEFAULT_REGION}")
    return region


def _as_json(value: object) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)
