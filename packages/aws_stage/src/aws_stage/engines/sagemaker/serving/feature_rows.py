"""Rows of features, read from the bodies that XGBoost endpoints take."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from aws_stage.engines.sagemaker.serving.media_types import CSV, LIBSVM, media_type
from aws_stage.engines.sagemaker.serving.model import RequestRefusedError

Rows: TypeAlias = NDArray[np.float32] | csr_matrix
"""One row a record, one column a feature; NaN is a missing value."""

_UNSUPPORTED = 415


def read_rows(body: bytes, content_type: str) -> Rows:
    """The rows of ``body``; raises RequestRefusedError (415), as AWS's container does, when it cannot be read.

    JSON is not among what it reads: "Common data formats for inference" of SageMaker's developer guide.
    """
    kind = media_type(content_type) or CSV
    readers = {CSV: _from_csv, **dict.fromkeys(LIBSVM, _from_libsvm)}
    if kind not in readers:
        raise RequestRefusedError(
            _UNSUPPORTED, f"Content-type {kind} not supported. Supported content-type is {', '.join(sorted(readers))}"
        )
    try:
        return readers[kind](body.decode("utf-8").strip())
    except ValueError as error:
        raise RequestRefusedError(
            _UNSUPPORTED,
            f"Loading {kind} data failed with Exception, please ensure data is in {kind} format: "
            f"{type(error).__name__}: {error}",
        ) from error


def _from_csv(text: str) -> Rows:
    """An empty field is a missing value."""
    lines = text.splitlines()
    width = lines[0].count(",") + 1
    values: list[str] = []
    for number, line in enumerate(lines, 1):
        fields = line.split(",")
        if len(fields) != width:
            raise ValueError(f"line {number} has {len(fields)} fields, line 1 has {width}")
        values += fields
    if "" in values or any(value.isspace() for value in values):
        values = [value if value.strip() else "nan" for value in values]
    return np.array(values, dtype=np.float64).astype(np.float32).reshape(len(lines), width)


def _from_libsvm(text: str) -> Rows:
    """``label index:value …``, the label optional; the index counts from 0, as the booster's columns do."""
    columns: list[int] = []
    values: list[float] = []
    starts = [0]
    for line in text.splitlines():
        for item in line.split():
            index, colon, value = item.partition(":")
            if colon:
                columns.append(int(index))
                values.append(float(value))
        starts.append(len(columns))
    if any(column < 0 for column in columns):
        raise ValueError("an index is negative")
    shape = (len(starts) - 1, max(columns, default=0) + 1)
    return csr_matrix((np.array(values, dtype=np.float32), columns, starts), shape=shape)
