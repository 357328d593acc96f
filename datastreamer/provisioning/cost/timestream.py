"""What Timestream for LiveAnalytics costs a month: writes, memory store, magnetic store and queries.

Sizes follow AWS's rules (Timestream Developer Guide, "Writes" and "Storage"). A least amount of magnetic storage, which
AWS bills some accounts for, is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from datastreamer.provisioning.cost import prices as p
from datastreamer.provisioning.cost.table import Cost

GB = 1e9
SECONDS_PER_MONTH = p.HOURS_PER_MONTH * 3600
TIME_BYTES = 8
NUMBER_BYTES = 8
"""Of a DOUBLE or a BIGINT."""


@dataclass(frozen=True)
class SeriesLoad:
    """What is written and asked.

    A call writes ``records_per_call`` records of ``record_bytes`` each (``record_size``). ``months`` is how long
    records have been coming. A query runs for ``query_seconds``.
    """

    records_per_second: float
    record_bytes: int
    records_per_call: int = 100
    queries_per_month: float = 0.0
    query_seconds: float = 1.0
    months: int = 12


def record_size(dimensions: Mapping[str, str], name: str, measures: list[str]) -> int:
    """Bytes that AWS counts for a record of several numbers: its time, each dimension's name and value, the record's
    measure name, and for each measure its name and value."""
    text = sum(len(key.encode()) + len(value.encode()) for key, value in dimensions.items())
    numbers = sum(len(measure.encode()) + NUMBER_BYTES for measure in measures)
    return TIME_BYTES + text + len(name.encode()) + numbers


def timestream_costs(load: SeriesLoad, memory_hours: int, magnetic_days: int) -> list[Cost]:
    """The monthly cost of each part, for a table that keeps records as the module ``timestream_database`` is set."""
    calls = load.records_per_second / load.records_per_call * SECONDS_PER_MONTH
    writes = calls * math.ceil(load.records_per_call * load.record_bytes / p.TIMESTREAM_WRITE_BYTES)
    daily = load.records_per_second * 86_400 * load.record_bytes / GB
    memory = daily * memory_hours / 24
    magnetic = daily * min(load.months * p.DAYS_PER_MONTH, magnetic_days)
    return [
        Cost("Timestream, writes", f"{writes / 1e6:,.1f} M of 1 KB", writes / 1e6 * p.TIMESTREAM_WRITES_MILLION),
        Cost(
            "Timestream, memory store",
            f"{memory:,.1f} GB of {memory_hours} h",
            memory * p.HOURS_PER_MONTH * p.TIMESTREAM_MEMORY_GB_HOUR,
        ),
        Cost(
            "Timestream, magnetic store",
            f"{magnetic:,.0f} GB after {load.months} months",
            magnetic * p.TIMESTREAM_MAGNETIC_GB_MONTH,
        ),
        _queries(load),
    ]


def _queries(load: SeriesLoad) -> Cost:
    # Each query holds the least compute units for half a minute; queries that come sooner share what is held already.
    held = min(load.queries_per_month * p.TIMESTREAM_LEAST_QUERY_SECONDS, SECONDS_PER_MONTH)
    seconds = max(held, load.queries_per_month * load.query_seconds)
    hours = seconds / 3600 * p.TIMESTREAM_LEAST_COMPUTE_UNITS
    usd = hours * p.TIMESTREAM_COMPUTE_UNIT_HOUR
    return Cost("Timestream, queries", f"{load.queries_per_month:,.0f}, {hours:,.0f} hours of a compute unit", usd)
