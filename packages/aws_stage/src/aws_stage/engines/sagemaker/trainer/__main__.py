"""The program of a training job: ``python -m aws_stage.engines.sagemaker.trainer FOLDER LIFELINE``.

FOLDER/ml stands for the container's ``/opt/ml``; FOLDER/launch.json says what to run. LIFELINE is a descriptor of a
pipe whose other end the stage holds. A job that fails leaves the reason in FOLDER/ml/output/failure, as a container
does, and ends with status 1.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
import traceback
from pathlib import Path
from typing import Any

from aws_stage.engines.sagemaker.containers.inside import hide, hide_the_project, live_with_the_stage
from aws_stage.engines.sagemaker.trainer.failures import JobFailedError

_PACKAGES = {"xgboost": "xgboost", "scikit-learn": "sklearn", "pytorch": "torch"}
_NOT_NEEDED = ("sklearn", "matplotlib", "graphviz")
"""xgboost imports what it finds of these, and the built-in algorithm needs none."""


def main(folder: Path, lifeline: int) -> int:
    """Run the job of ``folder``; returns the exit status."""
    with live_with_the_stage(folder, lifeline):
        logging.basicConfig(
            level=logging.INFO, format="[%(asctime)s:%(levelname)s] %(message)s", datefmt="%Y-%m-%d:%H:%M:%S"
        )
        root = folder / "ml"
        launch = json.loads((folder / "launch.json").read_text(encoding="utf-8"))
        hide_the_project()
        try:
            _run(launch, root)
        except JobFailedError as error:
            return _failed(root, str(error))
        except Exception as error:  # noqa: BLE001  whatever it is, it is the reason that the job failed
            return _failed(root, f"framework error: \n{traceback.format_exc()}\n{error}")
    return 0


def _run(launch: dict[str, Any], root: Path) -> None:
    framework, hyperparameters, channels = launch["framework"], launch["hyperparameters"], launch["channels"]
    package = _PACKAGES[framework]
    if importlib.util.find_spec(package) is None:
        raise JobFailedError(
            f"{framework} is not installed on this machine, so its container cannot be run here: the Python package "
            f"{package} cannot be imported. Install it into the stage's environment."
        )
    if launch["script"]:
        from aws_stage.engines.sagemaker.trainer import script

        script.run(launch["job"], root, hyperparameters, channels)
    else:
        hide(_NOT_NEEDED)
        from aws_stage.engines.sagemaker.trainer import boosting

        boosting.train(hyperparameters, channels, root / "input" / "data", root / "model")


def _failed(root: Path, why: str) -> int:
    print(why, file=sys.stderr, flush=True)
    (root / "output" / "failure").write_text(why, encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
