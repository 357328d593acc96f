"""Zips whose bytes depend on their content alone.

The same sources give the same bytes on every machine, so Terraform sees a change exactly when there is one: names are
sorted, dates fixed, and nothing is compressed, since compressors differ between versions of zlib.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

EARLIEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def write_archive(members: Mapping[str, Path], folder: Path, name: str) -> Path:
    """Write ``<name>-<hash>.zip`` with the files of ``members``, by their names in it; the hash is of the content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for member in sorted(members):
            entry = zipfile.ZipInfo(member, EARLIEST_ZIP_DATE)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, members[member].read_bytes())
    content = buffer.getvalue()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.zip"
    if not path.exists() or path.read_bytes() != content:
        temporary = path.with_suffix(".new")
        temporary.write_bytes(content)
        temporary.replace(path)
    return path
