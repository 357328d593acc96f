"""A shard's write limit as AWS enforces it: 1,000 records and 1 MiB a second (Kinesis API reference, PutRecords).

Off unless ``AWS_STAGE_KINESIS_LIMITS=1``: a laptop's tests want to be fast, a writer's throttling wants to be tried.
"""

from __future__ import annotations

RECORDS_PER_SECOND = 1000
BYTES_PER_SECOND = 1024 * 1024


class ShardLimit:
    """Two token buckets, each as deep as one second. Not thread-safe: its stream's lock guards it.

    Times are in monotonic seconds.
    """

    def __init__(self, now: float) -> None:
        self._records = float(RECORDS_PER_SECOND)
        self._bytes = float(BYTES_PER_SECOND)
        self._updated = now

    def admit(self, size: int, now: float) -> bool:
        """Whether a record of ``size`` bytes (data and key) may pass now; if so, it is counted.

        A record larger than the bucket passes when the bucket is full and leaves a debt behind: AWS lets a shard
        burst for a large record and then return to its rate (Kinesis developer guide, "Handle large records").
        """
        elapsed = now - self._updated
        self._updated = now
        self._records = min(RECORDS_PER_SECOND, self._records + elapsed * RECORDS_PER_SECOND)
        self._bytes = min(BYTES_PER_SECOND, self._bytes + elapsed * BYTES_PER_SECOND)
        if self._records < 1 or self._bytes < min(size, BYTES_PER_SECOND):
            return False
        self._records -= 1
        self._bytes -= size
        return True
