"""``datastreamer votes``: the state of a stage's vote, and the proof that each vote counts once."""

from __future__ import annotations

import typer

from datastreamer.cli.status import status_of
from datastreamer.cli.votes import audit
from datastreamer.pipelines import PIPELINES

MISSING_HINT = "Is the vote on? Try: make apply WITH=votes"
"""What to do when AWS says that there is no such resource."""

app = typer.Typer(help=f"The live vote: {PIPELINES['votes'].route}.", no_args_is_help=True)
app.command(name="status")(status_of(PIPELINES["votes"]))
app.command(name="audit")(audit.audit)
