"""Validation rows and models, as a training job finds them in its channels."""

from __future__ import annotations

import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

ARTIFACT = "model.tar.gz"
"""What SageMaker calls a model's archive; the built-in XGBoost puts one file into it."""
_MODEL = "xgboost-model"


@dataclass(frozen=True)
class Rows:
    """Trips: ``labels`` (n) are fares in US dollars, ``features`` (n x features) have the columns ``names``; NaN is
    missing."""

    labels: Numbers
    features: Numbers
    names: tuple[str, ...]

    def column(self, name: str) -> int:
        """The number of a feature's column; raises ValueError where there is none."""
        return self.names.index(name)

    def every(self, step: int, first: int) -> Rows:
        """Each ``step``-th row from the ``first``."""
        return Rows(self.labels[first::step], self.features[first::step], self.names)


def read_rows(folder: Path) -> Rows:
    """The Parquet files of a set, label first, as ``training.sets`` has them made; raises ValueError without rows."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "_")))
    if not files:
        raise ValueError(f"{folder.name} has no files")
    table = pa.concat_tables([pq.read_table(path) for path in files])
    if not table.num_rows:
        raise ValueError(f"{folder.name} has no rows")
    columns = [np.asarray(column.to_numpy(), dtype=np.float64) for column in table.columns]
    return Rows(columns[0], np.column_stack(columns[1:]), tuple(table.column_names[1:]))


class Model:
    """A model as the built-in XGBoost leaves it, which knows no names of features."""

    def __init__(self, booster: Any) -> None:
        self._booster = booster

    @classmethod
    def load(cls, archive: Path) -> Model:
        """The model of an ``ARTIFACT``."""
        booster = xgboost.Booster()
        with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as tar:
            member = tar.extractfile(_MODEL)
            if member is None:
                raise ValueError(f"{archive.name} has no {_MODEL}")
            path = Path(folder) / _MODEL
            path.write_bytes(member.read())
            booster.load_model(path)
        return cls(booster)

    def predict(self, features: Numbers) -> Numbers:
        """Fares [US dollars] of rows of features."""
        predicted = self._booster.predict(xgboost.DMatrix(features))
        return np.asarray(predicted, dtype=np.float64)
