"""What can be said of the Terraform code without a stage: ``python -m scripts.terraform_checks fmt|validate|test``.

``test`` takes the folders to test; without any it runs every ``*.tftest.hcl`` of the tree.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from datastreamer.errors import ConfigurationError, DatastreamerError
from datastreamer.provisioning.terraform.workspace import (
    REPOSITORY,
    data_directory,
    find_terraform,
    terraform_settings,
    versions_file,
)

TERRAFORM = REPOSITORY / "terraform"
ROOTS = ("envs", "stacks")
"""Layers whose folders are applied; their provider is locked."""
AT_ONCE = 2
"""Each run holds a provider process of half a gigabyte and a whole core."""


def main(arguments: list[str]) -> int:
    """Run one check; returns 0 when all is well, 1 when not, 2 for a wrong call."""
    checks = {"fmt": check_format, "validate": validate, "test": test}
    if not arguments or arguments[0] not in checks:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return int(not checks[arguments[0]](arguments[1:]))
    except DatastreamerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def check_format(_names: list[str]) -> bool:
    """Whether every file is written as ``terraform fmt`` writes it."""
    binary, _ = find_terraform(os.environ)
    done = subprocess.run([binary, "fmt", "-check", "-recursive", "-diff", str(TERRAFORM)], check=False)
    return done.returncode == 0


def validate(_names: list[str]) -> bool:
    """Whether each root, of a stage or of stacks, is valid, modules and pipelines included."""
    roots = [path.parent for layer in ROOTS for path in sorted(TERRAFORM.glob(f"{layer}/*/main.tf"))]
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
    locked = ["-lockfile=readonly"] if folder.parent.name in ROOTS else []
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
    sys.exit(main(sys.argv[1:]))
