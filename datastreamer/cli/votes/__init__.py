"""``datastreamer votes``: run a stage's vote, see its state, and prove that each vote counts once."""

from __future__ import annotations

import typer

from datastreamer.cli.query import query_of
from datastreamer.cli.status import status_of
from datastreamer.cli.votes import audit, rounds
from datastreamer.pipelines import PIPELINES
from datastreamer.votes.names import Names

MISSING_HINT = "Is the vote on? Try: make apply WITH=votes"
"""What to do when AWS says that there is no such resource."""

app = typer.Typer(help=f"The live vote: {PIPELINES['votes'].route}.", no_args_is_help=True)
app.command(name="status")(status_of(PIPELINES["votes"]))
app.command(name="audit")(audit.audit)
app.command(name="query")(query_of(Names))
app.command(name="open")(rounds.open_votes)
app.command(name="close")(rounds.close)
app.command(name="freeze")(rounds.freeze)
app.command(name="reset")(rounds.reset)
app.command(name="archive")(rounds.archive)
