"""One stage's Terraform: every pipeline that is on there, in one state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from datastreamer.provisioning.driver import Plan, Report, TerraformDriver
from datastreamer.provisioning.job_package import build_job_package
from datastreamer.provisioning.lambda_package import build_lambda_package
from datastreamer.provisioning.workspace import REPOSITORY, data_directory, open_workspace
from datastreamer.stages import ENVIRONMENTS

__all__ = ["FUNCTION", "JOB_SCRIPT", "Plan", "Provisioner"]

JOB_SCRIPT = REPOSITORY / "glue_jobs" / "temperature_etl.py"
FUNCTION = REPOSITORY / "lambdas" / "inference_score"


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
        }
        super().__init__(workspace, {name: str(path) for name, path in variables.items()}, report)
