"""The zip that a Glue job gets as ``--extra-py-files``: the modules of ours that its script imports, and nothing else.

The same sources give the same bytes on every machine, so Terraform sees a change exactly when there is one: names are
sorted, dates fixed, and nothing is compressed, since compressors differ between versions of zlib.
"""

from __future__ import annotations

import ast
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from datastreamer.errors import ConfigurationError

PACKAGE = "datastreamer"
EARLIEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def imported_files(script: Path, root: Path) -> list[Path]:
    """The files of package ``datastreamer`` below ``root`` that ``script`` imports, directly or not; sorted."""
    found: set[Path] = set()
    pending = [script]
    while pending:
        file = pending.pop()
        for module in _imported_modules(file, root):
            for part in _files_of(module, root):
                if part not in found:
                    found.add(part)
                    pending.append(part)
    return sorted(found)


def build_job_package(script: Path, root: Path, folder: Path) -> Path:
    """Write ``datastreamer-<hash>.zip`` for ``script`` into ``folder`` and return its path.

    The hash is of the content. Raises ConfigurationError when there is no such script.
    """
    if not script.is_file():
        raise ConfigurationError(f"there is no job script {script}")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for file in imported_files(script, root):
            entry = zipfile.ZipInfo(file.relative_to(root).as_posix(), EARLIEST_ZIP_DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    content = buffer.getvalue()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{PACKAGE}-{hashlib.sha256(content).hexdigest()[:16]}.zip"
    if not path.exists() or path.read_bytes() != content:
        temporary = path.with_suffix(".new")
        temporary.write_bytes(content)
        temporary.replace(path)
    return path


def _imported_modules(file: Path, root: Path) -> Iterator[str]:
    inside = file.is_relative_to(root / PACKAGE)
    package = ".".join(file.relative_to(root).parent.parts) if inside else ""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base]) if base else ".".join(parents)
            yield base
            # `from package import name` imports a module when there is one of that name.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _files_of(module: str, root: Path) -> Iterator[Path]:
    """The module's file and the ``__init__.py`` of each package above it; nothing for a module that is not ours."""
    parts = module.split(".")
    if parts[0] != PACKAGE:
        return
    for length in range(1, len(parts) + 1):
        path = root.joinpath(*parts[:length])
        if (path / "__init__.py").is_file():
            yield path / "__init__.py"
        elif path.with_suffix(".py").is_file():
            yield path.with_suffix(".py")
