"""What every container's process does first: hold its lock, watch the stage, and hide what AWS's image has not.

It runs inside the process and imports nothing of the stage.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO


def live_with_the_stage(folder: Path, lifeline: int) -> IO[str]:
    """Hold ``folder``/alive, by which a later stage finds this process, and end with the pipe ``lifeline``.

    The lock lasts as long as the file that is returned.
    """
    alive = (folder / "alive").open("w")
    fcntl.flock(alive, fcntl.LOCK_EX)
    alive.write(str(os.getpid()))
    alive.flush()
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    return alive


def hide(modules: Iterable[str]) -> None:
    """Let imports of ``modules`` fail from now on."""
    for name in modules:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None: "this module cannot be imported"


def hide_the_project() -> None:
    """A container's code must not find packages of a project that is installed editable, since on AWS it would not."""
    here = str(Path(__file__).resolve().parents[4])
    given = {*os.environ.get("PYTHONPATH", "").split(os.pathsep)} - {"", here}
    installed = (Path(sys.prefix), Path(sys.base_prefix))
    sys.path[:] = [
        entry for entry in sys.path if entry in given or any(Path(entry).is_relative_to(place) for place in installed)
    ]
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if not getattr(finder, "__module__", "").startswith("__editable__")
    ]


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(os.getpgid(0), signal.SIGKILL)
