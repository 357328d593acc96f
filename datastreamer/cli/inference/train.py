"""``train-example``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from datastreamer.cli.inference.command import command
from datastreamer.cli.inference.session import Session
from datastreamer.cli.rows import table_of
from datastreamer.errors import UsageError
from datastreamer.inference.missing import no_such_bucket
from datastreamer.inference.names import Names, check_stack_name
from datastreamer.inference.resources.buckets import bucket_exists
from datastreamer.provisioning.terraform.workspace import data_directory


@command(
    "train-example",
    panel="SageMaker",
    changes=True,
    examples=("train-example --stack my-realtime-ml", "train-example --out models --seed 11"),
)
def train(
    session: Session,
    stack: Annotated[
        str | None, typer.Option("--stack", metavar="STACK", help="Upload the model to the bucket of this stack.")
    ] = None,
    bucket: Annotated[str | None, typer.Option("--bucket", metavar="NAME", help="Upload it to this bucket.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write it here; by default .local/models/example.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Equal seeds give equal models.")] = 7,
    records: Annotated[int, typer.Option("--records", min=1, help="Simulated readings to learn from.")] = 200_000,
) -> None:
    """Train an XGBoost model that finds faulty sensors, on simulated readings with labelled faults.

    Writes model.tar.gz, a model card and its metrics, measured on readings that it never saw; with --stack or --bucket
    uploads them and tells what to type next.
    """
    from datastreamer.inference.training import next_commands, train_example, upload

    if stack and bucket:
        raise UsageError("--stack and --bucket exclude each other")
    target = Names(check_stack_name(stack), session.account_id).models_bucket if stack else bucket
    # Training takes a while: whether its result has somewhere to go is asked before.
    if target and not bucket_exists(session.client("s3"), target):
        raise no_such_bucket(target, session.region)
    folder = out or data_directory(os.environ) / "models" / "example"
    with session.following("training", quiet=session.quiet) as report:
        example = train_example(out=folder, seed=seed, records=records, report=report)
    uri = upload(example, session.client("s3"), target) if target else None
    following = list(next_commands(uri, example.threshold, stack or "my-stack", session.region)) if uri else []
    held = example.held_out
    rows = [
        ("this model", f"{held.precision:.1%}", f"{held.recall:.1%}", f"{held.f1:.3f}"),
        ("plain limits", f"{example.limits.precision:.1%}", f"{example.limits.recall:.1%}", f"{example.limits.f1:.3f}"),
    ]
    session.answer(
        {
            **example.document(),
            "archive": str(example.archive),
            "card": str(example.card),
            "metrics": str(example.metrics),
            "model_uri": uri,
            "next_commands": following,
        },
        f"on {held.records:,} readings that it never saw, {held.anomalies:,} of them faulty:",
        table_of(("", "precision", "recall", "F1"), rows, none=""),
        f"threshold {example.threshold}; {example.archive} and {example.card.name} beside it",
        *([f"[green]uploaded[/] {uri}", "next:", *(f"  {line}" for line in following)] if uri else []),
    )
