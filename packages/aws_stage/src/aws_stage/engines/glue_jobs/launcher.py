"""The program inside a job's process: runs the script as ``__main__`` and writes down how it ended.

Started by path, with the standard library alone: ``launcher.py RUN_DIRECTORY``, where ``launch.json`` says what to run.
"""

from __future__ import annotations

import fcntl
import json
import os
import runpy
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

_LONGEST_ERROR = 4000


def main(directory: Path) -> int:
    """Run the script of ``directory``; writes ``result.json``: ``{"error": null | text}``. Returns the exit status."""
    lock = (directory / "alive").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    lock.write(str(os.getpid()))
    lock.flush()
    launch = json.loads((directory / "launch.json").read_text(encoding="utf-8"))
    threading.Thread(target=_die_with, args=(launch["parent"],), daemon=True).start()
    sys.argv = [launch["script"], *launch["arguments"]]
    sys.path[0] = str(Path(launch["script"]).parent)
    _hide_development_installs()
    error = _run(launch["script"])
    sys.stdout.flush()
    sys.stderr.flush()
    unfinished = directory / "result.json.tmp"
    unfinished.write_text(json.dumps({"error": error}), encoding="utf-8")
    unfinished.replace(directory / "result.json")
    return 0 if error is None else 1


def _run(script: str) -> str | None:
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as stopped:
        if stopped.code in (None, 0):
            return None
        traceback.print_exc()
        return f"SystemExit: {stopped.code}"
    except BaseException as failed:  # noqa: BLE001  whatever ends the script is the run's error
        traceback.print_exc()
        # Spark's errors carry the whole Java stack; the log has it, and the message is what went wrong.
        return f"{type(failed).__name__}: {failed}".partition("\n\tat ")[0].strip()[:_LONGEST_ERROR]
    return None


def _hide_development_installs() -> None:
    """On Glue a project's packages come from ``--extra-py-files``: what is installed editable here must not serve."""
    given = {sys.path[0], *os.environ.get("PYTHONPATH", "").split(os.pathsep)}
    installed = (Path(sys.prefix), Path(sys.base_prefix))
    sys.path[:] = [
        entry for entry in sys.path if entry in given or any(Path(entry).is_relative_to(place) for place in installed)
    ]
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if not getattr(finder, "__module__", "").startswith("__editable__")
    ]


def _die_with(parent: int) -> None:
    """A job never outlives its stage, even one that was killed: end the whole process group."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
