"""One stage's Terraform: every pipeline that is on there, in one state."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from datastreamer.errors import UsageError
from datastreamer.provisioning.packages.upload import build_packages, build_sites
from datastreamer.provisioning.stage_values import pipeline_choices
from datastreamer.provisioning.terraform.driver import Plan, Report, TerraformDriver
from datastreamer.provisioning.terraform.workspace import data_directory, open_workspace
from datastreamer.stages import ENVIRONMENTS

__all__ = ["Plan", "Provisioner"]

# A stage called its pipelines itself once; what was made then has these addresses until the next apply.
_PIPELINE = re.compile(r"(?:module\.stage\.)?module\.(\w+)\[0\]\.")


class Provisioner(TerraformDriver):
    """One stage's Terraform. ``report`` gets each line of progress, without a line end.

    Raises UsageError and ConfigurationError when the stage cannot be worked on, ProvisioningError when Terraform fails.
    """

    def __init__(
        self, stage: str, environ: Mapping[str, str], report: Report, *, environments: Path = ENVIRONMENTS
    ) -> None:
        workspace = open_workspace(stage, environ, environments)
        self._packages = data_directory(environ) / "build"
        build_packages(self._packages)
        # Paths are compared too: relative, they are the same for everybody who keeps to the usual folders.
        super().__init__(workspace, {"packages": os.path.relpath(self._packages, workspace.root)}, report)
        self._always, self._asked = pipeline_choices(stage, environments)
        build_sites(self._packages, report, self._always)

    def keep_pipelines(self, added: Collection[str] = ()) -> None:
        """Leave on, in all that follows, the pipelines that are on, and switch on those ``added``.

        Raises UsageError for an added one that there is not, or that is among ``never`` in the stage's ``main.tf``.
        """
        missing = sorted(set(added) - self._always - self._asked)
        if missing:
            file = self.workspace.root / "main.tf"
            raise UsageError(
                f"stage {self.workspace.name} cannot have {', '.join(missing)}: there is no such pipeline, or "
                f"{file} has it among those that are never on"
            )
        present = {match[1] for address in self.resources() if (match := _PIPELINE.match(address))}
        chosen = (present | set(added)) & self._asked
        if chosen:
            self._variables["TF_VAR_extra_pipelines"] = json.dumps(sorted(chosen))
        build_sites(self._packages, self._report, chosen)
