"""WriteRecords: each record of a call stored or rejected, all that are stored in one transaction.

Rules: API reference, ``WriteRecords``, ``Record`` and ``RejectedRecord``; developer guide, "Writes".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_stage.engines.timestream.control.catalogue import Catalogue, Table
from aws_stage.engines.timestream.control.names import checked
from aws_stage.engines.timestream.retention import oldest_in_memory, oldest_shown
from aws_stage.engines.timestream.store.records import Records
from aws_stage.engines.timestream.write import limits
from aws_stage.engines.timestream.write.batch import Batch
from aws_stage.engines.timestream.write.record import Record, RejectedError, merged, typed
from aws_stage.kernel.clock import Clock
from aws_stage.kernel.engine import AwsError, Call

REJECTED_STATUS = 419
"""The HTTP status of RejectedRecordsException."""


@dataclass(frozen=True)
class Window:
    """The times that a table takes, in microseconds since the epoch: those from ``memory`` on go to the memory store,
    older ones from ``oldest`` on to the magnetic store."""

    oldest: int
    memory: int
    end: int

    @classmethod
    def of(cls, table: Table, now: datetime) -> Window:
        memory = oldest_in_memory(table, now)
        oldest = oldest_shown(table, now) if table.takes_late else memory
        return cls(microseconds(oldest), microseconds(memory), microseconds(now + limits.FUTURE))

    def check(self, record: Record) -> None:
        """Raise RejectedError for a record outside."""
        if not self.oldest <= record.time < self.end:
            window = f"[{_iso(self.oldest)}, {_iso(self.end)})"
            raise RejectedError(
                f"The record timestamp is outside the time range {window} of the data ingestion window."
            )


class Writer:
    """Writes to the tables of the catalogue."""

    def __init__(self, catalogue: Catalogue, records: Records, clock: Clock) -> None:
        self._catalogue = catalogue
        self._records = records
        self._clock = clock

    def write(self, call: Call) -> dict[str, Any]:
        """WriteRecords."""
        payload = checked(call)
        table = self._catalogue.table(payload["DatabaseName"], payload["TableName"])
        window = Window.of(table, self._clock.now())
        rejected: dict[int, RejectedError] = {}
        accepted = self._accepted(payload, table, window, rejected)
        late = {index for index, record in accepted.items() if record.time < window.memory}
        if accepted:
            self._store(table, accepted, late, rejected)
        stored = [index for index in accepted if index not in rejected]
        if rejected:
            raise _rejection(rejected)
        in_magnetic = sum(index in late for index in stored)
        counts = {"Total": len(stored), "MemoryStore": len(stored) - in_magnetic, "MagneticStore": in_magnetic}
        return {"RecordsIngested": counts}

    def _accepted(
        self, payload: dict[str, Any], table: Table, window: Window, rejected: dict[int, RejectedError]
    ) -> dict[int, Record]:
        """The records by their place in the call, but for those that are wrong by themselves."""
        common = {name: value for name, value in (payload.get("CommonAttributes") or {}).items() if value is not None}
        found: dict[int, Record] = {}
        for index, given in enumerate(payload["Records"]):
            try:
                record = typed(merged(common, given))
                _check_key(table, record)
                window.check(record)
                found[index] = record
            except RejectedError as error:
                rejected[index] = error
        return found

    def _store(
        self, table: Table, accepted: dict[int, Record], late: set[int], rejected: dict[int, RejectedError]
    ) -> None:
        records = self._records
        with records.writing() as connection:
            before = records.schema(table.uid)
            batch = Batch(connection, before, list(accepted.values()))
            for index, record in accepted.items():
                try:
                    batch.take(record)
                except RejectedError as error:
                    # what the magnetic store takes is answered before it is compared with what is there
                    if index not in late or error.version is None:
                        rejected[index] = error
            if batch.schema is not before:
                records.grow(connection, before, batch.schema)
            batch.flush()
        records.publish(batch.schema)


def _check_key(table: Table, record: Record) -> None:
    required = table.required_dimension
    if required is not None and required not in record.dimensions:
        raise RejectedError(f"The record lacks the dimension {required} of the partition key.")


def microseconds(moment: datetime) -> int:
    """Since the epoch."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def _iso(moment: int) -> str:
    found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=max(moment, 0))
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rejection(rejected: dict[int, RejectedError]) -> AwsError:
    listed: Sequence[dict[str, Any]] = [
        {
            "RecordIndex": index,
            "Reason": error.reason,
            **({"ExistingVersion": error.version} if error.version is not None else {}),
        }
        for index, error in sorted(rejected.items())
    ]
    message = "One or more records have been rejected. See RejectedRecords for details."
    return AwsError("RejectedRecordsException", message, REJECTED_STATUS, {"RejectedRecords": listed})
