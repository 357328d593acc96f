"""A stack's Terraform: one inference pipeline, under a name that a user gave it."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datastreamer.errors import UsageError
from datastreamer.pipelines import PIPELINES
from datastreamer.provisioning.checkout import require_checkout
from datastreamer.provisioning.packages.upload import build_functions, function_folders
from datastreamer.provisioning.stage_values import default_values, own_values
from datastreamer.provisioning.terraform.driver import Plan, Report, TerraformDriver
from datastreamer.provisioning.terraform.stack_workspace import PIPELINE, open_stack_workspace
from datastreamer.provisioning.terraform.workspace import data_directory
from datastreamer.stages import ENVIRONMENTS, stage_names, stage_tag

__all__ = ["Plan", "StackProvisioner"]

DEFAULT_REGION = "ap-northeast-1"


class StackProvisioner(TerraformDriver):
    """One stack's Terraform, at the AWS endpoint and in the account that ``environ`` leads to.

    ``values`` are settings of the pipeline (terraform/pipelines/inference/variables.tf); they go over those
    that the stage named by ``DATASTREAMER_STAGE`` gives to its own inference pipeline, if there is such a stage.
    ``report`` gets each line of progress, without a line end.

    Raises UsageError for a value that the pipeline does not have, ConfigurationError when the stack cannot be worked
    on, ProvisioningError when Terraform fails.
    """

    def __init__(
        self,
        stack: str,
        environ: Mapping[str, str],
        report: Report,
        *,
        region: str = DEFAULT_REGION,
        values: Mapping[str, Any] | None = None,
        functions: Mapping[str, Path] | None = None,
        environments: Path = ENVIRONMENTS,
    ) -> None:
        require_checkout()
        chosen = _stage_values(environ, environments) | _known(values or {}, environments)
        workspace = open_stack_workspace(stack, region, environ, environments)
        packages = data_directory(environ) / "build"
        build_functions(packages, functions or function_folders([PIPELINES[PIPELINE]]))
        variables = {
            "stack_name": stack,
            "region": region,
            "stage": stage_tag(environ),
            # Only AWS has names for its buckets.
            "s3_path_style": json.dumps("AWS_ENDPOINT_URL" in environ),
            # The path is compared too: relative, it is the same for everybody who keeps to the usual folders.
            "packages": os.path.relpath(packages, workspace.root),
            "settings": json.dumps(chosen),
        }
        super().__init__(workspace, variables, report)
        staged = f" --stage {environ['DATASTREAMER_STAGE']}" if environ.get("DATASTREAMER_STAGE") else ""
        self.adopt_command = (
            f"python -m scripts.provision adopt-stack {stack} '{{address}}' <id> --region {region}{staged}"
        )

    def plan(self, *, destroy: bool = False) -> Plan:
        """As ``TerraformDriver.plan``; raises UsageError when there is nothing to destroy."""
        if destroy:
            self._check_deployed()
        return super().plan(destroy=destroy)

    def destroy(self, plan: Plan | None = None) -> int:
        """As ``TerraformDriver.destroy``; raises UsageError when there is nothing to destroy."""
        if plan is None:
            self._check_deployed()
        return super().destroy(plan)

    def _check_deployed(self) -> None:
        if not self.resources():
            raise UsageError(
                f"no {self.workspace.title} was deployed from here: its state is empty ({self._place()}). Whoever "
                "deployed it has its state, or it lies in another region or account"
            )

    def _place(self) -> str:
        return ", ".join(
            setting for setting in self.workspace.backend if setting.startswith(("path=", "key=", "bucket="))
        )


def _stage_values(environ: Mapping[str, str], environments: Path) -> dict[str, Any]:
    stage = environ.get("DATASTREAMER_STAGE", "")
    return own_values(stage, PIPELINE, environments) if stage in stage_names(environments) else {}


def _known(values: Mapping[str, Any], environments: Path) -> dict[str, Any]:
    """``values`` themselves. Terraform drops an object's unknown members without a word."""
    known = default_values(PIPELINE, environments)
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UsageError(f"the inference pipeline has no setting {name}.{hint}")
    return dict(values)
