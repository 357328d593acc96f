"""The zip that a Glue job gets as ``--extra-py-files``: what its script imports of ours, and nothing else."""

from __future__ import annotations

from pathlib import Path

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.packages.archive import write_archive
from datastreamer.provisioning.packages.imports import reached_files

PACKAGE = "datastreamer"


def imported_files(script: Path, root: Path) -> list[Path]:
    """The files of package ``datastreamer`` below ``root`` that ``script`` imports, directly or not; sorted."""
    return reached_files(script, {PACKAGE: root})


def build_job_package(script: Path, root: Path, folder: Path) -> Path:
    """Write ``datastreamer-<hash>.zip`` for ``script`` into ``folder`` and return its path.

    The hash is of the content. Raises ConfigurationError when there is no such script.
    """
    if not script.is_file():
        raise ConfigurationError(f"there is no job script {script}")
    members = {file.relative_to(root).as_posix(): file for file in imported_files(script, root)}
    return write_archive(members, folder, PACKAGE)
