"""Kinesis: cheaper trimming."""

from __future__ import annotations

import time
from typing import Any

from local.ministack_patches.replace import replace


def apply() -> None:
    from ministack.services import kinesis

    replace(kinesis, "_expire_records", _expire_records)


def _expire_records(stream: dict[str, Any]) -> None:
    """Trim from the front: the original rebuilds every list on each PutRecords (25k records/s falling to 12k)."""
    cutoff = time.time() - stream["RetentionPeriodHours"] * 3600
    for shard in stream["shards"].values():
        records = shard["records"]
        expired = 0
        while expired < len(records) and records[expired]["ApproximateArrivalTimestamp"] < cutoff:
            expired += 1
        if expired:
            del records[:expired]
