"""``datastreamer taxi replay``: trips that waited too long for a model, scored after all."""

from __future__ import annotations

import typer

from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.taxi.names import Names
from datastreamer.wording import counted


def replay(as_json: JsonOption = False, stage: StageOption = "local") -> None:
    """Score the trips of batches that Lambda gave up, which lie in the raw bucket; those that are scored are deleted.

    Exits 1 when some still wait: there is no model, or it fails.
    """
    from datastreamer.taxi.scoring.replaying import replay as give_again

    context = Context.enter(stage)
    with context.following("replay", quiet=as_json) as report:
        done = give_again(Names(context.stage, context.account), context.client, report)
    if as_json:
        context.answer_json(vars(done))
    else:
        scored = f"{counted(done.batches, 'batch')} of {counted(done.records, 'trip')}"
        context.out.print(f"{scored} scored; {counted(done.left, 'batch')} still waiting")
    if done.left:
        raise typer.Exit(1)
