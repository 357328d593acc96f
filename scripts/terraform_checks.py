"""What can be said of the Terraform code without a stage: ``python -m scripts.terraform_checks fmt|validate|test``.

``test`` takes the folders to test; without any it runs every ``*.tftest.hcl`` of the tree.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.provisioning.terraform.workspace import (
    data_directory,
    find_terraform,
    terraform_settings,
    versions_file,
)
from scripts.commands import new_app, run

TERRAFORM = REPOSITORY / "terraform"
ROOTS = ("account", "envs/*", "stacks/*")
"""Folders that are applied; their provider is locked."""
AT_ONCE = 2
"""Each run holds a provider process of half a gigabyte and a whole core."""


app = new_app(__doc__)
NamesArgument = Annotated[list[str] | None, typer.Argument(help="Names of the folders to test; all without any.")]


@app.command("fmt")
def _fmt() -> None:
    """Whether every file is written as `terraform fmt` writes it."""
    _end(check_format())


@app.command("validate")
def _validate() -> None:
    """Whether each root, of a stage or of stacks, is valid, modules and pipelines included."""
    _end(validate())


@app.command("test")
def _test(names: NamesArgument = None) -> None:
    """Whether every run of every *.tftest.hcl passes."""
    _end(test(names or []))


def _end(good: bool) -> None:
    if not good:
        raise typer.Exit(1)


def check_format() -> bool:
    """Whether every file is written as ``terraform fmt`` writes it."""
    binary, _ = find_terraform(os.environ)
    done = subprocess.run([binary, "fmt", "-check", "-recursive", "-diff", str(TERRAFORM)], check=False)
    return done.returncode == 0


def validate() -> bool:
    """Whether each root, of a stage or of stacks, is valid, modules and pipelines included."""
    roots = [path.parent for layer in ROOTS for path in sorted(TERRAFORM.glob(f"{layer}/main.tf"))]
    return _each(roots, ["validate", "-no-color"])


def test(names: list[str]) -> bool:
    """Whether every run of every test file passes."""
    folders = sorted({path.parent for path in TERRAFORM.glob("**/*.tftest.hcl")})
    if names:
        folders = [folder for folder in folders if folder.name in names]
    if not folders:
        raise ConfigurationError(f"no *.tftest.hcl in {', '.join(names) or TERRAFORM}")
    return _each(folders, ["test", "-no-color"])


def _each(folders: list[Path], command: list[str]) -> bool:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda folder: _run(folder, command), folders)
        passed = True
        for folder, (status, output) in zip(folders, answers, strict=True):
            passed &= status == 0
            verdict = "ok" if status == 0 else "FAILED"
            print(f"{verdict:6} terraform {command[0]} {folder.relative_to(REPOSITORY)}{_count(output)}", flush=True)
            if status:
                print(output, flush=True)
        return passed


def _run(folder: Path, command: list[str]) -> tuple[int, str]:
    """Initialise a folder without its state and run the command; exit status and output of the first that failed."""
    scratch = data_directory(os.environ) / "terraform" / "checks" / folder.relative_to(TERRAFORM)
    binary, settings = terraform_settings(os.environ, scratch, versions_file(folder))
    applied = any(folder.relative_to(TERRAFORM).match(root) for root in ROOTS)
    locked = ["-lockfile=readonly"] if applied else []
    output = ""
    for words in (["init", "-backend=false", "-no-color", *locked], command):
        done = subprocess.run([binary, *words], cwd=folder, env=settings, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        if done.returncode:
            return done.returncode, output
    return 0, output


def _count(output: str) -> str:
    last = output.strip().splitlines()[-1] if output.strip() else ""
    return f": {last.removeprefix('Success! ')}" if "passed" in last else ""


if __name__ == "__main__":
    sys.exit(run(app, sys.argv[1:], "terraform_checks"))
