"""``create-model`` and ``create-endpoint-config``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from datastreamer.cli.inference import completion
from datastreamer.cli.inference.command import StackOption, command
from datastreamer.cli.inference.session import Session
from datastreamer.errors import UsageError
from datastreamer.inference.names import role_of, stack_of
from datastreamer.inference.resources import container_environment, models
from datastreamer.inference.resources.images import region_of
from datastreamer.inference.resources.policies import model_policy
from datastreamer.inference.resources.roles import (
    ROLE_PATIENCE,
    SAGEMAKER,
    delete_role,
    ensure_role,
    find_role,
    once_role_is_known,
)
from datastreamer.inference.resources.undo import Undo
from datastreamer.scoring.score_range import ScoreRange

PANEL = "SageMaker"
DEFAULT = models.Hosting()
TO_COMPLETE = "To complete it, give the same command again"


@command(
    "create-model",
    panel=PANEL,
    changes=True,
    examples=(
        "create-model my-realtime-ml-model IMAGE s3://my-realtime-ml-models-123456789012/model.tar.gz",
        "create-model my-model IMAGE s3://my-bucket/model.tar.gz --env SAGEMAKER_PROGRAM=serve.py --env THREADS=2",
    ),
)
def create_model(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the model.")],
    image: Annotated[str, typer.Argument(help="URI of the container image that serves it.")],
    model_uri: Annotated[str, typer.Argument(help="Its archive in S3: s3://<bucket>/<key>.tar.gz.")],
    role: Annotated[
        str | None,
        typer.Option(
            "--role", metavar="ARN", help="Execution role; by default one is made that can no more than this."
        ),
    ] = None,
    score_range: Annotated[
        str | None,
        typer.Option(
            "--score-range",
            metavar="LOW..HIGH",
            help="Range that its scores lie in, such as 0..1; by default what the archive declares. Others are parked.",
        ),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="NAME=VALUE", help="Variable of its container; may be given again."),
    ] = None,
    stack: StackOption = None,
) -> None:
    """Make a SageMaker model of a container image and a model archive.

    An image of scikit-learn serves by the script code/inference.py of the archive; what names it in the container's
    environment is set unless --env says otherwise. XGBoost and PyTorch take a script of another name by
    --env SAGEMAKER_PROGRAM=NAME.
    """
    artifact = models.Artifact.parse(model_uri)
    told = container_environment.parsed(env or [])
    given = None if score_range is None else ScoreRange.parse(score_range)
    # A range that is given goes over one that the archive declares wrongly.
    declared = models.declared_range(session.client("s3"), artifact, given)
    environment = container_environment.environment_of(image, told, declared)
    sagemaker = session.client("sagemaker")
    models.check_model_is_new(sagemaker, name)
    if (region := region_of(image)) not in (None, session.region):
        session.remark(
            f"[yellow]the image is in {region}, the model in {session.region}[/]: SageMaker serves images of its own "
            "region. See https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/ for the one there"
        )
    owner = stack or stack_of(name)
    role_name = role_of(name)
    role_arn = role or session.place.role(role_name)
    with session.following(f"model {name}", quiet=session.quiet) as report, Undo(report, TO_COMPLETE) as undo:
        if not role:
            iam = session.client("iam")
            if find_role(iam, role_name) is None:
                undo.note(f"role {role_name}", lambda: delete_role(iam, role_name))
            policy = model_policy(image, artifact, session.place)
            ensure_role(iam, role_name, service=SAGEMAKER, policy=policy, place=session.place, stack=owner)
        once_role_is_known(
            lambda: models.create_model(
                sagemaker, name, image=image, artifact=artifact, role_arn=role_arn, stack=owner, environment=environment
            ),
            patience=ROLE_PATIENCE,
            report=report,
        )
    session.answer(
        {
            "model": name,
            "image": image,
            "model_uri": artifact.uri,
            "role": role_arn,
            "score_range": None if declared is None else str(declared),
            "environment": environment,
        },
        f"[green]created[/] model {name}, role {role_arn}, "
        f"{'no range of scores declared' if declared is None else f'scores in {declared}'}",
    )


@command(
    "create-endpoint-config",
    panel=PANEL,
    changes=True,
    examples=(
        "create-endpoint-config my-realtime-ml-config my-realtime-ml-model",
        "create-endpoint-config my-config my-model --instance-type ml.c6i.xlarge --instance-count 2",
        "create-endpoint-config my-config my-model --serverless --memory 4096 --max-concurrency 20",
    ),
)
def create_endpoint_config(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the endpoint configuration.")],
    model: Annotated[str, typer.Argument(autocompletion=completion.models, help="Name of the model that it serves.")],
    instance_type: Annotated[
        str | None, typer.Option("--instance-type", show_default=DEFAULT.instance_type, help="Machine that serves it.")
    ] = None,
    instance_count: Annotated[
        int | None,
        typer.Option("--instance-count", min=1, show_default=str(DEFAULT.instances), help="How many machines."),
    ] = None,
    serverless: Annotated[bool, typer.Option("--serverless", help="Serverless: billed by what it does.")] = False,
    memory: Annotated[
        int | None,
        typer.Option("--memory", show_default=str(DEFAULT.memory_mb), help="MB of memory of a serverless endpoint."),
    ] = None,
    max_concurrency: Annotated[
        int | None,
        typer.Option(
            "--max-concurrency",
            min=1,
            max=200,
            show_default=str(DEFAULT.concurrency),
            help="Requests at a time of a serverless endpoint.",
        ),
    ] = None,
    variant: Annotated[str, typer.Option("--variant", help="Name of its production variant.")] = "AllTraffic",
    stack: StackOption = None,
) -> None:
    """Make an endpoint configuration: which model runs on what."""
    _check_hosting(
        serverless=serverless,
        machines={"--instance-type": instance_type, "--instance-count": instance_count},
        functions={"--memory": memory, "--max-concurrency": max_concurrency},
    )
    hosting = models.Hosting(
        instance_type or DEFAULT.instance_type,
        instance_count or DEFAULT.instances,
        serverless,
        DEFAULT.memory_mb if memory is None else memory,
        max_concurrency or DEFAULT.concurrency,
    )
    models.create_endpoint_config(
        session.client("sagemaker"), name, model=model, hosting=hosting, variant=variant, stack=stack or stack_of(name)
    )
    runs_on = f"serverless, {hosting.memory_mb} MB" if serverless else f"{hosting.instances} x {hosting.instance_type}"
    session.answer(
        {"endpoint_config": name, "model": model, "variant": hosting.variant(variant, model)},
        f"[green]created[/] endpoint configuration {name}: {model} on {runs_on}",
    )


def _check_hosting(*, serverless: bool, machines: Mapping[str, object], functions: Mapping[str, object]) -> None:
    """Raises UsageError for an option of the other kind of hosting, which would have no effect."""
    for option, value in (machines if serverless else functions).items():
        if value is not None:
            kind = "a serverless endpoint has no machines" if serverless else "it is for serverless endpoints"
            raise UsageError(f"{option} {'excludes' if serverless else 'needs'} --serverless: {kind}")
