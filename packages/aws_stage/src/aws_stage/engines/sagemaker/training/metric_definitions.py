"""Metrics of a job, found in the lines that it writes (MetricDefinitions).

https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from aws_stage.engines.sagemaker.arns import invalid
from aws_stage.engines.sagemaker.trainer.hyperparameters import METRICS

_NUMBER = r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?"


def of_xgboost() -> list[dict[str, str]]:
    """Those of the built-in algorithm, which Describe shows: sagemaker-xgboost-container, ``metrics.py``."""
    return [
        {"Name": f"{channel}:{metric}", "Regex": rf".*\[[0-9]+\].*#011{channel}-{metric}:({_NUMBER}).*"}
        for channel in ("train", "validation")
        for metric in sorted(METRICS)
    ]


def escaped(line: str) -> str:
    """A line as it stands in the log: control characters in octal (``#011`` for a tab), as SageMaker writes them."""
    return "".join(letter if letter >= " " else f"#{ord(letter):03o}" for letter in line)


def refuse_unreadable(definitions: Sequence[dict[str, str]]) -> None:
    """Raise ValidationException for a regular expression that cannot be read."""
    for definition in definitions:
        _compiled(definition)


class FinalMetrics:
    """The last value of each metric; ``see`` every line in turn. ``measured`` hears of each value."""

    def __init__(self, definitions: Sequence[dict[str, str]], measured: Callable[[str, float], None]) -> None:
        self._measured = measured
        self._patterns = [(definition["Name"], _compiled(definition)) for definition in definitions]
        self._last: dict[str, tuple[float, float]] = {}

    def see(self, line: str, moment: float) -> None:
        """A line of the log, written at ``moment`` (seconds since the epoch)."""
        for name, pattern in self._patterns:
            found = pattern.search(line)
            value = _number(found[1]) if found is not None else None
            if value is not None:
                self._last[name] = (value, moment)
                self._measured(name, value)

    def values(self) -> list[dict[str, Any]]:
        """``FinalMetricDataList``."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": moment} for name, (value, moment) in self._last.items()
        ]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _compiled(definition: dict[str, str]) -> Any:
    """RE2's, whose time grows with the line alone."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(definition["Regex"], options)
    except re2.error as error:
        raise invalid(f"Regex of metric {definition['Name']} cannot be read: {error}") from error
    if pattern.groups != 1:
        raise invalid(f"Regex of metric {definition['Name']} needs exactly one group, which holds the number.")
    return pattern
