"""What a Kinesis stream costs a month, provisioned or on demand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.cost import prices as p
from datastreamer.provisioning.cost.table import Cost, rounded


@dataclass(frozen=True)
class StreamLoad:
    """What is put on a stream: ``rate`` of ``what`` a second, in ``records`` a second of ``record_bytes`` each.

    ``advice`` is what the producers can do when the stream is too small.
    """

    rate: float
    what: str
    records: float
    record_bytes: int
    advice: str


def stream_cost(values: Mapping[str, Any], load: StreamLoad) -> Cost:
    """The stream's line; raises ConfigurationError when its shards cannot take the load."""
    records = load.records * p.HOURS_PER_MONTH * 3600
    if values["stream_mode"] == "ON_DEMAND":
        billed = rounded(load.record_bytes, p.KINESIS_ON_DEMAND_RECORD_BYTES) * records / 1e9
        usd = (
            p.KINESIS_ON_DEMAND_STREAM_HOUR * p.HOURS_PER_MONTH
            + billed * p.KINESIS_ON_DEMAND_IN_GB
            + billed * p.KINESIS_ON_DEMAND_OUT_GB
        )
        return Cost("Kinesis stream, on demand", f"{billed:,.0f} GB in and out", usd)
    shards = values["shard_count"]
    needed = max(load.records / 1000, load.records * load.record_bytes / 1e6)
    if needed > shards:
        raise ConfigurationError(
            f"{load.rate:,.0f} {load.what}/s need {math.ceil(needed)} shards; the stage has {shards}: "
            f"raise shard_count, {load.advice}, or set stream_mode to ON_DEMAND"
        )
    units = records * math.ceil(load.record_bytes / p.KINESIS_PUT_UNIT_BYTES)
    hourly = p.KINESIS_SHARD_HOUR + (p.KINESIS_EXTENDED_SHARD_HOUR if values["stream_retention_hours"] > 24 else 0)
    usd = shards * p.HOURS_PER_MONTH * hourly + units / 1e6 * p.KINESIS_PUT_UNITS_MILLION
    kept = f"{values['stream_retention_hours']} h kept"
    return Cost("Kinesis stream", f"{shards} shard{'s' * (shards != 1)}, {units / 1e6:,.1f} M put units, {kept}", usd)
