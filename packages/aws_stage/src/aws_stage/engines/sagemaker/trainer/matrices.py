"""A channel's files as an XGBoost matrix, read as AWS's container reads them: label first, no header.

The rules are those of sagemaker-xgboost-container, ``data_utils.py``.
"""

from __future__ import annotations

import csv
import logging
import tempfile
from pathlib import Path
from typing import Any

from aws_stage.engines.sagemaker.trainer.failures import JobFailedError

logger = logging.getLogger("trainer")

CSV, LIBSVM, PARQUET = "csv", "libsvm", "parquet"
_KINDS = {
    "csv": CSV,
    "text/csv": CSV,
    "libsvm": LIBSVM,
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
    "parquet": PARQUET,
    "application/x-parquet": PARQUET,
}
_RECORDIO = ("recordio-protobuf", "application/x-recordio-protobuf")
_DEEPEST = 3
"""Folders below a channel that are read, the channel itself included."""
_SNIPPET = 50


def kind_of(content_type: str | None) -> str:
    """CSV, LIBSVM (when none is given) or PARQUET; raises JobFailedError."""
    if content_type is None:
        return LIBSVM
    media, *parameters = (part.strip() for part in content_type.lower().split(";"))
    kind = _KINDS.get(media)
    if kind is None and media in _RECORDIO:
        raise JobFailedError(f"ContentType {content_type} is not supported by the local stage")
    if kind is None:
        accepted = ", ".join((*_KINDS, *_RECORDIO))
        raise JobFailedError(f"{content_type} is not an accepted ContentType: {accepted}.")
    if kind == CSV and any(part.startswith("label_size=") and part != "label_size=1" for part in parameters):
        raise JobFailedError(
            f"{content_type} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"
        )
    return kind


def matrix(channel: Path, kind: str, *, weights: bool = False) -> Any:
    """The xgboost.DMatrix of a channel, None when it holds no data; raises JobFailedError.

    ``weights``: the second column of CSV holds the weight of each row.
    """
    files = _files(channel)
    if not any(file.stat().st_size for file in files):
        return None
    found = {CSV: _from_csv, LIBSVM: _from_libsvm, PARQUET: _from_parquet}[kind](files, weights)
    if found.get_label().size == 0:
        raise JobFailedError("Got input data without labels. Please check the input data set.")
    return found


def _files(channel: Path) -> list[Path]:
    """In the order of their names, so that the same data give the same model."""
    files = sorted(path for path in channel.rglob("*") if path.is_file())
    if any(path.name.startswith(".") for path in files):
        raise JobFailedError("Hidden file found in the data path! Remove that before training.")
    read = [path for path in files if len(path.relative_to(channel).parts) <= _DEEPEST]
    if len(read) < len(files):
        logger.warning(
            "The depth of folder %s exceed the limit %d. Files in deeper sub dirs won't be loaded. "
            "Please adjust the folder structure accordingly.",
            channel,
            _DEEPEST,
        )
    return [path for path in read if not path.name.startswith("_")]


def _from_csv(files: list[Path], weights: bool) -> Any:
    delimiter = ""
    for path in files:
        line = _first_line(path)
        try:
            delimiter = delimiter or csv.Sniffer().sniff(line).delimiter
        except csv.Error as error:
            raise JobFailedError(f"Could not determine delimiter on line {line[:_SNIPPET]}:\n{error}") from error
        if not _is_numeric(line, delimiter):
            logger.warning(
                "First line of %s has text where numbers belong: XGBoost reads text as 0, and takes a header for a row",
                path.name,
            )
    columns = "&label_column=0" + ("&weight_column=1" if weights else "")
    return _loaded(files, f"format=csv{columns}&delimiter={delimiter}", CSV)


def _from_libsvm(files: list[Path], _weights: bool) -> Any:
    for path in files:
        line = _first_line(path)
        label, *features = line.split() or [""]
        if not _is_numeric(label, ":") or any(":" not in feature for feature in features):
            raise JobFailedError(
                f"First line '{line[:_SNIPPET]}...' of file '{path.name}' is not 'LIBSVM' format. Please ensure the "
                "file is in 'LIBSVM' format."
            )
    return _loaded(files, "format=libsvm", LIBSVM)


def _from_parquet(files: list[Path], _weights: bool) -> Any:
    import numpy as np
    import pyarrow.parquet
    import xgboost

    try:
        table = pyarrow.parquet.read_table([str(path) for path in files])
        data = np.column_stack([column.to_numpy() for column in table.columns])
        return xgboost.DMatrix(data[:, 1:], label=data[:, 0])
    except Exception as error:
        raise JobFailedError(f"Failed to load parquet data with exception:\n{error}") from error


def _loaded(files: list[Path], how: str, kind: str) -> Any:
    """XGBoost's own readers, which AWS's container uses too."""
    import xgboost

    with tempfile.TemporaryDirectory(dir=".") as links:
        try:
            return xgboost.DMatrix(f"{';'.join(_named_plainly(files, Path(links)))}?{how}")
        except xgboost.core.XGBoostError as error:
            raise JobFailedError(f"Failed to load {kind} data with exception:\n{error}") from error


def _named_plainly(files: list[Path], folder: Path) -> list[str]:
    """Links without the characters that mean something in XGBoost's addresses (``;``, ``?``, ``#``)."""
    links = []
    for number, path in enumerate(files):
        if path.stat().st_size:
            link = folder / f"{number:05d}"
            link.symlink_to(path.resolve())
            links.append(str(link))
    return links


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", errors="ignore") as file:
        return file.readline()


def _is_numeric(line: str, delimiter: str) -> bool:
    try:
        for field in filter(None, map(str.strip, line.split(delimiter))):
            float(field)
    except ValueError:
        return False
    return True
