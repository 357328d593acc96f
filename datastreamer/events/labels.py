"""The truth about each record, kept in a file beside the run: devices know nothing of it, and send nothing of it.

The simulator writes it, the audit reads it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from datastreamer.errors import ConfigurationError, UsageError

NORMAL: Final = "normal"
ANOMALY: Final = "anomaly"
POISON: Final = "poison"
TRUTHS: Final = (NORMAL, ANOMALY, POISON)

REASONS: Final = {
    "log_line": "invalid_json",
    "truncated": "invalid_json",
    "name_twice": "invalid_json",
    "lone_surrogate": "invalid_json",
    "nan_value": "invalid_json",
    "infinite_value": "invalid_json",
    "not_utf8": "invalid_utf8",
    "two_objects": "several_values",
    "aggregated": "kpl_aggregated",
    "array": "not_an_object",
    "bare_text": "not_an_object",
    "no_id": "missing_id",
    "null_id": "missing_id",
    "numeric_id": "invalid_id",
    "empty_id": "invalid_id",
    "long_id": "invalid_id",
    "long_unicode_id": "invalid_id",
    "no_data": "missing_data",
    "null_data": "missing_data",
    "empty_data": "invalid_data",
    "text_data": "invalid_data",
    "object_data": "invalid_data",
    "text_value": "invalid_data",
    "null_value": "invalid_data",
    "boolean_value": "invalid_data",
    "nested_values": "invalid_data",
    "overflowing_value": "data_not_finite",
    "huge_field": "item_too_large",
    "deep_field": "nested_too_deep",
    "nameless_field": "invalid_name",
    "too_few_values": "refused_by_model",
    "too_many_values": "refused_by_model",
}
"""Each kind of poison, and the reason with which the pipeline must park it."""


class Label(NamedTuple):
    """``truth`` is one of TRUTHS; ``kind`` names the fault or the poison, and is empty for a normal record."""

    event_id: str
    device: str
    truth: str
    kind: str


class LabelFile:
    """A CSV file with a header that takes the labels of a run; a context. An existing file is never overwritten, and
    none is left behind by a run that produced no record.

    Raises UsageError when ``path`` exists, ConfigurationError when it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._used = False
        if path.exists():
            raise UsageError(f"{path} exists, and labels are evidence: move it away or name another with --labels")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("x", encoding="utf-8", newline="")
        except OSError as error:
            raise ConfigurationError(
                f"the labels {path} cannot be written: {error.strerror}. Name another place with --labels"
            ) from error
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(Label._fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()
        if not self._used:
            self._path.unlink(missing_ok=True)

    def add(self, labels: Iterable[Label]) -> None:
        """Append ``labels``, before their records are sent: a killed run leaves the label of each record it sent."""
        self._used = True
        try:
            self._writer.writerows(labels)
            self._file.flush()
        except OSError as error:
            raise ConfigurationError(f"the labels {self._path} cannot be written: {error.strerror}") from error


def read_labels(path: Path) -> Iterator[Label]:
    """The labels in ``path``; raises ConfigurationError when it is no file of labels."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            if tuple(next(rows, ())) != Label._fields:
                raise ConfigurationError(f"{path} holds no labels: its first line is not {','.join(Label._fields)}")
            for row in rows:
                if len(row) != len(Label._fields) or row[2] not in TRUTHS:
                    raise ConfigurationError(f"{path}:{rows.line_num}: {','.join(row)!r} is no label")
                yield Label(*row)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the labels {path} cannot be read: {error}") from error
