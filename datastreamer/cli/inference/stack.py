"""``deploy`` and ``destroy``."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer
from rich.text import Text

from datastreamer.aws.waiting import Patience
from datastreamer.cli.inference.command import TimeoutOption, YesOption, command
from datastreamer.cli.inference.session import Session
from datastreamer.cli.rows import table_of
from datastreamer.errors import UsageError
from datastreamer.inference.names import check_stack_name, stack_tags
from datastreamer.inference.stack.by_hand import delete_serving, find_others, find_serving
from datastreamer.provisioning.cut_off import CutOff
from datastreamer.provisioning.stack import Plan, StackProvisioner
from datastreamer.provisioning.unrecorded import KEY
from datastreamer.wording import counted

PANEL = "Stack"

StackArgument = Annotated[str, typer.Argument(help="Name of the stack, such as my-realtime-ml.", metavar="STACK_NAME")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Value of the pipeline's variable NAME (terraform/pipelines/inference/variables.tf); may be given again.",
    ),
]

MADE = {
    "stream_name": "stream",
    "function_name": "processor",
    "table_name": "table",
    "models_bucket": "bucket of models",
    "dlq_bucket": "bucket of failures",
    "endpoint_name": "endpoint it calls",
}
"""What people are told of the stack's outputs."""


@command(
    "deploy",
    panel=PANEL,
    changes=True,
    examples=("deploy my-realtime-ml", "deploy my-realtime-ml --set shard_count=2 --set ttl_days=30 --yes"),
)
def deploy(session: Session, stack: StackArgument, settings: SetOption = None, yes: YesOption = False) -> None:
    """Put a stack in place with Terraform, after showing its plan: stream, table, processor, buckets, alarms.

    Running it again brings the stack up to date. It makes no endpoint, since that costs money: see create-endpoint.
    """
    terraform = _Terraform(session, stack, settings)
    if not session.dry_run:
        CutOff(terraform.provisioner, session.client, stack_tags(stack), stack, {KEY}).take_up()
    plan = terraform.plan()
    if session.dry_run:
        return
    if plan.changes:
        session.confirm(f"Make {counted(plan.changes, 'change')} to stack {stack}?", yes=yes)
    changes = terraform.provisioner.apply(plan)
    outputs = terraform.provisioner.output()["inference"]
    following = _next_commands(stack, outputs)
    rows = [(label, outputs[name]) for name, label in MADE.items() if name in outputs]
    session.answer(
        {"stack": stack, "region": session.region, "changes": changes, "outputs": outputs, "next_commands": following},
        f"[green]in place[/] stack {stack}, {counted(changes, 'change')}",
        table_of(("part", "name"), rows, none=""),
        "next:",
        *(f"  {line}" for line in following),
    )


@command(
    "destroy",
    panel=PANEL,
    changes=True,
    examples=("destroy my-realtime-ml", "destroy my-realtime-ml --yes"),
)
def destroy(session: Session, stack: StackArgument, yes: YesOption = False, timeout: TimeoutOption = 1800) -> None:
    """Take a stack away with all its data, after naming everything: endpoints and models that commands made for it too.

    What deploy did not make otherwise (streams, tables, processors made by hand) is named and left alone.
    """
    terraform = _Terraform(session, stack, None)
    serving = find_serving(session.client, stack)
    # Without a deployed stack and anything else of it, the plan says why there is nothing to destroy.
    deployed = bool(terraform.provisioner.resources()) or not serving.described()
    plan = terraform.plan(destroy=True) if deployed else None
    if plan and terraform.provisioner.output().get("inference", {}).get("protected"):
        raise UsageError(
            f"stack {stack} was deployed to resist its destruction. To let it go: datastreamer inference deploy "
            f"{stack} --set force_destroy=true --set deletion_protection=false"
        )
    others = find_others(session.client, stack)
    if not session.quiet:
        _name(session, serving.described(), others, deployed=deployed)
    session.confirm(f"Destroy stack {stack} with all its data? It cannot be undone.", yes=yes)
    with session.following("deleting", quiet=session.quiet) as report:
        patience = None if session.dry_run else Patience(timeout)
        delete_serving(session.client, serving, patience=patience, report=report)
    if session.dry_run:
        return
    changes = terraform.provisioner.destroy(plan) if plan else 0
    left = find_others(session.client, stack, whoever_made_it=True)
    forgotten = [line for line in left if line not in others]
    session.answer(
        {"stack": stack, "region": session.region, "changes": changes, "deleted": serving.described(), "left": left},
        f"[green]gone[/] stack {stack}: {counted(changes, 'change')} by Terraform, {len(serving.described())} more",
        *(["Still there, as an interrupted deploy left it; to delete it:"] if forgotten else []),
        *(f"  {line}" for line in forgotten),
    )


class _Terraform:
    """A stack's Terraform, whose lines of progress go to people, and whose plan can be kept for machines."""

    def __init__(self, session: Session, stack: str, settings: list[str] | None) -> None:
        self._session = session
        self._kept: list[str] | None = None
        self.provisioner = StackProvisioner(
            check_stack_name(stack), os.environ, self._take, region=session.region, values=_values(settings or [])
        )

    def plan(self, *, destroy: bool = False) -> Plan:
        """Make and show the plan: to people at once, to machines with a dry run's calls."""
        session = self._session
        with session.following("comparing the stack with its description", quiet=session.quiet):
            plan = self.provisioner.plan(destroy=destroy)
        self._kept = []
        self.provisioner.show(plan, color=session.out.is_terminal and not session.as_json)
        session.plan = "\n".join(self._kept)
        if not session.as_json:
            session.out.print(Text.from_ansi(session.plan), soft_wrap=True)
        self._kept = None
        return plan

    def _take(self, line: str) -> None:
        if self._kept is None:
            self._session.remark(Text(line))
        else:
            self._kept.append(line)


def _name(session: Session, serving: list[str], others: list[str], *, deployed: bool) -> None:
    if serving:
        session.out.print("Beyond Terraform's plan, made by commands and deleted first:" if deployed else "To delete:")
        for line in serving:
            session.out.print(f"  [red]-[/] {line}", soft_wrap=True)
    if others:
        session.out.print("Made by hand and left alone; to delete it:")
        for line in others:
            session.out.print(f"    {line}", soft_wrap=True)


def _values(settings: list[str]) -> dict[str, Any]:
    """``NAME=VALUE``, the value as JSON where it is (numbers, true, lists), else as text."""
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name:
            raise UsageError(f"--set takes NAME=VALUE, such as shard_count=2; not {setting!r}")
        try:
            values[name.strip()] = json.loads(text)
        except ValueError:
            values[name.strip()] = text
    return values


def _next_commands(stack: str, outputs: dict[str, Any]) -> list[str]:
    example = '{"id": "sensor-001", "data": [25.5, 60.0, 1013.25]}'
    return [
        f"datastreamer inference train-example --stack {stack}",
        f"datastreamer inference put-record {outputs['stream_name']} '{example}'",
        f"datastreamer inference query-predictions {outputs['table_name']} sensor-001",
        f"datastreamer inference status {stack}",
    ]
