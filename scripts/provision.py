"""Put a stage in place with Terraform, and take it away again: ``python -m scripts.provision --help``."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import Any, TextIO

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.errors import DatastreamerError, UsageError
from datastreamer.provisioning.cut_off import CutOff
from datastreamer.provisioning.packages.upload import build_packages, build_sites
from datastreamer.provisioning.provisioner import Plan, Provisioner
from datastreamer.provisioning.stack import DEFAULT_REGION, StackProvisioner
from datastreamer.provisioning.state_bucket import ensure_state_bucket
from datastreamer.provisioning.terraform.workspace import (
    REPOSITORY,
    STATE_BUCKET_VARIABLE,
    data_directory,
    terraform_settings,
)
from datastreamer.stages import enter_stage, stage_environment


def main(arguments: list[str]) -> int:
    """Run one command; returns its exit status (0 done, 1 failed, 2 wrong usage or settings)."""
    options = parser().parse_args(arguments)
    try:
        _COMMANDS[options.command](options)
    except DatastreamerError as error:
        _say(f"error: {error}", sys.stderr)
        return error.exit_code
    except (BotoCoreError, ClientError) as error:
        _say(f"error: {error}", sys.stderr)
        return 1
    except KeyboardInterrupt:
        _say("interrupted: Terraform has stopped in good order", sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """Every command, its arguments and options."""
    words = argparse.ArgumentParser(prog="provision", description=__doc__)
    commands = words.add_subparsers(dest="command", required=True)
    plan = commands.add_parser("plan", help="show and save what an apply would change")
    plan.add_argument("--detailed-exitcode", action="store_true", help="exit with 3 when there are changes")
    apply = commands.add_parser("apply", help="put the stage in place, after asking")
    apply.add_argument("--plan", type=Path, help="apply this saved plan, unasked, and not a fresh one")
    destroy = commands.add_parser("destroy", help="destroy the stage and all its data, after asking")
    for command in (apply, destroy):
        command.add_argument("--auto-approve", action="store_true", help="do not ask")
    for command in (plan, apply):
        command.add_argument("--pipeline", action="append", default=[], help="switch this pipeline on as well")
    adopt = commands.add_parser("adopt", help="note in the state a resource that an interrupted apply made")
    for command in (plan, apply, destroy, adopt):
        command.add_argument("stage", help="prod, staging, local, or the name of a folder of terraform/envs")
    stack = commands.add_parser("adopt-stack", help="the same for a stack that an interrupted deploy made")
    stack.add_argument("stack", help="name of the stack")
    for command in (adopt, stack):
        command.add_argument("address", help="its address in Terraform, as the failed apply names it")
        command.add_argument("id", help="what AWS knows it as; for a stream, its name")
    stack.add_argument("--region", default=DEFAULT_REGION, help="region of the stack")
    stack.add_argument("--stage", help="stage that the stack is deployed to, such as local")
    commands.add_parser("package", help="build the zips of jobs and functions and the sites, and print their paths")
    commands.add_parser("cli-config", help="write a Terraform configuration that finds the provider on this machine")
    bucket = commands.add_parser("state-bucket", help="make the bucket that keeps the state of every stage on AWS")
    bucket.add_argument("bucket", help="its name; give the same in DATASTREAMER_STATE_BUCKET")
    return words


def _provisioner(options: argparse.Namespace) -> Provisioner:
    provisioner = Provisioner(options.stage, os.environ, _say)
    provisioner.keep_pipelines(getattr(options, "pipeline", []))
    return provisioner


def _cut_off(provisioner: Provisioner, stage: str) -> CutOff:
    enter_stage(stage, os.environ)
    new_client: Any = boto3.client
    tags = {"PROJECT": "datastreamer", "STAGE": provisioner.workspace.name}
    return CutOff(provisioner, new_client, tags)


def _plan(options: argparse.Namespace) -> None:
    provisioner = _provisioner(options)
    plan = provisioner.plan()
    provisioner.show(plan, color=sys.stdout.isatty())
    _say(f"\nSaved to {plan.file}. To apply it: make apply STAGE={options.stage} PLAN={plan.file}")
    if options.detailed_exitcode and plan.changes:
        sys.exit(3)


def _apply(options: argparse.Namespace) -> None:
    provisioner = _provisioner(options)
    if options.plan:
        if not options.plan.is_file():
            raise UsageError(f"there is no saved plan {options.plan}; make one with: make plan STAGE={options.stage}")
        saved = Plan(options.plan.resolve(), 0, 0.0)
        _cut_off(provisioner, options.stage).take_up(saved)
        provisioner.apply(saved)
        return
    stage = provisioner.workspace.name
    _cut_off(provisioner, options.stage).take_up()
    plan = None
    if not (options.auto_approve or _approves_itself(options.stage)):
        plan = provisioner.plan()
        provisioner.show(plan, color=sys.stdout.isatty())
        if plan.changes:
            _ask(f"Apply these changes to stage {stage}?")
    changes = provisioner.apply(plan)
    _say(f"Stage {stage} is in place: {changes} changes.")


def _destroy(options: argparse.Namespace) -> None:
    provisioner = _provisioner(options)
    stage = provisioner.workspace.name
    plan = None
    if not options.auto_approve:
        plan = provisioner.plan(destroy=True)
        provisioner.show(plan, color=sys.stdout.isatty())
        if plan.changes:
            _ask(f"Destroy all of this in stage {stage}? It cannot be undone.")
    changes = provisioner.destroy(plan)
    _say(f"Stage {stage} is gone: {changes} changes.")
    _cut_off(provisioner, options.stage).name_left()


def _adopt(options: argparse.Namespace) -> None:
    provisioner = _provisioner(options)
    provisioner.adopt(options.address, options.id)
    _say(f"{options.address} is in the state. Now: make apply STAGE={options.stage}")


def _adopt_stack(options: argparse.Namespace) -> None:
    if options.stage:
        enter_stage(options.stage, os.environ)
    StackProvisioner(options.stack, os.environ, _say, region=options.region).adopt(options.address, options.id)
    _say(f"{options.address} is in the state. Now: datastreamer inference deploy {options.stack}")


def _package(_options: argparse.Namespace) -> None:
    build = data_directory(os.environ) / "build"
    for path in [*build_packages(build).values(), *build_sites(build)]:
        _say(str(path))


def _cli_config(_options: argparse.Namespace) -> None:
    folder = data_directory(os.environ) / "terraform"
    _, settings = terraform_settings(os.environ, folder, REPOSITORY / "terraform" / "stage" / "versions.tf")
    _say(f"export TF_CLI_CONFIG_FILE={shlex.quote(settings['TF_CLI_CONFIG_FILE'])}")


def _state_bucket(options: argparse.Namespace) -> None:
    if not options.bucket:
        raise UsageError("name the bucket: make state-bucket STATE_BUCKET=<name>")
    session = boto3.session.Session()
    region = session.region_name or "ap-northeast-1"
    created = ensure_state_bucket(session.client("s3", region_name=region), options.bucket, region)
    _say(f"Bucket {options.bucket} in {region} {'is made' if created else 'was there; its settings are in force'}.")
    _say(f"Name it for every later command: export {STATE_BUCKET_VARIABLE}={options.bucket}")


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


_COMMANDS = {
    "plan": _plan,
    "apply": _apply,
    "destroy": _destroy,
    "adopt": _adopt,
    "adopt-stack": _adopt_stack,
    "package": _package,
    "cli-config": _cli_config,
    "state-bucket": _state_bucket,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
