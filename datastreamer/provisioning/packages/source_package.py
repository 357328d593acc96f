"""The archive of a training job's own program: what SageMaker's hyperparameter ``sagemaker_submit_directory`` names."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.packages.imports import reached_files

PACKAGE = "datastreamer"


def build_source_package(program: Path, root: Path, folder: Path, name: str) -> Path:
    """Write ``<name>-<hash>.tar.gz`` into ``folder`` and return its path; the hash is of the content.

    ``<name>.py`` at its top is ``program``; beside it lie the modules of ``datastreamer`` below ``root`` that it
    imports. The same sources give the same bytes: nothing is compressed, no time is kept.
    Raises ConfigurationError when there is no such program.
    """
    if not program.is_file():
        raise ConfigurationError(f"there is no program {program}")
    members = {file.relative_to(root).as_posix(): file for file in reached_files(program, {PACKAGE: root})}
    members[f"{name}.py"] = program
    packed = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", compresslevel=0, mtime=0, fileobj=packed) as raw,
        tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for member in sorted(members):
            body = members[member].read_bytes()
            entry = tarfile.TarInfo(member)
            entry.size, entry.mode = len(body), 0o644
            tar.addfile(entry, io.BytesIO(body))
    content = packed.getvalue()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.tar.gz"
    if not path.exists() or path.read_bytes() != content:
        temporary = path.with_suffix(".new")
        temporary.write_bytes(content)
        temporary.replace(path)
    return path
