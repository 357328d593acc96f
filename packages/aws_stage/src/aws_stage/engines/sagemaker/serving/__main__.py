"""The program of a server process: ``python -m aws_stage.engines.sagemaker.serving FOLDER LISTENER LIFELINE``.

FOLDER is the instance's own, LISTENER the descriptor of a listening socket, LIFELINE that of a pipe whose other end the
stage holds: when it closes, the stage is gone, however it went, and so goes the server. Exit status 3 means that the
model cannot be served here; FOLDER/failure says why. What a model's own code raised while it was loaded is in
FOLDER/error.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from pathlib import Path

from aws_stage.engines.sagemaker.containers.inside import hide, hide_the_project, live_with_the_stage
from aws_stage.engines.sagemaker.serving.model import Model, ModelUnusableError
from aws_stage.engines.sagemaker.serving.server import Server

UNUSABLE = 3

_NOT_NEEDED_BY_XGBOOST = ("sklearn", "pandas", "pyarrow", "matplotlib", "graphviz")
"""xgboost imports what it finds of these, at once or when it scores: 120 MB and half a second for nothing that scoring
needs."""


def main(folder: Path, listener: int, lifeline: int) -> int:
    """Load the model of ``folder`` and serve it until the process is ended; returns the exit status."""
    alive = live_with_the_stage(folder, lifeline)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    launch = json.loads((folder / "launch.json").read_text(encoding="utf-8"))
    hide_the_project()
    try:
        model = _load(launch["framework"], Path(launch["model_dir"]))
    except ModelUnusableError as error:
        logging.getLogger("serving").error("%s", error)  # noqa: TRY400  the trace would say nothing more
        (folder / "failure").write_text(str(error), encoding="utf-8")
        return UNUSABLE
    except Exception as error:
        (folder / "error").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
        raise
    with alive, socket.socket(fileno=listener) as listening:
        Server(listening, model).serve_forever()
    return 0


def _load(framework: str, model_dir: Path) -> Model:
    from aws_stage.engines.sagemaker.serving.script import ScriptModel

    if framework == "xgboost" and not ScriptModel.is_named(os.environ):
        hide(_NOT_NEEDED_BY_XGBOOST)
        from aws_stage.engines.sagemaker.serving.xgboost_model import XGBoostModel

        return XGBoostModel.load(model_dir)
    return ScriptModel.load(framework, model_dir, os.environ)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
