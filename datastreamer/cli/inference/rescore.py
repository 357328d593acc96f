"""``rescore``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from botocore.config import Config
from rich.markup import escape

from datastreamer.cli.inference import completion
from datastreamer.cli.inference.command import YesOption, command
from datastreamer.cli.inference.replay import SHOWN, as_if_all_were_stored
from datastreamer.cli.inference.session import Session
from datastreamer.errors import UsageError
from datastreamer.inference.names import check_stack_name
from datastreamer.inference.reprocessing.invocations import StillFailing
from datastreamer.inference.reprocessing.rescore import Wanted, rescore, serving_models
from datastreamer.inference.resources.processors import describe_processor
from datastreamer.inference.since import parse_since
from datastreamer.wording import counted


@command(
    "rescore",
    panel="Processor",
    changes=True,
    examples=(
        "rescore my-realtime-ml --model my-realtime-ml-model-2 --from 2h",
        "rescore my-realtime-ml --model bad-model --from 2026-01-31T12:00:00Z --to 2026-01-31T14:00:00Z --yes",
        "rescore my-realtime-ml --unnamed --from 30d --dry-run",
    ),
)
def rescore_predictions(
    session: Session,
    stack: Annotated[str, typer.Argument(help="Stack whose predictions are made anew.")],
    since: Annotated[
        str, typer.Option("--from", metavar="WHEN", help="Records that arrived since: ISO-8601, or 15m, 2h, 1d ago.")
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="Replace what this model predicted, or may have predicted."),
    ] = None,
    unnamed: Annotated[bool, typer.Option("--unnamed", help="Replace predictions that name no model.")] = False,
    until: Annotated[
        str | None, typer.Option("--to", metavar="WHEN", help="Records that arrived before; by default until now.")
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(
            "--function", metavar="NAME", autocompletion=completion.processors, help="Send them through this processor."
        ),
    ] = None,
    yes: YesOption = False,
) -> None:
    """Replace the predictions that a model made by those of the model that serves now.

    The records go straight to the processor, as Kinesis first delivered them: each new prediction takes the place of
    the old one. What cannot be scored keeps its old prediction. Interrupted and given again it goes on; it reads the
    whole table each time. Exits 1 when something keeps its old prediction.
    """
    if (model is None) != unnamed:
        raise UsageError("give either --model NAME or --unnamed")
    moment = session.now()
    wanted = Wanted(model, parse_since(since, moment), parse_since(until, moment) if until else moment)
    if wanted.since >= wanted.until:
        raise UsageError(
            f"--from ({wanted.since:%Y-%m-%dT%H:%M:%SZ}) must be before --to ({wanted.until:%Y-%m-%dT%H:%M:%SZ})"
        )
    lambda_ = session.client("lambda")
    processor = describe_processor(lambda_, function or f"{check_stack_name(stack)}-processor")
    serving = serving_models(session.client("sagemaker"), processor.endpoint, model)
    whose = "that name no model" if model is None else f"of {model}"
    session.confirm(
        f"Replace the predictions {whose} for records from {wanted.since:%Y-%m-%d %H:%M:%S} to "
        f"{wanted.until:%Y-%m-%d %H:%M:%S} UTC in {processor.table} by those of {', '.join(serving)}?",
        yes=yes,
    )
    timeout = lambda_.get_function_configuration(FunctionName=processor.name)["Timeout"]
    # An invocation that boto3 gives up on and makes again would be under way twice.
    patient = session.new_client("lambda", Config(read_timeout=timeout + 30, retries={"total_max_attempts": 1}))
    if session.dry_run:
        session.dry_run.answers["Invoke"] = as_if_all_were_stored
    scanned = found = 0
    failing: list[StillFailing] = []
    with session.following(f"rescore {processor.table}", quiet=session.quiet) as report:
        for some in rescore(
            session.client("dynamodb"), patient, table=processor.table, function=processor.name, wanted=wanted
        ):
            scanned, found = scanned + some.scanned, found + some.found
            failing += some.failing
            if some.found:
                report(f"{found - len(failing):,} scored again, {len(failing):,} kept, of {scanned:,} items read")
    session.answer(
        {
            "stack": stack,
            "table": processor.table,
            "function": processor.name,
            "model": model,
            "from": wanted.since.isoformat(),
            "to": wanted.until.isoformat(),
            "serving": serving,
            "scanned": scanned,
            "found": found,
            "rescored": found - len(failing),
            "kept": [asdict(each) for each in failing],
        },
        *_lines(scanned, found, failing, whose, serving),
    )
    if failing and not session.dry_run:
        raise typer.Exit(1)


def _lines(scanned: int, found: int, failing: list[StillFailing], whose: str, serving: list[str]) -> list[str]:
    if not found:
        return [f"no predictions {whose} in that time, of {counted(scanned, 'item')}"]
    again = f"{counted(found - len(failing), 'prediction')} {whose} by {', '.join(serving)}"
    lines = [f"[green]scored again[/] {again}, of {counted(scanned, 'item')}"]
    if failing:
        lines.append(f"[red]kept as before[/] {counted(len(failing), 'prediction')}, to be given again later:")
        lines += [f"  {escape(each.event_id)}: {each.reason}: {escape(each.detail)}" for each in failing[:SHOWN]]
        if len(failing) > SHOWN:
            lines.append(f"  … and {len(failing) - SHOWN:,} more; --json names all")
    return lines
