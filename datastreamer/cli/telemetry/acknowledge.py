"""``datastreamer telemetry acknowledge``: a damaged raw object was seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from datastreamer.cli.context import Context, JsonOption, StageOption


def acknowledge(
    uri: Annotated[str, typer.Argument(metavar="S3-URI", help="The damaged raw object, as the audit names it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why its damage is no longer news; kept with your word.")],
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Say that a damaged raw object was seen, so that the audit goes on. What was lost with it stays lost."""
    from datastreamer.aws.s3_location import S3Location
    from datastreamer.telemetry.audit import damaged
    from datastreamer.telemetry.manifest import list_manifests

    context = Context.enter(stage)
    s3, state = context.client("s3"), S3Location.parse(context.names.state_path)
    known = damaged.damaged_objects(list_manifests(s3, context.names.state_path))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    said = damaged.acknowledge(s3, state, known, uri, reason=reason, at=now)
    if as_json:
        context.answer_json(vars(said))
    else:
        context.out.print(f"acknowledged {escape(uri)}: {escape(known[uri].fault or '')}", soft_wrap=True)
