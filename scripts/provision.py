"""Put a stage in place with Terraform, and take it away again: ``python -m scripts.provision --help``."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, TextIO

import boto3
import typer

from datastreamer.errors import UsageError
from datastreamer.provisioning.account import AccountProvisioner
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.provisioning.cut_off import CutOff
from datastreamer.provisioning.packages.upload import build_packages, build_sites
from datastreamer.provisioning.provisioner import Plan, Provisioner
from datastreamer.provisioning.stack import DEFAULT_REGION, StackProvisioner
from datastreamer.provisioning.state_bucket import ensure_state_bucket
from datastreamer.provisioning.terraform.workspace import (
    STATE_BUCKET_VARIABLE,
    data_directory,
    terraform_settings,
)
from datastreamer.stages import enter_stage, stage_environment
from scripts.commands import new_app, run

StageArgument = Annotated[str, typer.Argument(help="prod, staging, local, or the name of a folder of terraform/envs.")]
PipelineOption = Annotated[list[str] | None, typer.Option("--pipeline", help="Switch this pipeline on as well.")]
ApproveOption = Annotated[bool, typer.Option("--auto-approve", help="Do not ask.")]
AddressArgument = Annotated[str, typer.Argument(help="Its address in Terraform, as the failed apply names it.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="What AWS knows it as; for a stream, its name.")]

app = new_app(__doc__)


def main(arguments: list[str]) -> int:
    """Run one command; returns its exit status (0 done, 1 failed, 2 wrong usage or settings, 3 a plan has changes)."""
    return run(app, arguments, "provision")


def _provisioner(stage: str, pipelines: list[str] | None = None) -> Provisioner:
    provisioner = Provisioner(stage, os.environ, _say)
    provisioner.keep_pipelines(pipelines or [])
    return provisioner


def _cut_off(provisioner: Provisioner, stage: str) -> CutOff:
    enter_stage(stage, os.environ)
    new_client: Any = boto3.client
    tags = {"PROJECT": "datastreamer", "STAGE": provisioner.workspace.name}
    return CutOff(provisioner, new_client, tags, f"datastreamer-{provisioner.workspace.name}-inference")


@app.command("plan")
def _plan(
    stage: StageArgument,
    pipeline: PipelineOption = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 when there are changes.")
    ] = False,
) -> None:
    """Show and save what an apply would change."""
    provisioner = _provisioner(stage, pipeline)
    plan = provisioner.plan()
    provisioner.show(plan, color=sys.stdout.isatty())
    _say(f"\nSaved to {plan.file}. To apply it: make apply STAGE={stage} PLAN={plan.file}")
    if detailed_exitcode and plan.changes:
        raise typer.Exit(3)


@app.command("apply")
def _apply(
    stage: StageArgument,
    pipeline: PipelineOption = None,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", help="Apply this saved plan, unasked, and not a fresh one.")
    ] = None,
    auto_approve: ApproveOption = False,
) -> None:
    """Put the stage in place, after asking."""
    provisioner = _provisioner(stage, pipeline)
    if plan_file:
        if not plan_file.is_file():
            raise UsageError(f"there is no saved plan {plan_file}; make one with: make plan STAGE={stage}")
        saved = Plan(plan_file.resolve(), 0, 0.0)
        _cut_off(provisioner, stage).take_up(saved)
        provisioner.apply(saved)
        return
    name = provisioner.workspace.name
    _cut_off(provisioner, stage).take_up()
    plan = None
    if not (auto_approve or _approves_itself(stage)):
        plan = provisioner.plan()
        provisioner.show(plan, color=sys.stdout.isatty())
        if plan.changes:
            _ask(f"Apply these changes to stage {name}?")
    changes = provisioner.apply(plan)
    _say(f"Stage {name} is in place: {changes} changes.")


@app.command("destroy")
def _destroy(stage: StageArgument, auto_approve: ApproveOption = False) -> None:
    """Destroy the stage and all its data, after asking."""
    provisioner = _provisioner(stage)
    name = provisioner.workspace.name
    plan = None
    if not auto_approve:
        plan = provisioner.plan(destroy=True)
        provisioner.show(plan, color=sys.stdout.isatty())
        if plan.changes:
            _ask(f"Destroy all of this in stage {name}? It cannot be undone.")
    changes = provisioner.destroy(plan)
    _say(f"Stage {name} is gone: {changes} changes.")
    _cut_off(provisioner, stage).name_left()


@app.command("adopt")
def _adopt(stage: StageArgument, address: AddressArgument, identifier: IdArgument) -> None:
    """Note in the state a resource that an interrupted apply made."""
    _provisioner(stage).adopt(address, identifier)
    _say(f"{address} is in the state. Now: make apply STAGE={stage}")


@app.command("adopt-stack")
def _adopt_stack(
    stack: Annotated[str, typer.Argument(help="Name of the stack.")],
    address: AddressArgument,
    identifier: IdArgument,
    region: Annotated[str, typer.Option(help="Region of the stack.")] = DEFAULT_REGION,
    stage: Annotated[str | None, typer.Option(help="Stage that the stack is deployed to, such as local.")] = None,
) -> None:
    """Note in a stack's state a resource that an interrupted deploy made."""
    if stage:
        enter_stage(stage, os.environ)
    StackProvisioner(stack, os.environ, _say, region=region).adopt(address, identifier)
    _say(f"{address} is in the state. Now: datastreamer inference deploy {stack}")


