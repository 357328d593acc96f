"""One run of checkov, with its own checks and ours: what ran where, and what came of it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from tests.conftest import REPOSITORY

TERRAFORM = REPOSITORY / "terraform"
POLICIES = TERRAFORM / "policies"
_CHECKOV = REPOSITORY / ".local" / "tools" / "checkov" / "bin" / "checkov"


@dataclass(frozen=True)
class Finding:
    """``where`` is the module, pipeline or root that the resource is in, by the name of its folder."""

    check: str
    name: str
    result: Literal["passed", "failed", "skipped"]
    where: str
    resource: str
    line: str


def scan(folder: Path) -> list[Finding]:
    """Check all Terraform below ``folder``; skips the test where checkov is not installed."""
    if not _CHECKOV.exists():
        pytest.skip("make checkov installs checkov")
    words = ["--framework", "terraform", "--skip-download", "--compact", "--output", "json"]
    done = subprocess.run(
        [_CHECKOV, "--directory", folder, "--external-checks-dir", POLICIES, *words],
        capture_output=True,
        text=True,
        check=False,
    )
    # It exits 1 when a check failed, and prints no JSON when it did not run.
    assert done.returncode in (0, 1), done.stderr
    results = json.loads(done.stdout)["results"]
    assert not results["parsing_errors"]
    return [
        Finding(
            found["check_id"],
            found["check_name"],
            result,
            Path(found["repo_file_path"]).parent.name,
            found["resource"],
            f"{found['file_path'].lstrip('/')}:{found['file_line_range'][0]}",
        )
        for result in ("passed", "failed", "skipped")
        for found in results[f"{result}_checks"]
    ]
