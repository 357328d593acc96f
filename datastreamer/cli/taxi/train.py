"""``datastreamer taxi train``: start the training pipeline, and follow it."""

from __future__ import annotations

import shutil
import subprocess
from typing import Annotated

import boto3
import typer

from datastreamer.aws.waiting import Patience
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.following import TimeoutOption, WaitOption
from datastreamer.errors import RetryableError
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.taxi.month import Month
from datastreamer.taxi.names import Names
from datastreamer.taxi.training.executions import follow, start


def train(
    validate: Annotated[
        str | None, typer.Option("--validate", help="Month to validate on, such as 2025-03; by default the newest.")
    ] = None,
    months: Annotated[
        int | None,
        typer.Option("--months", min=1, max=60, help="Months before it to train on.  [default: the setting]"),
    ] = None,
    train_s3: Annotated[
        str | None,
        typer.Option("--train-s3", metavar="URI", help="Sets that are there, below training/ and validation/."),
    ] = None,
    models_s3: Annotated[
        str | None, typer.Option("--models-s3", metavar="URI", help="Where models are to lie.")
    ] = None,
    endpoint_name: Annotated[
        str | None, typer.Option("--endpoint-name", help="Endpoint whose model the new one must beat.")
    ] = None,
    role: Annotated[str | None, typer.Option("--role", metavar="ARN", help="Role of the training jobs.")] = None,
    region: Annotated[str | None, typer.Option("--region", help="Region of the pipeline.")] = None,
    wait: WaitOption = True,
    timeout: TimeoutOption = 14_400,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Train a model of the fare, and register it if it is better than the one in service.

    Makes the sets, trains, evaluates on later days and on injected anomalies. What the gate refuses ends with exit
    status 1 and the figures. A registered version waits for: datastreamer taxi approve VERSION
    """
    context = Context.enter(stage)
    names = Names(context.stage, context.account)
    new_client = boto3.client
    sagemaker = new_client("sagemaker", region_name=region) if region else context.client("sagemaker")
    given = {
        "ValidationMonth": str(Month.parse(validate)) if validate else None,
        "TrainingMonths": str(months) if months else None,
        "SetsUri": train_s3,
        "ModelsUri": models_s3,
        "EndpointName": endpoint_name,
        "JobRole": role,
        "GitRevision": _revision(),
        "Reason": "by hand",
    }
    parameters = {name: value for name, value in given.items() if value is not None}
    with context.following("training", quiet=as_json) as report:
        arn = start(sagemaker, names.training_pipeline, parameters)
        try:
            outcome = follow(sagemaker, arn, patience=Patience(timeout=timeout), report=report) if wait else None
        except (KeyboardInterrupt, RetryableError):
            context.err.print(f"the training goes on without this command: {arn}", soft_wrap=True)
            raise
    if as_json:
        context.answer_json(outcome.document() if outcome else {"execution": arn})
    elif outcome is None:
        context.out.print(f"started {arn}", soft_wrap=True)
    else:
        context.out.print(f"[green]registered[/] version {outcome.version} in {outcome.seconds:.0f} s")
        context.out.print(f"to put it in service: datastreamer taxi approve {outcome.version}", soft_wrap=True)


def _revision() -> str | None:
    """The commit of the checkout that this runs from; None outside of one."""
    git = shutil.which("git")
    if git is None or not (REPOSITORY / ".git").exists():
        return None
    done = subprocess.run(
        [git, "-C", str(REPOSITORY), "describe", "--always", "--dirty=-changed", "--abbrev=12"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or None
