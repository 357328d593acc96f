"""``datastreamer votes open | close | freeze | reset | archive``: what the presenter of a vote does."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.aws.clock import Clock
from datastreamer.aws.waiting import Patience
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.votes.announcing import Announcer
from datastreamer.votes.archive import Archive
from datastreamer.votes.names import Names
from datastreamer.votes.rounds import CLOSED, FROZEN, OPEN, Round, Rounds
from datastreamer.votes.running import Runner

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=0, help="Seconds to wait for votes to be counted.")]

MEANING = {
    OPEN: "votes are taken, and everybody sees them",
    FROZEN: "votes are taken and counted, and what everybody sees stands still",
    CLOSED: "votes are refused, and everybody sees the totals",
}


def open_votes(as_json: JsonOption = False, stage: StageOption = "local") -> None:
    """Take votes, and show them: after a close, or after a freeze."""
    _become(OPEN, stage, as_json=as_json)


def close(as_json: JsonOption = False, stage: StageOption = "local") -> None:
    """Refuse votes from now on, and show the final totals.

    Functions see it within a second. What was taken before counts; what browsers still hold is refused for good.
    """
    _become(CLOSED, stage, as_json=as_json)


def freeze(as_json: JsonOption = False, stage: StageOption = "local") -> None:
    """Keep taking and counting votes, and let what everybody sees stand still until open or close."""
    _become(FROZEN, stage, as_json=as_json)


def reset(
    archive: Annotated[
        bool, typer.Option("--archive", help="Then keep the totals of the round that ended, as `archive` does.")
    ] = False,
    timeout: TimeoutOption = 120,
    yes: YesOption = False,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Begin a new round, whose totals begin at 0: closed where the present one is, else open.

    Nothing is deleted: each vote of the round before stays in the lake and in that round's totals.
    """
    context = Context.enter(stage)
    table, dynamodb = _names(context).aggregation_table, context.client("dynamodb")
    before = Rounds(dynamodb, table).current()
    context.confirm(
        f"Begin round {before.number + 1} of stage {context.stage}? Everybody sees 0 votes then, and round "
        f"{before.number} ({sum(before.votes.values()):,} votes) cannot be taken up again.",
        yes=yes,
    )
    begun = Runner(dynamodb, table).begin_next(Clock().wall_ms())
    _announce(context)
    if not as_json:
        context.out.print(_sentence(begun, changed=True), soft_wrap=True)
    archived = _archive(context, timeout, quiet=as_json) if archive else []
    if as_json:
        context.answer_json(_document(begun, changed=True) | {"archived": [each.number for each in archived]})


def archive(timeout: TimeoutOption = 120, as_json: JsonOption = False, stage: StageOption = "local") -> None:
    """Keep the totals of each round that has ended, as a row of the lake's table `rounds`; once for each round.

    Waits until the last vote of these rounds is counted: eleven seconds for those under way, and for what waits.
    """
    context = Context.enter(stage)
    archived = _archive(context, timeout, quiet=as_json)
    if as_json:
        context.answer_json({"archived": [each.number for each in archived]})
    elif not archived:
        context.out.print("Every round that has ended is archived.")


def _archive(context: Context, timeout: float, *, quiet: bool) -> list[Round]:
    names = _names(context)
    keeper = Archive(
        *(context.client(service) for service in ("dynamodb", "kinesis", "s3")),
        table=names.aggregation_table,
        stream=names.stream,
        bucket=names.raw_bucket,
    )
    with context.following("archive", quiet=quiet) as report:
        archived = keeper.write(Patience(timeout), report)
    for each in archived if not quiet else ():
        context.out.print(f"Round {each.number} is archived: {_standing(each)}", soft_wrap=True)
    return archived


def _become(state: str, stage: str, *, as_json: bool) -> None:
    context = Context.enter(stage)
    runner = Runner(context.client("dynamodb"), _names(context).aggregation_table)
    found, changed = runner.become(state, Clock().wall_ms())
    _announce(context)
    if as_json:
        context.answer_json(_document(found, changed=changed))
    else:
        context.out.print(_sentence(found, changed=changed), soft_wrap=True)


def _names(context: Context) -> Names:
    return Names(context.stage, context.account)


def _announce(context: Context) -> None:
    """Have the browsers told; a change stands also when they cannot be."""
    try:
        Announcer(context.client("lambda"), _names(context).publish_function).announce_change()
    except (ClientError, BotoCoreError) as error:
        context.err.print(
            f"No update could be sent to browsers; they see it when they ask, within half a minute: {error}",
            soft_wrap=True,
        )


def _document(found: Round, *, changed: bool) -> dict[str, Any]:
    return {"round": found.number, "state": found.state, "totals": dict(found.votes), "changed": changed}


def _sentence(found: Round, *, changed: bool) -> str:
    already = "" if changed else " already"
    return f"Round {found.number} is{already} {found.state}: {MEANING[found.state]}. {_standing(found)}"


def _standing(found: Round) -> str:
    return ", ".join(f"{candidate} {votes:,}" for candidate, votes in sorted(found.votes.items())) or "no votes yet"
