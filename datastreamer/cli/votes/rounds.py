"""``datastreamer votes open | close | freeze | reset``: what the presenter of a vote does."""

from __future__ import annotations

from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.aws.clock import Clock
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.votes.announcing import Announcer
from datastreamer.votes.names import Names
from datastreamer.votes.rounds import CLOSED, FROZEN, OPEN, Round, Rounds
from datastreamer.votes.running import Runner

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

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


def reset(yes: YesOption = False, as_json: JsonOption = False, stage: StageOption = "local") -> None:
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
    _show(context, Runner(dynamodb, table).begin_next(Clock().wall_ms()), changed=True, as_json=as_json)


def _become(state: str, stage: str, *, as_json: bool) -> None:
    context = Context.enter(stage)
    runner = Runner(context.client("dynamodb"), _names(context).aggregation_table)
    found, changed = runner.become(state, Clock().wall_ms())
    _show(context, found, changed=changed, as_json=as_json)


def _names(context: Context) -> Names:
    return Names(context.stage, context.account)


def _show(context: Context, found: Round, *, changed: bool, as_json: bool) -> None:
    """Tell the browsers and the caller; a change stands also when the browsers cannot be told."""
    try:
        Announcer(context.client("lambda"), _names(context).publish_function).announce_change()
    except (ClientError, BotoCoreError) as error:
        context.err.print(
            f"No update could be sent to browsers; they see it when they ask, within half a minute: {error}",
            soft_wrap=True,
        )
    if as_json:
        document = {"round": found.number, "state": found.state, "totals": dict(found.votes), "changed": changed}
        context.answer_json(document)
        return
    already = "" if changed else " already"
    standing = ", ".join(f"{candidate} {votes:,}" for candidate, votes in sorted(found.votes.items())) or "no votes yet"
    context.out.print(
        f"Round {found.number} is{already} {found.state}: {MEANING[found.state]}. {standing}", soft_wrap=True
    )
