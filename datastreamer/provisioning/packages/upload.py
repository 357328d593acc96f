"""What Terraform uploads: the zips of the job and the functions, and the site, in one folder with an index of them.

The index, ``packages.json``, names each zip: ``{"inference_score": "inference_score-<hash>.zip", …}``. Terraform reads
it, so that it finds the newest zips by itself, and a plan that was saved uploads the very zips that it was made with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from datastreamer.provisioning.packages.file_lock import locked
from datastreamer.provisioning.packages.job_package import build_job_package
from datastreamer.provisioning.packages.lambda_package import build_lambda_package
from datastreamer.provisioning.packages.votes_site import build_votes_site
from datastreamer.stages import ENVIRONMENTS

REPOSITORY = ENVIRONMENTS.parent.parent
JOB_SCRIPT = REPOSITORY / "glue_jobs" / "temperature_etl.py"
FUNCTION = REPOSITORY / "lambdas" / "inference_score"
FUNCTIONS = {
    folder.name: folder
    for folder in (FUNCTION, *(REPOSITORY / "lambdas" / f"votes_{name}" for name in ("aggregate", "cast", "socket")))
}
"""The folder of each function that Terraform deploys, by the name that Terraform gives its zip."""

_INDEX = "packages.json"
_VOTES_SITE = REPOSITORY / "web" / "votes"


def build_packages(folder: Path) -> dict[str, Path]:
    """Build the zips of the job and of every function into ``folder``; their paths, by the names in the index.

    Raises ConfigurationError when a script, a handler or a library is missing.
    """
    packages = {JOB_SCRIPT.stem: build_job_package(JOB_SCRIPT, REPOSITORY, folder)}
    return _noted(folder, packages | _functions(folder, FUNCTIONS))


def build_functions(folder: Path, functions: Mapping[str, Path]) -> dict[str, Path]:
    """Build the zips of ``functions`` (name to folder) alone into ``folder``, beside what is there already."""
    return _noted(folder, _functions(folder, functions))


def build_site(folder: Path) -> Path:
    """Build the votes pipeline's site into ``folder``; returns the path of its description.

    Raises ConfigurationError when Node.js is missing or fails.
    """
    return build_votes_site(_VOTES_SITE, folder / "votes-site")


def _functions(folder: Path, functions: Mapping[str, Path]) -> dict[str, Path]:
    return {name: build_lambda_package(source, REPOSITORY, folder) for name, source in functions.items()}


def _noted(folder: Path, packages: dict[str, Path]) -> dict[str, Path]:
    index = folder / _INDEX
    with locked(folder / f".{_INDEX}.lock"):
        known = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else {}
        names = known | {name: path.name for name, path in packages.items()}
        temporary = index.with_suffix(".new")
        temporary.write_text(json.dumps(names, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        temporary.replace(index)
    return packages
