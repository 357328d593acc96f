"""What one AWS account has once, whatever stages are in it: the root ``terraform/account``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from datastreamer.provisioning.checkout import require_checkout
from datastreamer.provisioning.terraform.driver import Report, TerraformDriver
from datastreamer.provisioning.terraform.workspace import Workspace, data_directory, s3_backend, terraform_settings
from datastreamer.stages import ENVIRONMENTS

ROOT = ENVIRONMENTS.parent / "account"


class AccountProvisioner(TerraformDriver):
    """The Terraform of the account that ``environ`` leads to. ``report`` gets each line of progress.

    Raises ConfigurationError when Terraform or the state bucket is missing, ProvisioningError when Terraform fails.
    """

    def __init__(self, environ: Mapping[str, str], report: Report, *, root: Path = ROOT) -> None:
        require_checkout()
        folder = data_directory(environ) / "terraform" / "account"
        binary, settings = terraform_settings(environ, folder, root / "versions.tf")
        backend = s3_backend(root.parent / "backend" / "backend.hcl", environ, "the account")
        super().__init__(Workspace("AWS", "account", root, folder, binary, settings, backend), {}, report)
