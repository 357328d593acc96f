"""Every change that we make to ministack, in this one file, each with its reason.

ministack is pinned exactly; ``apply`` fails at start when a name that it patches is gone, so an upgrade cannot
silently undo one.
"""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any


def apply() -> None:
    """Patch the imported ministack; raises AttributeError when a patched name no longer exists."""
    from ministack.services import firehose, kinesis

    _replace(kinesis, "_expire_records", _expire_records)
    _replace(firehose, "ingest_from_kinesis_source", _ignore)


def _replace(module: ModuleType, name: str, value: Any) -> None:
    if not hasattr(module, name):
        raise AttributeError(f"{module.__name__}.{name} is gone: this ministack is not the one that was patched")
    setattr(module, name, value)


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


def _ignore(*_args: object, **_kwargs: object) -> None:
    """The firehose engine reads the stream itself; ministack's own delivery (one raw object a record) must be off."""
