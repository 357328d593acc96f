"""What the stage keeps is its user's alone: secrets, objects and logs are not for others who use the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

UMASK = 0o077


def keep_private() -> None:
    """From now on give new files and folders of this process, and of those it starts, no rights for others."""
    os.umask(UMASK)


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may enter; one that is there already is made so."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def private_log(path: Path) -> IO[bytes]:
    """A file to append to, which only its owner may read; one that is there already is made so."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "ab")
