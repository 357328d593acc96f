"""The hyperparameters of the built-in XGBoost: names, types and limits as AWS's container checks them.

Names and limits: Amazon SageMaker Developer Guide, "XGBoost hyperparameters"; words: sagemaker-xgboost-container,
``sagemaker_algorithm_toolkit/hyperparameter_validation.py``.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_stage.engines.sagemaker.trainer.failures import JobFailedError

MAXIMISED = frozenset({"auc", "aucpr", "map", "ndcg"})
METRICS = MAXIMISED | {
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
}
"""What XGBoost itself measures; AWS's container adds some of scikit-learn's."""
_OF_SCIKIT_LEARN = frozenset(
    {
        "accuracy",
        "balanced_accuracy",
        "f1",
        "f1_binary",
        "f1_macro",
        "mse",
        "precision",
        "precision_macro",
        "precision_micro",
        "r2",
        "recall",
        "recall_macro",
        "recall_micro",
    }
)
_WITH_THRESHOLD = frozenset({"error", "ndcg", "map"})
_ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}
_NOT_HERE = frozenset({"_kfold", "_num_cv_round"})

Parse = Callable[[str, str], Any]
"""Takes a hyperparameter's name and text; returns its value or raises JobFailedError."""


@dataclass(frozen=True)
class _Number:
    kind: type[int] | type[float]
    low: float = -math.inf
    high: float = math.inf
    low_is_open: bool = False
    high_is_open: bool = False

    def __call__(self, name: str, text: str) -> Any:
        try:
            value = self.kind(text)
        except ValueError as error:
            raise JobFailedError(f"Hyperparameter {name}: could not parse value") from error
        over_low = value > self.low if self.low_is_open else value >= self.low
        under_high = value < self.high if self.high_is_open else value <= self.high
        if not (over_low and under_high):
            raise JobFailedError(f"Hyperparameter {name}: {value} is not in {self}")
        return value

    def __str__(self) -> str:
        start = "(-inf" if self.low == -math.inf else f"{'(' if self.low_is_open else '['}{self.low}"
        end = "+inf)" if self.high == math.inf else f"{self.high}{')' if self.high_is_open else ']'}"
        return f"{start}, {end}"


def _integer(low: float, high: float = math.inf) -> _Number:
    return _Number(int, low, high)


def _share(*, above_zero: bool = False) -> _Number:
    return _Number(float, 0, 1, low_is_open=above_zero)


_FLAG, _NOT_NEGATIVE = _integer(0, 1), _Number(float, 0)


def _one_of(*choices: str) -> Parse:
    def parse(name: str, text: str) -> str:
        if text not in choices:
            raise JobFailedError(f"Hyperparameter {name}: {text} is not in {list(choices)}")
        return text

    return parse


def _metrics(name: str, text: str) -> list[str]:
    found = [metric.strip() for metric in text.split(",")]
    for metric in found:
        bare, at, threshold = metric.partition("@")
        if at and bare in _WITH_THRESHOLD:
            _Number(float)(name, threshold)
        elif metric in _OF_SCIKIT_LEARN:
            raise JobFailedError(
                f"Hyperparameter {name}: {metric} is a metric that AWS's container computes with scikit-learn; the "
                f"local stage has XGBoost's own: {', '.join(sorted(METRICS))}"
            )
        elif metric not in METRICS:
            raise JobFailedError(f"Hyperparameter {name}: value {found} not in range {sorted(METRICS)}")
    return found


def _objective_metric(name: str, text: str) -> list[str]:
    return _metrics(name, text.partition(":")[2] or text)


