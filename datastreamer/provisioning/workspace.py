"""Where a stage's Terraform root lies, and everything around it that must be in place before a command runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.cli_config import chooses_installation, write_cli_config
from datastreamer.provisioning.mirror import Constraint, find_mirror
from datastreamer.stages import ENVIRONMENTS, stage_environment, stage_names

REPOSITORY = ENVIRONMENTS.parent.parent
LEAST_VERSION = (1, 10)
INSTALL_PAGE = "developer.hashicorp.com/terraform/install"
STATE_BUCKET_VARIABLE = "DATASTREAMER_STATE_BUCKET"

_BACKEND = re.compile(r'^\s*backend\s+"(\w+)"', re.MULTILINE)
_BUCKET = re.compile(r'^\s*bucket\s*=\s*"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Workspace:
    """A root folder, the folder that Terraform may write to for it, and the environment its commands get.

    ``kind`` is ``stage`` or ``stack``, ``name`` which one; ``backend`` holds the ``-backend-config`` values of
    ``terraform init``.
    """

    kind: str
    name: str
    root: Path
    folder: Path
    binary: str
    environ: dict[str, str]
    backend: tuple[str, ...]

    @property
    def title(self) -> str:
        """How messages call it: ``stage local``."""
        return f"{self.kind} {self.name}"

    @property
    def plan_file(self) -> Path:
        """Where a plan is saved."""
        return self.folder / "plan.tfplan"


def data_directory(environ: Mapping[str, str]) -> Path:
    """Where all that is made on this machine lies: ``DATASTREAMER_DATA_DIR``, or ``.local`` in the repository."""
    named = environ.get("DATASTREAMER_DATA_DIR")
    return Path(named).resolve() if named else REPOSITORY / ".local"


def open_workspace(name: str, environ: Mapping[str, str], environments: Path = ENVIRONMENTS) -> Workspace:
    """The workspace of stage ``name``, ready for Terraform.

    Raises UsageError for an unknown stage and ConfigurationError when Terraform, the state bucket or the stage's AWS
    endpoint is missing.
    """
    variables = stage_environment(name, environ, environments)
    root = stage_names(environments)[name]
    folder = data_directory(environ) / "terraform" / root.name
    binary, settings = terraform_settings(environ, folder, root / "versions.tf")
    backend = _backend_settings(root, variables, environ, folder)
    check_endpoint(variables.get("AWS_ENDPOINT_URL"))
    stage = variables["DATASTREAMER_STAGE"]
    return Workspace("stage", stage, root, folder, binary, {**settings, **variables}, backend)


def terraform_settings(environ: Mapping[str, str], folder: Path, versions: Path) -> tuple[str, dict[str, str]]:
    """The ``terraform`` to run and the environment to run it in, with all that it writes kept in ``folder``.

    ``versions`` is the ``versions.tf`` of the configuration. Raises ConfigurationError when Terraform is missing or the
    provider mirror that the environment names is of no use.
    """
    binary, platform = find_terraform(environ)
    # States and saved plans hold what the resources hold: nobody else on this machine reads them.
    private = data_directory(environ) / "terraform"
    private.mkdir(parents=True, exist_ok=True)
    private.chmod(0o700)
    mirror = None if chooses_installation(environ) else find_mirror(environ, platform, Constraint.read(versions))
    settings = {
        **environ,
        "TF_CLI_CONFIG_FILE": str(write_cli_config(environ, folder, mirror)),
        "TF_DATA_DIR": str(folder / "data"),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        # Terraform would otherwise ask its maker for news, and wait for the answer where there is no network.
        "CHECKPOINT_DISABLE": "1",
    }
    if mirror is None:
        cache = private / "providers"
        cache.mkdir(parents=True, exist_ok=True)
        settings.setdefault("TF_PLUGIN_CACHE_DIR", str(cache))
    return binary, settings


def find_terraform(environ: Mapping[str, str]) -> tuple[str, str]:
    """Path of the ``terraform`` on PATH and its platform (``linux_amd64``); raises ConfigurationError below 1.10."""
    binary = shutil.which("terraform", path=environ.get("PATH"))
    wanted = ".".join(str(part) for part in LEAST_VERSION)
    if binary is None:
        raise ConfigurationError(f"there is no terraform on PATH. Install Terraform {wanted} or later: {INSTALL_PAGE}")
    # Asked without the user's settings: a TF_CLI_CONFIG_FILE that does not exist must not matter here.
    clean = {key: value for key, value in environ.items() if not key.startswith("TF_")} | {"CHECKPOINT_DISABLE": "1"}
    answer = subprocess.run([binary, "version", "-json"], capture_output=True, text=True, check=False, env=clean)
    try:
        document = json.loads(answer.stdout)
        version = tuple(int(part) for part in document["terraform_version"].split("-")[0].split("."))
    except (ValueError, KeyError) as error:
        raise ConfigurationError(f"{binary} does not answer `terraform version -json`: {answer.stderr}") from error
    if version < LEAST_VERSION:
        found = document["terraform_version"]
        raise ConfigurationError(
            f"{binary} is Terraform {found}, and {wanted} or later is needed (it locks S3 state without DynamoDB): "
            f"{INSTALL_PAGE}"
        )
    return binary, document["platform"]


def _backend_settings(
    root: Path, variables: Mapping[str, str], environ: Mapping[str, str], folder: Path
) -> tuple[str, ...]:
    if backend_kind(root) == "local":
        return local_backend(folder)
    key = f"datastreamer/{variables['DATASTREAMER_STAGE']}/terraform.tfstate"
    return s3_backend(root.parent.parent / "backend" / "backend.hcl", key, environ, f"stage {root.name}")


def backend_kind(root: Path) -> str:
    """Where the root keeps its state: ``local`` or ``s3``."""
    match = _BACKEND.search((root / "backend.tf").read_text(encoding="utf-8"))
    return match[1] if match else "local"


def local_backend(folder: Path) -> tuple[str, ...]:
    """Settings of a state that is a file in ``folder``."""
    return (f"path={folder / 'terraform.tfstate'}",)


def s3_backend(shared: Path, key: str, environ: Mapping[str, str], title: str) -> tuple[str, ...]:
    """Settings of a state in S3 at ``key``; ``shared`` is the file of what all such states have in common.

    Raises ConfigurationError when neither ``shared`` nor the environment names the bucket.
    """
    settings = [str(shared), f"key={key}"]
    bucket = environ.get(STATE_BUCKET_VARIABLE)
    if bucket:
        settings.append(f"bucket={bucket}")
    elif not _BUCKET.search(shared.read_text(encoding="utf-8")):
        raise ConfigurationError(
            f"{title} keeps its state in S3, and no bucket is named for it. Set "
            f'{STATE_BUCKET_VARIABLE}=<bucket>, or write bucket = "<bucket>" into terraform/backend/{shared.name}. '
            f"To make the bucket, once for all stages: make state-bucket STATE_BUCKET=<bucket>"
        )
    return tuple(settings)


def check_endpoint(endpoint: str | None) -> None:
    """Terraform retries a refused connection for minutes; a stage that is not there should be told at once."""
    if endpoint is None:
        return
    address = urlsplit(endpoint)
    try:
        with socket.create_connection((address.hostname or "localhost", address.port or 443), timeout=5):
            return
    except OSError as error:
        raise ConfigurationError(
            f"nothing answers at {endpoint} ({os.strerror(error.errno or 0)}). Start it with: make up"
        ) from error
