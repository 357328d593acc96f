"""Where a stack's Terraform lies: one root for all stacks, and for each a state and a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.terraform.workspace import (
    STATE_BUCKET_VARIABLE,
    Workspace,
    backend_kind,
    check_endpoint,
    data_directory,
    local_backend,
    s3_backend,
    terraform_settings,
)
from datastreamer.stages import ENVIRONMENTS, stage_names

PIPELINE = "inference"


def open_stack_workspace(
    stack: str, region: str, environ: Mapping[str, str], environments: Path = ENVIRONMENTS
) -> Workspace:
    """The workspace of ``stack`` in the account and at the AWS endpoint that ``environ`` leads to.

    Two accounts, regions or endpoints never share a state, though their stacks have the same name. Raises
    ConfigurationError when Terraform, the state bucket, the endpoint or credentials are missing.
    """
    endpoint = environ.get("AWS_ENDPOINT_URL")
    check_endpoint(endpoint)
    account = account_id(environ, region)
    place = Path(urlsplit(endpoint).netloc.replace(":", "-") if endpoint else "aws", account, region, stack)
    folder = data_directory(environ) / "terraform" / "stacks" / place
    terraform = environments.parent
    root = terraform / "stacks" / PIPELINE
    binary, settings = terraform_settings(environ, folder, root / "versions.tf")
    if not _keeps_state_in_s3(environ, environments):
        return Workspace("stack", stack, root, folder, binary, settings, local_backend(folder))
    shared = s3_backend(terraform / "backend" / "backend.hcl", environ, f"stack {stack}")
    backend = (*shared, f"key=datastreamer/stacks/{account}/{region}/{stack}/terraform.tfstate")
    if endpoint:
        # Such an endpoint has no names for its buckets.
        backend = (*backend, "use_path_style=true")
    return Workspace("stack", stack, _root_with_s3_state(terraform, folder), folder, binary, settings, backend)


def account_id(environ: Mapping[str, str], region: str) -> str:
    """The AWS account that the credentials of ``environ`` belong to; raises ConfigurationError when there are none."""
    key = environ.get("AWS_ACCESS_KEY_ID")
    try:
        session = boto3.Session(
            aws_access_key_id=key,
            aws_secret_access_key=environ.get("AWS_SECRET_ACCESS_KEY") if key else None,
            aws_session_token=environ.get("AWS_SESSION_TOKEN") if key else None,
            profile_name=None if key else environ.get("AWS_PROFILE"),
            region_name=region,
        )
        sts = session.client("sts", endpoint_url=environ.get("AWS_ENDPOINT_URL_STS") or environ.get("AWS_ENDPOINT_URL"))
        return sts.get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise ConfigurationError(
            f"AWS does not say whose account this is ({error}). Name a profile with AWS_PROFILE, sign in with "
            "aws sso login, or work on the local stage: --stage local"
        ) from error


def _keeps_state_in_s3(environ: Mapping[str, str], environments: Path) -> bool:
    """A stack on a stage keeps its state as that stage does; without one, in the state bucket where one is named."""
    stage = stage_names(environments).get(environ.get("DATASTREAMER_STAGE", ""))
    if stage:
        return backend_kind(stage) == "s3"
    return bool(environ.get(STATE_BUCKET_VARIABLE))


def _root_with_s3_state(terraform: Path, folder: Path) -> Path:
    """A copy of the root that keeps its state in S3: which kind of state it is, no setting of Terraform can say."""
    copy = folder / "source"
    shutil.rmtree(copy, ignore_errors=True)
    ignored = shutil.ignore_patterns(".terraform", "*.tftest.hcl", "testdata")
    for part in ("modules", f"pipelines/{PIPELINE}", f"stacks/{PIPELINE}"):
        shutil.copytree(terraform / part, copy / part, ignore=ignored)
    root = copy / "stacks" / PIPELINE
    shutil.copyfile(terraform / "backend" / "stacks.tf", root / "backend.tf")
    return root
