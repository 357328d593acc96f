"""Each distribution builds a wheel that works where nothing of the checkout is."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from datastreamer.stages import stage_names
from tests.conftest import REPOSITORY, free_port

ASK_DUCKDB = """
import duckdb, trino_on_duckdb
from datetime import UTC, datetime
connection = duckdb.connect()
trino_on_duckdb.prepare(connection)
[statement] = trino_on_duckdb.parse("SELECT 7 / 2")
query = trino_on_duckdb.translate(statement, {}, trino_on_duckdb.Session(now=datetime.now(UTC)))
print(connection.execute(query.sql).fetchone()[0])
"""


@pytest.fixture
def installed(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The Python of an environment that has these wheels, and the libraries they need, but nothing of the checkout."""
    for folder in request.param:
        built = tmp_path / "build" / folder
        # A copy, so that a build leaves nothing behind in the checkout.
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY / folder, capture_output=True, check=True)
        for name in filter(None, listed.stdout.decode().split("\0")):
            if folder or not name.startswith("packages/"):
                source = REPOSITORY / folder / name
                (built / name).parent.mkdir(parents=True, exist_ok=True)
                (built / name).write_bytes(source.read_bytes())
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path / "wheels")]
        subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(built)], check=True)
    venv.create(tmp_path / "venv", symlinks=True)
    site = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    for wheel in (tmp_path / "wheels").glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(site)
    # As a plain path: the editable installs that lie there are not followed.
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return tmp_path / "venv" / "bin" / "python"


@pytest.mark.parametrize(
    ("installed", "package"),
    [
        ([""], "datastreamer"),
        (["packages/aws_stage"], "aws_stage"),
        (["packages/trino_on_duckdb"], "trino_on_duckdb"),
    ],
    indirect=["installed"],
)
def test_a_wheel_installs_one_package_named_after_its_distribution(installed: Path, package: str) -> None:
    site = next((installed.parent.parent / "lib").glob("python*/site-packages"))
    records = [name.split("/")[0] for file in site.glob("*.dist-info/RECORD") for name in _names(file)]
    assert {name for name in records if not name.endswith(".dist-info")} == {package}


def _names(record: Path) -> list[str]:
    return [line.partition(",")[0] for line in record.read_text().splitlines()]


def run(python: Path, *words: str, code: int = 0, **environment: str) -> str:
    plain = {"PATH": os.environ["PATH"], "HOME": str(python.parent), **environment}
    done = subprocess.run(
        [str(python), *words], cwd=python.parent, env=plain, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("installed", [["packages/trino_on_duckdb"]], indirect=True)
def test_the_dialect_answers_when_it_is_installed_alone(installed: Path) -> None:
    assert run(installed, "-c", ASK_DUCKDB) == "3\n"


@pytest.mark.parametrize("installed", [["packages/trino_on_duckdb", "packages/aws_stage"]], indirect=True)
def test_the_stage_starts_when_it_is_installed_without_the_lake(installed: Path, tmp_path: Path) -> None:
    settings = {"AWS_STAGE_PORT": str(free_port()), "AWS_STAGE_DATA_DIR": str(tmp_path / "data")}
    assert run(installed, "-c", "import importlib.util as u; print(u.find_spec('datastreamer'))") == "None\n"
    try:
        assert "is up" in run(installed, "-m", "aws_stage", "up", **settings)
        assert '"status": "ok"' in run(installed, "-m", "aws_stage", "status", "--json", **settings)
    finally:
        run(installed, "-m", "aws_stage", "down", **settings)


@pytest.mark.parametrize("installed", [[""]], indirect=True)
def test_the_lakes_commands_work_without_the_stage(installed: Path) -> None:
    assert run(installed, "-c", "import importlib.util as u; print(u.find_spec('aws_stage'))") == "None\n"
    assert "audit" in run(installed, "-m", "datastreamer.cli", "telemetry", "--help")
    assert "--devices" in run(installed, "-m", "datastreamer.sensor", "temperature", "--help")


@pytest.mark.parametrize("installed", [[""]], indirect=True)
def test_the_lakes_commands_know_the_stages_and_deploy_only_from_a_checkout(installed: Path) -> None:
    names = run(installed, "-c", "from datastreamer.stages import stage_names; print(*stage_names())").split()
    assert names == list(stage_names())
    deploy = [str(installed), "-m", "datastreamer.cli", "inference", "deploy", "my-ml", "--stage", "prod"]
    refused = subprocess.run(deploy, cwd=installed.parent, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "installed without what it deploys" in " ".join(refused.stderr.split())
    assert not (installed.parent.parent / "lib" / ".local").exists()


@pytest.mark.parametrize("package", ["aws_stage", "trino_on_duckdb"])
def test_what_a_package_needs_is_locked_as_it_says(package: str) -> None:
    lake = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    locked = {*lake["dependencies"], *lake["optional-dependencies"]["local"], *lake["optional-dependencies"]["dev"]}
    own = tomllib.loads((REPOSITORY / "packages" / package / "pyproject.toml").read_text())["project"]
    needed = {*own["dependencies"]}.union(*own.get("optional-dependencies", {}).values())
    assert needed - {"trino-on-duckdb==0.1.0"} <= locked
