"""How a mapping wants its records: the options of an event source mapping that concern its pollers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Options:
    """``window``, ``max_age`` and ``tumbling`` are in seconds; ``retries`` of -1 and ``max_age`` of None never end."""

    batch_size: int = 100
    window: int = 0
    parallelization: int = 1
    report_item_failures: bool = False
    bisect: bool = False
    retries: int = -1
    max_age: int | None = None
    tumbling: int = 0

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Any]) -> Options:
        """Read a complete EventSourceMappingConfiguration."""
        age = configuration["MaximumRecordAgeInSeconds"]
        return cls(
            batch_size=configuration["BatchSize"],
            window=configuration["MaximumBatchingWindowInSeconds"],
            parallelization=configuration["ParallelizationFactor"],
            report_item_failures="ReportBatchItemFailures" in configuration["FunctionResponseTypes"],
            bisect=configuration["BisectBatchOnFunctionError"],
            retries=configuration["MaximumRetryAttempts"],
            max_age=None if age == -1 else age,
            tumbling=configuration["TumblingWindowInSeconds"],
        )

    @property
    def lanes(self) -> int:
        """How many batches of a shard are processed at a time; a tumbling window is one sequence of invocations."""
        return 1 if self.tumbling else self.parallelization
