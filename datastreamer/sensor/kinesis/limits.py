"""The limits that a producer for this lake keeps beyond those of PutRecords (``datastreamer.aws.putting``).

Sources, read in November 2025: "Handle large records" in the developer guide (a stream takes 1 MiB a record until
UpdateMaxRecordSize raises it to at most 10 MiB), and the pricing page (PUT payload units of 25 KB).
"""

from __future__ import annotations

from typing import Final

MAX_RECORD_BYTES: Final = 1_000 * 1024
"""Data and partition key of one record. A stream's default is 1 MiB; Firehose's own limit of 1,000 KiB lies below."""
PAYLOAD_UNIT_BYTES: Final = 25_000
"""A record is billed in units of 25 KB: the cheapest record is one that fills its last unit."""
