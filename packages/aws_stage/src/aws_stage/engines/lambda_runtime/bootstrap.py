"""What comes before the runtime interface client in a function's process, as Lambda's own bootstrap of Python does it.

It is started as a script by the base interpreter, alone, without site-packages (``-I -S``), with the folders of the
function's layers as arguments: it must import nothing but the standard library.
"""

from __future__ import annotations

import os
import site
import sys
import threading


def main(layers: list[str]) -> None:
    """Run the handler ``_HANDLER`` until the stage ends."""
    alive = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    threading.Thread(target=_exit_with, args=(alive,), daemon=True).start()
    # Before the function's own folders are on the path: it may bring a client or a simplejson of its own.
    sys.path.append(os.environ["LAMBDA_RUNTIME_DIR"])
    from awslambdaric.__main__ import main as serve

    own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    folders = [os.environ["LAMBDA_TASK_ROOT"], *filter(None, own), *layers]
    sys.path[:0] = folders
    for folder in folders:
        site.addsitedir(folder)  # reads its .pth files; the folder itself has its place already
    # Log records and errors, of however many lines, come in frames, among what is printed.
    os.environ["_LAMBDA_TELEMETRY_LOG_FD"] = str(os.dup(1))
    serve([__file__, os.environ["_HANDLER"]])


def _exit_with(stage_alive: int) -> None:
    """End this process when the stage has ended, whatever the handler is at."""
    os.read(stage_alive, 1)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
