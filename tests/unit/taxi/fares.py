"""Rows of features with fares that a simple meter gave, and models of them, for tests of a model's life."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost

from datastreamer.inference.training.archive import pack
from datastreamer.taxi.evaluation.rows import Model, Numbers, Rows
from datastreamer.taxi.training.features import FEATURES

NAMES = tuple(feature.name for feature in FEATURES)


def rows_of(count: int, seed: int, *, surcharge: float = 0.0) -> Rows:
    """Trips at 3 dollars, 2.5 a mile, half a dollar a minute, and ``surcharge``; some without passengers."""
    random = np.random.default_rng(seed)
    miles = random.gamma(1.5, 2.0, count) + 0.2
    minutes = miles * 4.0 + random.gamma(2.0, 2.0, count)
    columns = [miles, minutes, random.integers(0, 24, count), random.integers(1, 8, count)]
    columns += [random.integers(1, 264, count), random.integers(1, 264, count)]
    columns += [np.where(random.random(count) < 0.2, np.nan, random.integers(1, 5, count))]
    fares = 3.0 + 2.5 * miles + 0.5 * minutes + random.normal(0.0, 0.2, count) + surcharge
    return Rows(np.round(fares, 2), np.column_stack(columns).astype(np.float64), NAMES)


def trained(rows: Rows, rounds: int = 80) -> xgboost.Booster:
    """A model of them."""
    matrix = xgboost.DMatrix(rows.features, rows.labels)
    return xgboost.train({"max_depth": 4, "eta": 0.2, "nthread": 1, "seed": 1}, matrix, rounds)


class Answers(Model):
    """A model that predicts the meter's price, ``times`` as much; ``constant`` instead where there is one."""

    def __init__(self, times: float = 1.0, constant: float | None = None) -> None:
        self._times, self._constant = times, constant

    def predict(self, features: Numbers) -> Numbers:
        if self._constant is not None:
            return np.full(len(features), self._constant)
        return self._times * (3.0 + 2.5 * features[:, 0] + 0.5 * features[:, 1])


def write_set(rows: Rows, folder: Path) -> None:
    """As Athena's CTAS leaves a set: Parquet, label first, no extension."""
    folder.mkdir(parents=True)
    table = {"label": rows.labels} | {name: rows.features[:, number] for number, name in enumerate(rows.names)}
    pq.write_table(pa.table(table), folder / "20250301_000000_00001_abcde")


def write_model(booster: xgboost.Booster, folder: Path) -> None:
    """As the built-in XGBoost leaves a model."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.tar.gz").write_bytes(pack(bytes(booster.save_raw("ubj"))))
