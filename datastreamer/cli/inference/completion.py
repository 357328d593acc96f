"""Completion of names in a shell: what there is in the region, asked for quickly; nothing when AWS does not answer."""

from __future__ import annotations

from collections.abc import Callable

import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.cli.inference.session import Session
from datastreamer.errors import DatastreamerError
from datastreamer.inference import missing
from datastreamer.inference.missing import Kind

QUICK = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
"""Nobody waits longer for a completion."""

Completer = Callable[[typer.Context, str], list[str]]


def _names(service: str, kind: Kind) -> Completer:
    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            session = Session.enter(region=ctx.params.get("region"), stage=ctx.params.get("stage"), as_json=True)
            found = kind.names(session.new_client(service, QUICK))
        except (BotoCoreError, ClientError, DatastreamerError):
            return []
        return [name for name in found if name.startswith(incomplete)]

    return complete


streams = _names("kinesis", missing.STREAM)
tables = _names("dynamodb", missing.TABLE)
endpoints = _names("sagemaker", missing.ENDPOINT)
configs = _names("sagemaker", missing.CONFIG)
models = _names("sagemaker", missing.MODEL)
processors = _names("lambda", missing.PROCESSOR)
