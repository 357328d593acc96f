"""What is written: one record of a stream, and what Kinesis said when it stored it."""

from __future__ import annotations

from datastreamer.aws.putting import MAX_KEY_CHARS, Stored
from datastreamer.errors import InvalidRecordError
from datastreamer.sensor.kinesis.limits import MAX_RECORD_BYTES


class Record:
    """One Kinesis record: ``lines`` newline-ended lines of one partition ``key`` in ``data``.

    ``marks`` name what is special about some of its lines (one entry a line and mark, for example ``late``), and
    ``places`` has the index of the line of each mark. ``hashes`` has what each line is known by (packed, see
    datastreamer/events/digest.py), and is empty where lines are known by nothing. All of these travel with the record
    so that only what was acknowledged is counted.
    Raises InvalidRecordError (``record_too_large``, ``invalid_partition_key``) for what Kinesis would refuse.
    """

    __slots__ = ("data", "hashes", "key", "lines", "marks", "places", "size")

    def __init__(
        self,
        key: str,
        data: bytes,
        lines: int = 1,
        marks: tuple[str, ...] = (),
        *,
        places: tuple[int, ...] = (),
        hashes: bytes = b"",
    ) -> None:
        if not 0 < len(key) <= MAX_KEY_CHARS:
            raise InvalidRecordError(
                "invalid_partition_key", f"a partition key has 1 to {MAX_KEY_CHARS} characters, not {len(key):,}"
            )
        self.key = key
        self.data = data
        self.lines = lines
        self.marks = marks
        self.places = places
        self.hashes = hashes
        self.size = len(data) + len(key.encode())
        if self.size > MAX_RECORD_BYTES:
            raise InvalidRecordError(
                "record_too_large",
                f"the record of {key!r} has {self.size:,} bytes with its key; the limit is {MAX_RECORD_BYTES:,}. "
                "Send fewer or smaller readings in one record",
            )


Acknowledged = Stored[Record]
"""A record that Kinesis stored, and where."""
