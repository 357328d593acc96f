"""Which Python ``make`` sets up with, and what it says where there is none."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from aws_stage.testing.waiting import PATIENCE

from tests.conftest import REPOSITORY

MAKES_A_VENV = """#!/bin/bash
[[ $1 == -c ]] && exit 0
echo "${0##*/} $*" >> calls
venv="${@: -1}"
mkdir -p "$venv/bin"
echo '#!/bin/bash' > "$venv/bin/python"
chmod +x "$venv/bin/python"
"""
NOT_ACTIVE = "#!/bin/bash\nexit 127\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The Makefile and what its set-up reads, with a ``bin`` of nothing but the shell and its tools."""
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    needed = re.search(r"^\$\(VENV\)/\.ready: (.*)", (tmp_path / "Makefile").read_text(), re.MULTILINE)
    assert needed is not None
    for name in needed[1].split():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "bin").mkdir()
    for tool in ("bash", "make", "mkdir", "chmod", "touch"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def install(project: Path, name: str, script: str) -> None:
    path = project / "bin" / name
    path.write_text(script)
    path.chmod(0o755)


def set_up(project: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(project / "bin")}
    return subprocess.run(
        ["make", ".venv/.ready"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize(
    ("installed", "called"),
    [
        ({"python3.11": MAKES_A_VENV, "python3.12": MAKES_A_VENV}, "python3.11 -m venv .venv"),
        ({"python3.11": NOT_ACTIVE, "python3.12": MAKES_A_VENV}, "python3.12 -m venv .venv"),
        ({"python3.12": NOT_ACTIVE, "uv": MAKES_A_VENV}, "uv venv --quiet --seed --python 3.11 .venv"),
    ],
    ids=["3.11 before 3.12", "3.12", "uv where no Python runs"],
)
def test_the_first_python_that_runs_makes_the_venv(project: Path, installed: dict[str, str], called: str) -> None:
    for name, script in installed.items():
        install(project, name, script)
    done = set_up(project)
    assert done.returncode == 0, done.stderr
    assert (project / "calls").read_text().splitlines() == [called]


def test_without_a_python_make_says_what_to_install(project: Path) -> None:
    install(project, "python3.13", MAKES_A_VENV)
    done = set_up(project)
    assert done.returncode != 0
    assert "Python 3.11 or 3.12 with venv is needed" in done.stderr
    assert "apt install python3.11-venv" in done.stderr
    assert not (project / ".venv").exists()
