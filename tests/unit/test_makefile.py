"""What a caller of make gives is an argument, whatever it holds."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from aws_stage.testing.waiting import PATIENCE

from tests.conftest import REPOSITORY

TOLD = """#!{python}
import json, sys
print(json.dumps(sys.argv[1:]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The Makefile alone, with all set up, and a python that tells what it was called with."""
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    for needed in re.findall(
        r"^\$\((?:VENV|SPARK_JARS)\)/\.ready: ([^|\n]*)", (tmp_path / "Makefile").read_text(), re.M
    ):
        for name in needed.split():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
    for ready in (".venv/.ready", ".local/jars/.ready"):
        (tmp_path / ready).parent.mkdir(parents=True)
        (tmp_path / ready).touch()
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir()
    python.write_text(TOLD.format(python=sys.executable))
    python.chmod(0o755)
    return tmp_path


def called(project: Path, *arguments: str) -> list[str]:
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["make", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    told: list[str] = json.loads(done.stdout.splitlines()[-1])
    return told


HOSTILE = [
    "x; touch ran",
    "$(shell touch ran)",
    "$$(touch ran)",
    "`touch ran`",
    "'; touch ran; '",
    "a\ntouch ran",
    "x &",
]
TARGETS = {
    "plan": ("STAGE", "WITH"),
    "apply": ("STAGE", "WITH", "PLAN"),
    "destroy": ("STAGE",),
    "adopt": ("STAGE", "ADDRESS", "ID"),
    "state-bucket": ("STATE_BUCKET",),
    "cost": ("STAGE", "PIPELINE", "RATE", "ENDPOINT"),
    "demo": ("PIPELINE",),
}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("target", TARGETS)
def test_no_value_runs_as_a_command(project: Path, target: str, text: str) -> None:
    arguments = called(project, target, *(f"{name}={text}" for name in TARGETS[target]))
    assert not (project / "ran").exists()

    for name in TARGETS[target]:
        assert name == "WITH" or text in arguments


def test_values_and_their_defaults_reach_the_command(project: Path) -> None:
    assert called(project, "plan") == ["-m", "scripts.provision", "plan", "local"]
    both = ["--pipeline", "votes", "--pipeline", "inference"]
    assert called(project, "plan", "STAGE=staging", "WITH=votes inference")[3:] == ["staging", *both]
    applied = called(project, "apply", "WITH=votes", "AUTO_APPROVE=1", "PLAN=my plan.tfplan")
    assert applied[3:] == ["local", "--pipeline", "votes", "--auto-approve", "--plan", "my plan.tfplan"]
    assert called(project, "cost", "RATE=100")[2:] == ["local", "--pipeline", "telemetry", "--rate", "100"]