@app.command("package")
def _package() -> None:
    """Build the zips of jobs and functions and the sites, and print their paths."""
    build = data_directory(os.environ) / "build"
    for path in [*build_packages(build).values(), *build_sites(build, _say)]:
        _say(str(path))


@app.command("cli-config")
def _cli_config() -> None:
    """Write a Terraform configuration that finds the provider on this machine."""
    folder = data_directory(os.environ) / "terraform"
    _, settings = terraform_settings(os.environ, folder, REPOSITORY / "terraform" / "stage" / "versions.tf")
    _say(f"export TF_CLI_CONFIG_FILE={shlex.quote(settings['TF_CLI_CONFIG_FILE'])}")


@app.command("state-bucket")
def _state_bucket(
    bucket: Annotated[str, typer.Argument(help="Its name; give the same in DATASTREAMER_STATE_BUCKET.")],
) -> None:
    """Make the bucket that keeps the state of every stage on AWS."""
    if not bucket:
        raise UsageError("name the bucket: make state-bucket STATE_BUCKET=<name>")
    session = boto3.session.Session()
    region = session.region_name or "ap-northeast-1"
    created = ensure_state_bucket(session.client("s3", region_name=region), bucket, region)
    _say(f"Bucket {bucket} in {region} {'is made' if created else 'was there; its settings are in force'}.")
    _say(f"Name it for every later command: export {STATE_BUCKET_VARIABLE}={bucket}")


@app.command("account")
def _account(auto_approve: ApproveOption = False) -> None:
    """Put in place what an AWS account has once, whatever its stages: the role by which API Gateway writes logs."""
    provisioner = AccountProvisioner(os.environ, _say)
    plan = None
    if not auto_approve:
        plan = provisioner.plan()
        provisioner.show(plan, color=sys.stdout.isatty())
        if plan.changes:
            _ask("Apply these changes to the account?")
    changes = provisioner.apply(plan)
    _say(f"The account is in place: {changes} changes.")


def _approves_itself(stage: str) -> bool:
    """Whether the stage's own file says so. The caller's environment does not count: it may be another stage's."""
    return stage_environment(stage, {}).get("DATASTREAMER_AUTO_APPROVE") == "1"


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is nobody to ask; to answer yes beforehand: AUTO_APPROVE=1")
    if input(f"{question} Only 'yes' will do: ").strip() != "yes":
        raise UsageError("not approved, nothing changed")


def _say(line: str, stream: TextIO | None = None) -> None:
    print(line, file=stream or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
