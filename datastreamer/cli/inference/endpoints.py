"""``create-endpoint``, ``delete-endpoint``, ``list-endpoints``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from datastreamer.aws.waiting import Patience
from datastreamer.cli.inference import completion
from datastreamer.cli.inference.command import StackOption, TimeoutOption, WaitOption, YesOption, command
from datastreamer.cli.inference.session import Session
from datastreamer.cli.rows import table_of
from datastreamer.inference.names import stack_of
from datastreamer.inference.resources import endpoints, models
from datastreamer.inference.resources.roles import delete_role
from datastreamer.inference.resources.scaling import check_scaled, scaled_variants
from datastreamer.inference.stack import promotion
from datastreamer.inference.stack.by_hand import roles_of

PANEL = "SageMaker"


@command(
    "create-endpoint",
    panel=PANEL,
    changes=True,
    examples=(
        "create-endpoint my-realtime-ml-endpoint my-realtime-ml-config",
        "create-endpoint my-realtime-ml-endpoint my-new-config --update",
    ),
)
def create_endpoint(
    session: Session,
    name: Annotated[str, typer.Argument(help="Name of the endpoint.")],
    config: Annotated[str, typer.Argument(autocompletion=completion.configs, help="Its endpoint configuration.")],
    update: Annotated[bool, typer.Option("--update", help="Move an endpoint that is there to CONFIG.")] = False,
    stack: StackOption = None,
    wait: WaitOption = True,
    timeout: TimeoutOption = 1800,
) -> None:
    """Make an endpoint and wait until it is InService (some minutes on AWS). It costs money until it is deleted.

    With --update move it to another configuration; rollback goes back. What serves a stack's endpoint goes with the
    stack.
    """
    sagemaker = session.client("sagemaker")
    owner = stack or stack_of(name)
    if update:
        there = endpoints.describe_endpoint(sagemaker, name)
        tags = promotion.tags_of(sagemaker, there.arn)
        owner = stack or tags.get("STACK") or owner
        scaled = _checked_move(session, there, config)
        promotion.note_move(sagemaker, there, tags, config)
        endpoints.update_endpoint(sagemaker, name, config, keep_capacity=scaled)
    else:
        endpoints.create_endpoint(sagemaker, name, config, owner)
    promotion.claim(session.client, config, owner)
    status = "Updating" if update else "Creating"
    status = _followed(session, name, status, wait=wait, timeout=timeout)
    session.answer(
        {"endpoint": name, "endpoint_config": config, "status": status},
        f"[{'green' if status == 'InService' else 'yellow'}]{status}[/] endpoint {name}, configuration {config}",
    )


@command(
    "rollback",
    panel=PANEL,
    changes=True,
    examples=("rollback my-realtime-ml-endpoint", "rollback my-realtime-ml-endpoint --no-wait --json"),
)
def rollback(
    session: Session,
    name: Annotated[str, typer.Argument(autocompletion=completion.endpoints, help="Name of the endpoint.")],
    wait: WaitOption = True,
    timeout: TimeoutOption = 1800,
) -> None:
    """Move an endpoint back to the configuration that served it before the present one.

    Given again, it goes back one further. To go forward again: create-endpoint --update.
    """
    sagemaker = session.client("sagemaker")
    there = endpoints.describe_endpoint(sagemaker, name)
    config = promotion.previous_config(there, promotion.tags_of(sagemaker, there.arn))
    scaled = _checked_move(session, there, config)
    endpoints.update_endpoint(sagemaker, name, config, keep_capacity=scaled)
    status = _followed(session, name, "Updating", wait=wait, timeout=timeout)
    session.answer(
        {"endpoint": name, "endpoint_config": config, "rolled_back_from": there.config, "status": status},
        f"[{'green' if status == 'InService' else 'yellow'}]{status}[/] endpoint {name}, "
        f"back from {there.config} to {config}",
    )


def _checked_move(session: Session, there: endpoints.Endpoint, config: str) -> bool:
    """Whether the endpoint is scaled, so that it keeps the instances that it has grown to; raises UsageError where it
    cannot be moved to ``config``."""
    sagemaker = session.client("sagemaker")
    endpoints.check_update(sagemaker, there, config)
    scaled = scaled_variants(session.client("application-autoscaling"), there)
    check_scaled(sagemaker, there, config, scaled)
    return bool(scaled)


def _followed(session: Session, name: str, status: str, *, wait: bool, timeout: float) -> str:
    """The endpoint's status, once its change has ended where it is waited for."""
    if not wait or session.dry_run:
        return status
    with session.following(f"endpoint {name}", quiet=session.quiet) as report:
        return endpoints.wait_for_endpoint(
            session.client("sagemaker"), name, patience=Patience(timeout), report=report
        ).status


@command(
    "delete-endpoint",
    panel=PANEL,
    changes=True,
    examples=("delete-endpoint my-realtime-ml-endpoint --yes", "delete-endpoint my-realtime-ml-endpoint --all"),
)
def delete_endpoint(
    session: Session,
    name: Annotated[str, typer.Argument(autocompletion=completion.endpoints, help="Name of the endpoint.")],
    everything: Annotated[bool, typer.Option("--all", help="Also its configuration, models and their roles.")] = False,
    yes: YesOption = False,
    wait: WaitOption = True,
    timeout: TimeoutOption = 900,
) -> None:
    """Delete an endpoint, after asking."""
    sagemaker = session.client("sagemaker")
    found = endpoints.describe_endpoint(sagemaker, name)
    used = endpoints.models_of(sagemaker, found.config) if everything else []
    roles = roles_of(session.client("iam"), used) if everything else []
    beyond = f", configuration {found.config}, {', '.join([*used, *roles])}" if everything else ""
    session.confirm(f"Delete endpoint {name}{beyond}?", yes=yes)
    endpoints.delete_endpoint(sagemaker, name)
    if everything:
        models.delete_endpoint_config(sagemaker, found.config)
        for model in used:
            models.delete_model(sagemaker, model)
        for role in roles:
            delete_role(session.client("iam"), role)
    if wait and not session.dry_run:
        with session.following(f"endpoint {name}", quiet=session.quiet) as report:
            endpoints.wait_until_endpoint_is_gone(sagemaker, name, patience=Patience(timeout), report=report)
    state = "DELETED" if wait else "DELETING"
    session.answer(
        {
            "endpoint": name,
            "status": state,
            "deleted_endpoint_config": found.config if everything else None,
            "deleted_models": used,
            "deleted_roles": roles,
        },
        f"[green]{state}[/] endpoint {name}{beyond}",
    )


@command("list-endpoints", panel=PANEL, examples=("list-endpoints", "list-endpoints --json"))
def list_endpoints(session: Session) -> None:
    """List the region's endpoints with their state."""
    found = list(endpoints.list_endpoints(session.client("sagemaker")))
    rows = [(each.name, each.status, each.config, _instances(each)) for each in found]
    session.answer(
        {"region": session.region, "endpoints": [asdict(each) for each in found]},
        table_of(("endpoint", "status", "configuration", "instances"), rows, none=f"no endpoint in {session.region}"),
    )


def _instances(endpoint: endpoints.Endpoint) -> str:
    return (
        ", ".join("serverless" if each.instances is None else str(each.instances) for each in endpoint.variants) or "-"
    )
