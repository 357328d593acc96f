"""A booster behind the interface of SageMaker's built-in XGBoost: rows in, one score a row out."""

from __future__ import annotations

import json
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_stage.engines.sagemaker.serving.media_types import CSV, JSON, JSON_LINES, choose, scores_answer
from aws_stage.engines.sagemaker.serving.model import Answer, ModelUnusableError, Request, RequestRefusedError

if TYPE_CHECKING:
    from aws_stage.engines.sagemaker.serving.feature_rows import Rows

_ACCEPTED = (CSV, JSON, JSON_LINES)
_PICKLE = b"\x80"


class XGBoostModel:
    """``load`` it; afterwards it may be used by several threads."""

    def __init__(self, booster: Any, new_matrix: Any) -> None:
        self._booster = booster
        self._new_matrix = new_matrix
        self._features: int = booster.num_features()
        # Prediction with trees is safe between threads; XGBoost's documentation says no such thing of linear boosters.
        self._guard: Any = threading.Lock() if _is_linear(booster) else nullcontext()

    @classmethod
    def load(cls, folder: Path) -> XGBoostModel:
        """Load the one model file of ``folder``; raises ModelUnusableError."""
        path = _model_file(folder)
        _refuse_pickle(path)
        import xgboost

        try:
            booster = xgboost.Booster(model_file=path)
        except xgboost.core.XGBoostError as error:
            raise ModelUnusableError(
                f"Unable to load model: {path.name} is not a booster saved by XGBoost {xgboost.__version__} or earlier "
                f"in JSON or UBJSON: {str(error).strip().splitlines()[0]}"
            ) from error
        booster.set_param({"nthread": 1})
        return cls(booster, xgboost.DMatrix)

    def invoke(self, request: Request) -> Answer:
        from aws_stage.engines.sagemaker.serving.feature_rows import read_rows

        if not request.body:
            return Answer(b"", CSV, 204)
        rows = read_rows(request.body, request.content_type)
        kind = choose(request.accept, _ACCEPTED, CSV)
        self._check_width(rows)
        matrix = self._new_matrix(rows)
        with self._guard:
            scores = self._booster.predict(matrix, validate_features=False)
        return scores_answer(scores.tolist(), kind)

    def _check_width(self, rows: Rows) -> None:
        found = rows.shape[1]
        sparse = not hasattr(rows, "ctypes")
        if found > self._features or (found < self._features and not sparse):
            raise RequestRefusedError(
                400,
                f"Unable to evaluate payload provided: Feature size of inference data {found} is not consistent with "
                f"feature size of trained model {self._features}.",
            )


def _is_linear(booster: Any) -> bool:
    name: str = json.loads(booster.save_config())["learner"]["gradient_booster"]["name"]
    return name == "gblinear"


def _model_file(folder: Path) -> Path:
    named = folder / "xgboost-model"
    if named.is_file():
        return named
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if len(files) != 1:
        names = ", ".join(path.name for path in files) or "no file"
        raise ModelUnusableError(f"Unable to load model: expected a file called xgboost-model and found {names}.")
    return files[0]


def _refuse_pickle(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(1)
    if start == _PICKLE:
        raise ModelUnusableError(
            f"Unable to load model: {path.name} is a pickle, and unpickling runs whatever code its author put in. Save "
            'the booster with Booster.save_model("xgboost-model"), which writes UBJSON.'
        )
