"""The limits of Kinesis Data Streams that a producer must know, and the margins that we keep.

Sources, read in November 2025: the PutRecords API reference (500 records; 10 MiB for the request with its partition
keys, 5 MiB before October 2025), "Handle large records" in the developer guide (a stream takes 1 MiB a record until
UpdateMaxRecordSize raises it to at most 10 MiB), and the pricing page (PUT payload units of 25 KB).
"""

from __future__ import annotations

from typing import Final

MAX_RECORDS_PER_REQUEST: Final = 500
MAX_REQUEST_BYTES: Final = 5 * 1024 * 1024
"""Data and partition keys of one PutRecords. AWS takes 10 MiB; half of it is as fast and a retry costs less."""
MAX_RECORD_BYTES: Final = 1_000 * 1024
"""Data and partition key of one record. A stream's default is 1 MiB; Firehose's own limit of 1,000 KiB lies below."""
MAX_KEY_CHARS: Final = 256
PAYLOAD_UNIT_BYTES: Final = 25_000
"""A record is billed in units of 25 KB: the cheapest record is one that fills its last unit."""
