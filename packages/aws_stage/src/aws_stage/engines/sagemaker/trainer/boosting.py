"""The built-in XGBoost: ``xgboost.train`` under the rules of AWS's container, one ``xgboost-model`` as the result."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xgboost

from aws_stage.engines.sagemaker.trainer.failures import JobFailedError
from aws_stage.engines.sagemaker.trainer.hyperparameters import MAXIMISED, checked
from aws_stage.engines.sagemaker.trainer.matrices import kind_of, matrix

logger = logging.getLogger("trainer")

MODEL = "xgboost-model"
_CHANNELS = ("train", "validation")
_OF_THE_CONTAINER = (
    "num_round",
    "csv_weights",
    "early_stopping_rounds",
    "_tuning_objective_metric",
    "save_model_on_termination",
)
"""Hyperparameters that are not XGBoost's own."""


def train(
    hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]], data: Path, model: Path
) -> None:
    """Train on the channels below ``data`` and leave the model in ``model``; raises JobFailedError."""
    values = checked(hyperparameters)
    train_matrix, validation_matrix = _matrices(channels, data, weights=values.get("csv_weights") == 1)
    watched = [(train_matrix, "train")]
    if validation_matrix is not None:
        watched.append((validation_matrix, "validation"))
    metrics = sorted({*values.get("eval_metric", ()), *values.get("_tuning_objective_metric", ())})
    settings = {name: value for name, value in values.items() if name not in _OF_THE_CONTAINER}
    if metrics:
        settings["eval_metric"] = metrics
    callbacks: list[xgboost.callback.TrainingCallback] = [xgboost.callback.EvaluationMonitor(logger=_print)]
    rounds = values.get("early_stopping_rounds")
    if rounds is not None and validation_matrix is None:
        logger.warning("early_stopping_rounds has no effect without a validation channel")
    elif rounds is not None:
        metric = metrics[-1] if metrics else None
        maximise = None if metric is None else metric.partition("@")[0] in MAXIMISED
        callbacks.append(
            xgboost.callback.EarlyStopping(
                rounds, metric_name=metric, data_name="validation", maximize=maximise, save_best=True
            )
        )
    if values.get("save_model_on_termination") == "true":
        callbacks.append(_SaveOnTermination(model / MODEL))
    try:
        booster = xgboost.train(
            settings, train_matrix, values["num_round"], evals=watched, callbacks=callbacks, verbose_eval=False
        )
    except xgboost.core.XGBoostError as error:
        raise JobFailedError(f"XGB train call failed with exception:\n {error}") from error
    _save(booster, model / MODEL)


def _matrices(channels: Mapping[str, Mapping[str, Any]], data: Path, *, weights: bool) -> tuple[Any, Any]:
    if "train" not in channels:
        raise JobFailedError("Missing required channels: train")
    unknown = sorted(channels.keys() - {*_CHANNELS, "code"})
    if unknown:
        raise JobFailedError(f"Extraneous channels found: {', '.join(unknown)}")
    kind = kind_of(channels["train"].get("ContentType"))
    found: list[Any] = []
    for name in _CHANNELS:
        if name not in channels:
            found.append(None)
            continue
        # As the container does: the kind of the training data is that of both, and weights are of the training alone.
        read = matrix(data / name, kind, weights=weights and name == "train")
        if read is None:
            raise JobFailedError(f"No data in {'training' if name == 'train' else name} channel path {data / name}")
        logger.info("%s matrix has %d rows and %d columns", name.capitalize(), read.num_row(), read.num_col())
        found.append(read)
    return found[0], found[1]


def _print(line: str) -> None:
    print(line, end="", flush=True)


def _save(booster: xgboost.Booster, path: Path) -> None:
    """UBJSON, as the container of XGBoost 3 writes it; there in one piece or not at all."""
    unfinished = path.with_name(f".{path.name}.ubj")
    booster.save_model(unfinished)
    unfinished.replace(path)


class _SaveOnTermination(xgboost.callback.TrainingCallback):
    """``save_model_on_termination``: when the job is stopped, the model is what the rounds so far have made."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._stopped = False
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, *_: object) -> None:
        self._stopped = True

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002  XGBoost's names
        if self._stopped:
            _save(model, self._path)
            os._exit(0)
        return False
