"""What Terraform uploads: packages of jobs, functions and evaluations, and the sites, in one folder with an index.

The index, ``packages.json``, names each package: ``{"inference_score": "inference_score-<hash>.zip", …}``. Terraform
reads it, so that it finds the newest by itself, and a plan that was saved uploads the packages that it was made with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from datastreamer.pipelines import PIPELINES, Pipeline
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.provisioning.packages.file_lock import locked
from datastreamer.provisioning.packages.job_package import build_job_package
from datastreamer.provisioning.packages.lambda_package import build_lambda_package
from datastreamer.provisioning.packages.site import build_site
from datastreamer.provisioning.packages.site_labels import site_labels
from datastreamer.provisioning.packages.source_package import build_source_package

_INDEX = "packages.json"


def job_scripts(pipelines: Iterable[Pipeline]) -> dict[str, Path]:
    """The script of each Glue job of ``pipelines``, by the name that Terraform gives its zip."""
    return {each.job: REPOSITORY / "glue_jobs" / f"{each.job}.py" for each in pipelines if each.job}


def function_folders(pipelines: Iterable[Pipeline]) -> dict[str, Path]:
    """The folder of each Lambda function of ``pipelines``, by the name that Terraform gives its zip."""
    return {name: REPOSITORY / "lambdas" / name for each in pipelines for name in each.functions}


def evaluation_programs(pipelines: Iterable[Pipeline]) -> dict[str, Path]:
    """The program that evaluates a model of each of ``pipelines``, by the name that Terraform gives its archive."""
    programs = {f"{each.name}_evaluate": each.name for each in pipelines if each.evaluation}
    return {name: REPOSITORY / "datastreamer" / of / "evaluation" / "program.py" for name, of in programs.items()}


def build_packages(folder: Path) -> dict[str, Path]:
    """Build the packages of every job, function and evaluation into ``folder``; their paths, by the names in the index.

    Raises ConfigurationError when a script, a handler, a program or a library is missing.
    """
    scripts, functions = job_scripts(PIPELINES.values()), function_folders(PIPELINES.values())
    packages = {name: build_job_package(script, REPOSITORY, folder) for name, script in scripts.items()}
    programs = evaluation_programs(PIPELINES.values())
    packages |= {name: build_source_package(each, REPOSITORY, folder, name) for name, each in programs.items()}
    return _noted(folder, packages | _functions(folder, functions))


def build_functions(folder: Path, functions: Mapping[str, Path]) -> dict[str, Path]:
    """Build the zips of ``functions`` (name to folder) alone into ``folder``, beside what is there already."""
    return _noted(folder, _functions(folder, functions))


def build_sites(folder: Path, say: Callable[[str], None], pipelines: Iterable[str] = PIPELINES) -> list[Path]:
    """Build the site of each of ``pipelines`` that has one into ``folder``; the paths of their descriptions.

    ``say`` gets a line for each font that lacks characters of a stage's labels.
    Raises ConfigurationError when Node.js is missing or fails.
    """
    return [
        build_site(REPOSITORY / "web" / name, folder / f"{name}-site", site_labels(name, say), say)
        for name in sorted(pipelines)
        if name in PIPELINES and PIPELINES[name].site
    ]


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
