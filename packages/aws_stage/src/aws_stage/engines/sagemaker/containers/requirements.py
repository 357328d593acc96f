"""The packages that a container's code asks for: a real one installs them, here they are there already or missing."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


def missing(requirements: Path) -> list[str]:
    """The lines of ``requirements.txt`` that name what is not installed; none when there is no such file."""
    if not requirements.is_file():
        return []
    found = []
    for line in requirements.read_text(encoding="utf-8").splitlines():
        named = _NAME.match(line.strip())
        if named is None:
            continue
        try:
            importlib.metadata.version(named[0])
        except importlib.metadata.PackageNotFoundError:
            found.append(line.strip())
    return found
