"""The durable journal of a DirectPut stream: what was acknowledged and is not yet delivered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from aws_stage.engines.firehose.records import Checkpoints, Record
from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest
from aws_stage.storage.segments.log import SegmentedLog

SEGMENT_BYTES = 16 * 1024 * 1024
READ_BYTES = 4 * 1024 * 1024
READ_RECORDS = 50_000
PARTITION = "journal"


class Journal:
    """Positions are the ordinals of records."""

    def __init__(
        self, directory: Path, segment_bytes: int = SEGMENT_BYTES, *, manifest: StoreManifest = UNLISTED
    ) -> None:
        """Open the journal in ``directory``, creating it; raises ConfigurationError when it is damaged."""
        # All of it is verified: better now than in the middle of a delivery.
        self._log = SegmentedLog.open(directory, segment_bytes, manifest=manifest, verify=True)

    def append(self, records: Sequence[bytes], arrival: float) -> None:
        """Write all of ``records`` or, raising OSError, none; ``arrival`` is in seconds since the epoch."""
        sizes = [len(record) for record in records]
        self._log.append(round(arrival * 1000), len(records), lambda _first, _arrival: (list(records), sizes))

    def read(self, after: str | None) -> list[Record]:
        """Whole records that follow position ``after`` (None: from the beginning), about 4 MiB at most."""
        first = self._log.kept_from(int(after or 0) + 1)
        records = self._log.read(first, READ_RECORDS, READ_BYTES)
        return [
            # an arrival is known of whatever is kept, and nobody but this reader trims
            Record(data, cast("int", self._log.arrival_of(ordinal)) / 1000, PARTITION, str(ordinal))
            for ordinal, data in enumerate(records, start=first)
        ]

    def trim(self, position: str) -> None:
        """Remove the segments of which every record is delivered: those up to and including ``position`` are."""
        self._log.release(int(position) + 1)

    def remove(self) -> None:
        """Close and delete the journal."""
        self._log.destroy()

    def close(self) -> None:
        """Close the file; an append afterwards raises OSError."""
        self._log.close()


class JournalSource:
    """Reads a journal on from the delivered position."""

    def __init__(self, journal: Journal, checkpoints: Checkpoints) -> None:
        self._journal = journal
        self._position = checkpoints.get(PARTITION)

    def read(self, *, at_once: bool = False) -> list[Record]:  # noqa: ARG002  a journal is always asked at once
        records = self._journal.read(self._position)
        if records:
            self._position = records[-1].position
        return records

    def delay(self) -> float | None:
        """None: whoever appends wakes the consumer."""
        return None

    def delivered(self, checkpoints: Checkpoints) -> None:
        if PARTITION in checkpoints:
            self._journal.trim(checkpoints[PARTITION])

    def behind(self) -> float | None:
        return None
