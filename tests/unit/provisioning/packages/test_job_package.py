"""The job's zip holds what the job imports, and its name changes exactly when its content does."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.pipelines import PIPELINES
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.provisioning.packages.job_package import build_job_package, imported_files
from datastreamer.provisioning.packages.upload import job_scripts

SCRIPTS = sorted(job_scripts(PIPELINES.values()).values())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small repository: a job that imports some of a package."""
    files = {
        "job.py": "import os\nfrom datastreamer.rules import limits\nimport datastreamer.errors\n",
        "datastreamer/__init__.py": "",
        "datastreamer/errors.py": "",
        "datastreamer/command.py": "import typer\n",
        "datastreamer/rules/__init__.py": "",
        "datastreamer/rules/limits.py": "from . import shared\nfrom ..events.reading import FIELDS\n",
        "datastreamer/rules/shared.py": "def late():\n    from datastreamer.clock import now\n",
        "datastreamer/rules/unused.py": "",
        "datastreamer/clock.py": "",
        "datastreamer/events/__init__.py": "",
        "datastreamer/events/reading.py": "FIELDS = ()\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def names(package: Path) -> list[str]:
    with zipfile.ZipFile(package) as archive:
        return archive.namelist()


def test_it_holds_every_module_that_the_job_reaches_and_no_other(tree: Path) -> None:
    package = build_job_package(tree / "job.py", tree, tree / "build")
    assert names(package) == [
        "datastreamer/__init__.py",
        "datastreamer/clock.py",
        "datastreamer/errors.py",
        "datastreamer/events/__init__.py",
        "datastreamer/events/reading.py",
        "datastreamer/rules/__init__.py",
        "datastreamer/rules/limits.py",
        "datastreamer/rules/shared.py",
    ]


def test_the_same_sources_give_the_same_bytes_whenever_and_wherever(tree: Path) -> None:
    first = build_job_package(tree / "job.py", tree, tree / "build")
    for file in tree.rglob("*.py"):
        os.utime(file, (1, 1))
        file.chmod(0o600)
    second = build_job_package(tree / "job.py", tree, tree / "another")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        written = {(entry.date_time, entry.compress_type, entry.external_attr >> 16) for entry in archive.infolist()}
    assert written == {((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, 0o644)}


def test_a_changed_module_changes_the_name_and_an_unused_one_does_not(tree: Path) -> None:
    first = build_job_package(tree / "job.py", tree, tree / "build")
    (tree / "datastreamer/rules/unused.py").write_text("changed = True\n")
    assert build_job_package(tree / "job.py", tree, tree / "build") == first
    (tree / "datastreamer/clock.py").write_text("changed = True\n")
    assert build_job_package(tree / "job.py", tree, tree / "build") != first


def test_a_damaged_package_is_written_again(tree: Path) -> None:
    package = build_job_package(tree / "job.py", tree, tree / "build")
    package.write_bytes(b"half a zip")
    assert names(build_job_package(tree / "job.py", tree, tree / "build"))


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no job script .*gone\.py"):
        build_job_package(tmp_path / "gone.py", tmp_path, tmp_path)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_real_jobs_package_imports_by_itself(script: Path, tmp_path: Path) -> None:
    """Every packaged module is imported from the zip alone, with the repository out of reach."""
    package = build_job_package(script, REPOSITORY, tmp_path)
    modules = [
        ".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
        for file in imported_files(script, REPOSITORY)
    ]
    program = (
        "import importlib, sys\n"
        f"sys.path = [path for path in sys.path if path not in ('', {str(REPOSITORY)!r})]\n"
        "sys.meta_path = [finder for finder in sys.meta_path if '__editable__' not in repr(finder)]\n"
        f"sys.path.insert(0, {str(package)!r})\n"
        f"for name in {modules!r}:\n"
        "    module = importlib.import_module(name)\n"
        f"    assert module.__file__.startswith({str(package)!r}), module.__file__\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def imported_at_run_time(code: ast.AST) -> set[str]:
    """The first names of everything that ``code`` imports, but for what only a type checker reads."""
    if isinstance(code, ast.If) and isinstance(code.test, ast.Name) and code.test.id == "TYPE_CHECKING":
        return set()
    if isinstance(code, ast.Import):
        return {alias.name.partition(".")[0] for alias in code.names}
    if isinstance(code, ast.ImportFrom):
        return set() if code.level else {(code.module or "").partition(".")[0]}
    return set().union(*map(imported_at_run_time, ast.iter_child_nodes(code)))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_real_job_imports_no_library_that_glue_does_not_bring(script: Path) -> None:
    """https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html, "already provided"."""
    provided = {"awsglue", "boto3", "botocore", "numpy", "pyarrow", "pyspark"}
    for file in [script, *imported_files(script, REPOSITORY)]:
        imports = imported_at_run_time(ast.parse(file.read_text(encoding="utf-8")))
        assert imports <= {"datastreamer", *provided, *sys.stdlib_module_names}, file
