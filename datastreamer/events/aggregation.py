"""What the Kinesis Producer Library makes of records that it aggregates: one that no reader of JSON can read.

Firehose takes such records apart when it reads a data stream; consumers of other kinds, and whatever else reaches the
raw data, may meet one that was not.
"""

from __future__ import annotations

from typing import Final

AGGREGATION_MAGIC: Final = b"\xf3\x89\x9a\xc2"
"""How an aggregated record begins (the KPL's Aggregated Record Format, version 1). It is not UTF-8."""
AGGREGATED: Final = "kpl_aggregated"
"""The reason code of such a record. The cure: ``AggregationEnabled = false`` in the producer."""
