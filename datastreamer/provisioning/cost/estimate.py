"""An estimate, and what can be said of a workload when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from datastreamer.provisioning.cost.table import Cost


@dataclass(frozen=True)
class Options:
    """What a caller says of the workload. None leaves the pipeline's own figure; a pipeline reads what concerns it."""

    rate: float | None = None
    months: int | None = None
    pack: int | None = None
    reading_bytes: int | None = None
    queries: int | None = None
    record_bytes: int | None = None
    endpoint: str = "instances"
    viewers: int | None = None

    def given(self, **names: str) -> dict[str, Any]:
        """Of the options ``names`` those that were given, under the names that the workload has for them."""
        found = {field: getattr(self, option) for option, field in names.items()}
        return {field: value for field, value in found.items() if value is not None}


@dataclass(frozen=True)
class Estimate:
    """``costs`` in the order in which a record meets them; ``workload``: what they were computed for, in words."""

    costs: list[Cost]
    workload: str


class Monthly(Protocol):
    """What ``datastreamer.provisioning.cost.<pipeline>`` has: the cost of a month.

    ``values`` are those of ``pipeline_values``. Raises ConfigurationError for a stage that cannot carry the workload.
    """

    def __call__(self, values: Mapping[str, Any], options: Options) -> Estimate: ...
