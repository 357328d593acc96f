"""One stage's Terraform: every pipeline that is on there, in one state."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from datastreamer.errors import UsageError
from datastreamer.provisioning.driver import Plan, Report, TerraformDriver
from datastreamer.provisioning.job_package import build_job_package
from datastreamer.provisioning.lambda_package import build_lambda_package
from datastreamer.provisioning.stage_values import stage_pipelines
from datastreamer.provisioning.votes_site import build_votes_site
from datastreamer.provisioning.workspace import REPOSITORY, data_directory, open_workspace
from datastreamer.stages import ENVIRONMENTS

__all__ = ["FUNCTION", "JOB_SCRIPT", "Plan", "Provisioner"]

JOB_SCRIPT = REPOSITORY / "glue_jobs" / "temperature_etl.py"
FUNCTION = REPOSITORY / "lambdas" / "inference_score"
VOTES_FUNCTIONS = [REPOSITORY / "lambdas" / f"votes_{name}" for name in ("aggregate", "cast", "socket")]
VOTES_SITE = REPOSITORY / "web" / "votes"

_PIPELINE = re.compile(r"module\.(\w+)\[0\]\.")


class Provisioner(TerraformDriver):
    """One stage's Terraform. ``report`` gets each line of progress, without a line end.

    Raises UsageError and ConfigurationError when the stage cannot be worked on, ProvisioningError when Terraform fails.
    """

    def __init__(
        self,
        stage: str,
        environ: Mapping[str, str],
        report: Report,
        *,
        job_script: Path = JOB_SCRIPT,
        function: Path = FUNCTION,
        environments: Path = ENVIRONMENTS,
    ) -> None:
        workspace = open_workspace(stage, environ, environments)
        build = data_directory(environ) / "build"
        variables = {
            "job_script": job_script,
            "job_package": build_job_package(job_script, REPOSITORY, build),
            "function_package": build_lambda_package(function, REPOSITORY, build),
            "votes_site": build / "votes-site",
        }
        values = {name: str(path) for name, path in variables.items()}
        values["votes_packages"] = json.dumps(
            {folder.name: str(build_lambda_package(folder, REPOSITORY, build)) for folder in VOTES_FUNCTIONS}
        )
        super().__init__(workspace, values, report)
        self._site = variables["votes_site"]
        self._named = stage_pipelines(stage, environments)
        if "votes" in (self._named or ()):
            build_votes_site(VOTES_SITE, self._site)

    def keep_pipelines(self, added: Collection[str] = ()) -> None:
        """Leave on, in all that follows, the pipelines that are on, and switch on those ``added``.

        A stage whose ``terraform.tfvars`` names its pipelines keeps to these: raises UsageError for an added one that
        is not among them. On a stage where nothing is on yet, and nothing added, Terraform's default holds.
        """
        if self._named is not None:
            missing = sorted(set(added) - self._named)
            if missing:
                file = self.workspace.root / "terraform.tfvars"
                raise UsageError(f"{file} names the stage's pipelines: add {', '.join(missing)} there")
            return
        present = {match[1] for address in self.resources() if (match := _PIPELINE.match(address))}
        chosen = present | set(added)
        if chosen:
            self._variables["TF_VAR_pipelines"] = json.dumps(sorted(chosen))
        if "votes" in chosen:
            build_votes_site(VOTES_SITE, self._site)