def _literal(name: str, text: str) -> str:
    """A Python literal, for XGBoost to read."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise JobFailedError(f"Hyperparameter {name}: could not parse value") from error
    return text


def _text(_name: str, text: str) -> str:
    return text


_KNOWN: Mapping[str, Parse] = {
    "num_round": _integer(1),
    "csv_weights": _FLAG,
    "early_stopping_rounds": _integer(1),
    "booster": _one_of("gbtree", "gblinear", "dart"),
    "verbosity": _integer(0, 3),
    "nthread": _integer(1),
    "eta": _share(),
    "gamma": _NOT_NEGATIVE,
    "max_depth": _integer(0),
    "min_child_weight": _NOT_NEGATIVE,
    "max_delta_step": _NOT_NEGATIVE,
    "subsample": _share(above_zero=True),
    "colsample_bytree": _share(above_zero=True),
    "colsample_bylevel": _share(above_zero=True),
    "colsample_bynode": _share(above_zero=True),
    "lambda": _NOT_NEGATIVE,
    "alpha": _NOT_NEGATIVE,
    "tree_method": _one_of("auto", "exact", "approx", "hist", "gpu_hist"),
    "sketch_eps": _Number(float, 0, 1, low_is_open=True, high_is_open=True),
    "scale_pos_weight": _Number(float, 0, low_is_open=True),
    "updater": _text,
    "dsplit": _one_of("row", "col"),
    "refresh_leaf": _FLAG,
    "process_type": _one_of("default", "update"),
    "grow_policy": _one_of("depthwise", "lossguide"),
    "max_leaves": _integer(0),
    "max_bin": _integer(0),
    "predictor": _one_of("auto", "cpu_predictor", "gpu_predictor"),
    "monotone_constraints": _literal,
    "interaction_constraints": _literal,
    "sample_type": _one_of("uniform", "weighted"),
    "normalize_type": _one_of("tree", "forest"),
    "rate_drop": _share(),
    "one_drop": _FLAG,
    "skip_drop": _share(),
    "lambda_bias": _share(),
    "tweedie_variance_power": _Number(float, 1, 2, low_is_open=True, high_is_open=True),
    "objective": _one_of(
        "aft_loss_distribution",
        "binary:logistic",
        "binary:logitraw",
        "binary:hinge",
        "count:poisson",
        "multi:softmax",
        "multi:softprob",
        "rank:pairwise",
        "rank:ndcg",
        "rank:map",
        "reg:absoluteerror",
        "reg:linear",
        "reg:squarederror",
        "reg:logistic",
        "reg:gamma",
        "reg:pseudohubererror",
        "reg:squaredlogerror",
        "reg:tweedie",
        "survival:aft",
        "survival:cox",
    ),
    "num_class": _integer(2),
    "base_score": _NOT_NEGATIVE,
    "_tuning_objective_metric": _objective_metric,
    "eval_metric": _metrics,
    "seed": _integer(-(2**31), 2**31 - 1),
    "num_parallel_tree": _integer(1),
    "save_model_on_termination": _one_of("true", "false"),
    "aft_loss_distribution": _one_of("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": _NOT_NEGATIVE,
    "single_precision_histogram": _one_of("true", "false"),
    "deterministic_histogram": _one_of("true", "false"),
    "sampling_method": _one_of("uniform", "gradient_based"),
    "prob_buffer_row": _Number(int, 1, low_is_open=True),
}


def checked(given: Mapping[str, str]) -> dict[str, Any]:
    """The values by their names, an alias under the name it stands for; raises JobFailedError."""
    if "num_round" not in given:
        raise JobFailedError("Missing required hyperparameter: num_round")
    values: dict[str, Any] = {}
    for alias, text in given.items():
        name = _ALIASES.get(alias, alias)
        if name in _NOT_HERE:
            raise JobFailedError(f"Hyperparameter {name}: cross-validation is not supported by the local stage")
        if name not in _KNOWN:
            raise JobFailedError(f"Extraneous hyperparameter found: {alias}")
        values[name] = _KNOWN[name](alias, text)
    _check_together(values)
    return values


def _check_together(values: Mapping[str, Any]) -> None:
    objective, method = values.get("objective", "reg:squarederror"), values.get("tree_method")
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in values:
        raise JobFailedError("Require input for parameter 'num_class' for multi-classification")
    if "auc" in values.get("eval_metric", ()) and not objective.startswith(("binary:", "rank:")):
        raise JobFailedError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "monotone_constraints" in values and method not in ("exact", "hist"):
        raise JobFailedError(
            "monotone_constraints can be used only when the tree_method parameter is set to either 'exact' or 'hist'."
        )
    if "interaction_constraints" in values and method not in ("exact", "hist", "approx"):
        raise JobFailedError(
            "interaction_constraints can be used only when the tree_method parameter is set to either 'exact', 'hist' "
            "or 'approx'."
        )
