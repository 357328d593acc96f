"""A model that brings its own code: ``model_fn``, ``input_fn``, ``predict_fn``, ``output_fn`` in ``inference.py``."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from aws_stage.engines.sagemaker.containers.requirements import missing
from aws_stage.engines.sagemaker.serving.arrays import TEXT
from aws_stage.engines.sagemaker.serving.defaults import Defaults, PyTorchDefaults, ScikitLearnDefaults, XGBoostDefaults
from aws_stage.engines.sagemaker.serving.media_types import JSON, media_type
from aws_stage.engines.sagemaker.serving.model import Answer, ModelUnusableError, Request, RequestRefusedError

_FRAMEWORKS: Mapping[str, tuple[str, str, type[Defaults]]] = {
    "xgboost": ("xgboost", "XGBoost", XGBoostDefaults),
    "scikit-learn": ("sklearn", "scikit-learn", ScikitLearnDefaults),
    "pytorch": ("torch", "PyTorch", PyTorchDefaults),
}
"""The package that each framework needs, the name it goes by, and what its container does by itself."""

logger = logging.getLogger("serving")

_MODEL = "/opt/ml/model"
"""Where a container finds the unpacked model.tar.gz."""
_CODE = f"{_MODEL}/code"
_ELSEWHERE = "/opt/ml/code"
"""Where the containers of XGBoost and scikit-learn look for the script unless SAGEMAKER_SUBMIT_DIRECTORY says."""
_TO_SET = f"set SAGEMAKER_PROGRAM=inference.py and SAGEMAKER_SUBMIT_DIRECTORY={_CODE} in the model's Environment"


class ScriptModel:
    """``load`` it. As many invocations run at once as the real container has workers; the others wait their turn."""

    def __init__(self, module: ModuleType, defaults: Defaults, model_dir: Path, environ: Mapping[str, str]) -> None:
        """Load the model; what ``model_fn`` raises is raised."""
        self._context = SimpleNamespace(system_properties={"model_dir": str(model_dir), "gpu_id": None})
        self._default_accept = environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        self._input = getattr(module, "input_fn", defaults.input_fn)
        self._predict = getattr(module, "predict_fn", defaults.predict_fn)
        self._output = getattr(module, "output_fn", defaults.output_fn)
        self._transform = getattr(module, "transform_fn", self._in_steps)
        self._model = self._call(getattr(module, "model_fn", defaults.model_fn), str(model_dir))
        workers = int(environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or os.cpu_count() or 1)
        self._workers = threading.BoundedSemaphore(workers)

    @staticmethod
    def is_named(environ: Mapping[str, str]) -> bool:
        """Whether the environment names a script. XGBoost's container serves a booster without one."""
        return bool(environ.get("SAGEMAKER_PROGRAM"))

    @classmethod
    def load(cls, framework: str, model_dir: Path, environ: Mapping[str, str]) -> ScriptModel:
        """Import the script of ``model_dir`` and load its model; raises ModelUnusableError."""
        package, name, defaults = _FRAMEWORKS[framework]
        code, program = _script(framework, name, model_dir, environ)
        sys.path.insert(0, str(code))
        if importlib.util.find_spec(package) is None:
            raise ModelUnusableError(
                f"{name} is not installed on this machine, so its container cannot be run here: the Python package "
                f"{package} cannot be imported. Install it into the stage's environment."
            )
        _require(code / "requirements.txt")
        module = importlib.import_module(program.removesuffix(".py"))
        if hasattr(module, "transform_fn") and any(
            hasattr(module, step) for step in ("input_fn", "predict_fn", "output_fn")
        ):
            raise ModelUnusableError("transform_fn cannot be used together with input_fn, predict_fn or output_fn.")
        return cls(module, defaults(), model_dir, environ)

    def invoke(self, request: Request) -> Answer:
        content_type = media_type(request.content_type) or JSON
        accept = media_type(request.accept.partition(",")[0])
        if accept in ("", "*/*"):
            accept = self._default_accept
        body: str | bytes = request.body
        try:
            if content_type in TEXT:
                body = request.body.decode("utf-8")
            with self._workers:
                result = self._call(self._transform, self._model, body, content_type, accept)
        except RequestRefusedError:
            raise
        except Exception as error:
            logger.exception("the model's code failed")
            return Answer(f"{error}\n{traceback.format_exc()}".encode(), "text/plain; charset=utf-8", 500)
        if isinstance(result, tuple):
            result, accept = result[0], result[1]
        return Answer(result.encode() if isinstance(result, str) else bytes(result), accept)

    def _in_steps(self, model: Any, body: str | bytes, content_type: str, accept: str) -> Any:
        data = self._call(self._input, body, content_type)
        return self._call(self._output, self._call(self._predict, data, model), accept)

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """A function may take the serving context after its arguments."""
        takes = len(inspect.signature(function).parameters)
        return function(*arguments, self._context) if takes == len(arguments) + 1 else function(*arguments)


def _script(framework: str, name: str, model_dir: Path, environ: Mapping[str, str]) -> tuple[Path, str]:
    """The folder of the script and its file name, as the framework's container finds them; raises ModelUnusableError.

    PyTorch's looks for code/inference.py by itself (sagemaker-inference-toolkit); scikit-learn's and XGBoost's take the
    name and the folder from their environment (sagemaker-containers), and SageMaker sets neither.
    """
    is_found = framework == "pytorch"
    program = environ.get("SAGEMAKER_PROGRAM") or ("inference.py" if is_found else "")
    folder = environ.get("SAGEMAKER_SUBMIT_DIRECTORY") or (_CODE if is_found else _ELSEWHERE)
    if not program:
        raise ModelUnusableError(
            f"A {name} container runs the script that SAGEMAKER_PROGRAM names, and nothing names one: {_TO_SET}."
        )
    if folder.startswith("s3://"):
        raise ModelUnusableError(
            "SAGEMAKER_SUBMIT_DIRECTORY names an object in S3; put the code into model.tar.gz, below code/."
        )
    inside = Path(folder)
    if not inside.is_relative_to(_MODEL):
        raise ModelUnusableError(f"A {name} container has no {folder}: {_TO_SET}.")
    code = model_dir / inside.relative_to(_MODEL)
    if not (code / program).is_file():
        where = (inside.relative_to(_MODEL) / program).as_posix()
        raise ModelUnusableError(f"The model archive has no {where}, which a {name} container runs.")
    return code, program


def _require(requirements: Path) -> None:
    """The real container installs what ``requirements.txt`` names; here it must be installed already."""
    not_here = missing(requirements)
    if not_here:
        raise ModelUnusableError(
            f"code/requirements.txt names what is not installed here, and the local stage installs nothing: "
            f"{', '.join(not_here)}. Install it into the stage's environment."
        )
