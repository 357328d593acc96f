"""``datastreamer taxi models``, ``approve``, ``reject`` and ``rollback``: what a person does with versions."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from datastreamer.aws.waiting import Patience, wait_for
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.following import TimeoutOption, WaitOption
from datastreamer.errors import JobFailedError
from datastreamer.taxi.model import approval
from datastreamer.taxi.model.overview import overview
from datastreamer.taxi.model.registry import PENDING, REJECTED, version_named
from datastreamer.taxi.model.serving import endpoint_state, served_version
from datastreamer.taxi.names import Names

VersionArgument = Annotated[str, typer.Argument(help="Number of the version.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Kept with the version.")]


def models(as_json: JsonOption = False, stage: StageOption = "local") -> None:
    """List the versions of the model: state, share of the traffic, errors in dollars, recall, false alarms, rule."""
    context, group = _entered(stage)
    rows = overview(context.client("sagemaker"), group)
    if as_json:
        context.answer_json([row.document() for row in rows])
        return
    table = Table()
    for title in ("version", "state", "traffic", "RMSE", "MAE", "recall", "false/1,000", "rule", "trained until"):
        table.add_column(title, overflow="fold")
    for row in rows:
        of = row.figures.get
        table.add_row(
            row.version,
            "Pending" if row.state == PENDING else row.state,
            "shifting" if row.share is None else f"{row.share:.0%}",
            *(f"{float(of(name, 'nan')):.2f}" for name in ("rmse", "mae", "recall", "false_alarms")),
            f"{float(of('floor', 'nan')):.2f} + {float(of('factor', 'nan')):.2f} x",
            of("training_to", ""),
        )
    context.out.print(table)
    for row in rows:
        if row.state == REJECTED and row.why:
            context.out.print(f"version {row.version}: {row.why}", soft_wrap=True)


def approve(
    version: VersionArgument,
    wait: WaitOption = True,
    timeout: TimeoutOption = 7_200,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Approve a version, and follow it into service: a canary first, and back by itself when an alarm fires.

    Exits 1 when it was turned back, with the reason.
    """
    context, group = _entered(stage)
    approval.approve(context.client("sagemaker"), group, version)
    _follow(context, group, version, wait=wait, timeout=timeout, as_json=as_json)


def reject(
    version: VersionArgument, reason: ReasonOption = "Rejected by a command.", stage: StageOption = "local"
) -> None:
    """Reject a version. One that serves is replaced by the newest approved one before it, all at once."""
    context, group = _entered(stage)
    approval.reject(context.client("sagemaker"), group, version, reason)
    context.out.print(f"version {version} is rejected")


def rollback(
    version: Annotated[
        str | None, typer.Argument(help="Version to go back to; by default the newest approved one before.")
    ] = None,
    reason: ReasonOption = "Rolled back by a command.",
    wait: WaitOption = True,
    timeout: TimeoutOption = 3_600,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Go back to an older version, all at once; its own rule is in force again. Newer ones are rejected."""
    context, group = _entered(stage)
    target = approval.go_back(context.client("sagemaker"), group, version, reason)
    _follow(context, group, target.version, wait=wait, timeout=timeout, as_json=as_json)


def _entered(stage: str) -> tuple[Context, str]:
    context = Context.enter(stage)
    return context, Names(context.stage, context.account).model


def _follow(context: Context, group: str, version: str, *, wait: bool, timeout: float, as_json: bool) -> None:
    sagemaker = context.client("sagemaker")

    def look() -> tuple[str, bool]:
        state = endpoint_state(sagemaker, group)
        status = "no endpoint yet" if state is None else state["EndpointStatus"]
        if status == "InService" and served_version(sagemaker, group) == version:
            return "in service", True
        turned_back = version_named(sagemaker, group, version).approval == REJECTED
        return (REJECTED, True) if turned_back else (f"endpoint: {status}", False)

    if wait:
        with context.following(f"version {version}", quiet=as_json) as report:
            if wait_for(f"version {version}", look, patience=Patience(timeout=timeout), report=report) == REJECTED:
                package = sagemaker.describe_model_package(
                    ModelPackageName=version_named(sagemaker, group, version).arn
                )
                raise JobFailedError(f"version {version} is rejected: {package.get('ApprovalDescription', '')}")
    if as_json:
        context.answer_json({"version": version, "state": "InService" if wait else "Approved"})
    else:
        context.out.print(f"version {version} {'is in service' if wait else 'is approved'}")
