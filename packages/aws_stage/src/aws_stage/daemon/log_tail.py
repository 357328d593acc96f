"""``tail -f`` for the stage's log, over its rotation and restarts."""

from __future__ import annotations

import os
import time
from collections import deque
from pathlib import Path
from typing import TextIO

from aws_stage.errors import ConfigurationError


def follow(path: Path, lines: int, out: TextIO, *, once: bool, pause: float = 0.2) -> None:
    """Write the last ``lines`` lines of ``path`` and then, unless ``once``, whatever is added, until Ctrl+C."""
    if not path.exists():
        raise ConfigurationError(f"there is no log at {path} yet: `aws-stage up` starts the stage")
    try:
        _follow(path, lines, out, once, pause)
    except (KeyboardInterrupt, BrokenPipeError):
        return


def _follow(path: Path, lines: int, out: TextIO, once: bool, pause: float) -> None:
    file = path.open(encoding="utf-8", errors="replace")
    try:
        out.writelines(deque(file, maxlen=lines) if lines > 0 else deque(file, maxlen=0))
        out.flush()
        while not once:
            chunk = file.read()
            if chunk:
                out.write(chunk)
                out.flush()
                continue
            time.sleep(pause)
            if path.exists() and path.stat().st_ino != _inode(file):
                file.close()
                file = path.open(encoding="utf-8", errors="replace")
    finally:
        file.close()


def _inode(file: TextIO) -> int:
    return os.fstat(file.fileno()).st_ino
