"""Gathering the evidence for the ledger: receipts, raw objects, manifests, and the tables as Athena counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from datastreamer.events.receipt import Receipt, receipts_in
from datastreamer.telemetry.ledger import Evidence, ObjectOutcome
from datastreamer.telemetry.manifest import Manifest, RawObject, list_manifests
from datastreamer.telemetry.names import Names
from datastreamer.telemetry.new_objects import list_objects
from datastreamer.telemetry.queries import run_query
from datastreamer.telemetry.raw import count_all
from datastreamer.telemetry.schema import CURATED_TABLE, QUARANTINE_TABLE

NewClient = Callable[[str], Any]
MOST_REPEATED = 1000
"""Repetitions fetched; there should be none, and a thousand say enough."""

Progress = Callable[[str, int, int], None]
"""Told what is being counted, how many are done, and of how many."""


@dataclass(frozen=True)
class Receipts:
    """The receipts that an audit stands on. ``older``: how many were left out, for their stream is not this one."""

    receipts: tuple[Receipt, ...]
    older: int

    @property
    def acknowledged(self) -> int:
        """Readings that Kinesis acknowledged."""
        return sum(receipt.readings for receipt in self.receipts)

    @property
    def running(self) -> int:
        """Runs that have not said that they ended: their counts are a lower bound."""
        return sum(not receipt.is_final for receipt in self.receipts)


def read_receipts(directory: Path, names: Names, client: NewClient) -> Receipts:
    """Receipts of this stage's stream in ``directory``.

    A stream that was deleted and made again has lost what was sent to the one before it, so receipts that are older
    than the stream are counted, not used.
    """
    created = client("kinesis").describe_stream_summary(StreamName=names.stream)["StreamDescriptionSummary"][
        "StreamCreationTimestamp"
    ]
    mine = [found for _, found in receipts_in(directory, names.stage) if found.stream == names.stream]
    # The service rounds the creation time to seconds.
    current = [found for found in mine if datetime.fromisoformat(found.started).timestamp() >= int(created.timestamp())]
    return Receipts(tuple(current), len(mine) - len(current))


def gather(acknowledged: int, names: Names, client: NewClient, progress: Progress = lambda *_: None) -> Evidence:
    """Hear every witness. Reads every raw object; asks Athena four questions."""
    s3 = client("s3")
    # Manifests come before the raw listing: an object that arrives in between is then unread, and not a surprise.
    outcomes = outcomes_of(list_manifests(s3, names.state_path))
    raw = count_raw(s3, names.data_bucket, list(list_objects(s3, names.raw)), progress)

    def ask(step: int, sql: str) -> list[list[str | None]]:
        progress("tables", step, 4)
        return run_query(client("athena"), sql, workgroup=names.workgroup, database=names.database).rows

    curated = ask(0, f"SELECT source_object, count(*) FROM {CURATED_TABLE} GROUP BY 1")  # noqa: S608
    quarantined = ask(1, f"SELECT source_object, reason, count(*) FROM {QUARANTINE_TABLE} GROUP BY 1, 2")  # noqa: S608
    repeated_ids = ask(2, _repeated("event_id", CURATED_TABLE))
    repeated_lines = ask(3, _repeated("source_object || ':' || CAST(line_number AS varchar)", QUARANTINE_TABLE))
    progress("tables", 4, 4)
    return Evidence(
        acknowledged=acknowledged,
        raw_lines=raw,
        outcomes=outcomes,
        curated_rows=_sums(curated, key=0),
        quarantined_rows=_sums(quarantined, key=0),
        quarantined_by_reason=_sums(quarantined, key=1),
        repeated_event_ids=_sums(repeated_ids, key=0),
        repeated_quarantine=_sums(repeated_lines, key=0),
    )


def count_raw(s3: Any, bucket: str, objects: list[RawObject], progress: Progress = lambda *_: None) -> dict[str, int]:
    """URI -> lines of every object, counted from its bytes."""
    done = 0

    def counted(_found: RawObject) -> None:
        nonlocal done
        done += 1
        progress("raw objects", done, len(objects))

    return dict(count_all(s3, bucket, objects, counted))


def outcomes_of(manifests: Iterable[Manifest]) -> dict[str, ObjectOutcome]:
    """What committed runs say of each raw object; an object in two manifests has two runs."""
    outcomes: dict[str, ObjectOutcome] = {}
    for manifest in manifests:
        for item in manifest.objects:
            before = outcomes.get(item.source_object)
            outcomes[item.source_object] = ObjectOutcome(
                lines=item.lines,
                curated=item.curated,
                quarantined=sum(item.quarantined.values()),
                duplicates=item.duplicates,
                runs=(*(before.runs if before else ()), manifest.run_id),
                fault=item.fault,
            )
    return outcomes


def _sums(rows: Iterable[list[str | None]], *, key: int) -> dict[str, int]:
    """The last column summed over the column ``key``."""
    sums: dict[str, int] = {}
    for row in rows:
        name = row[key] or "NULL"
        sums[name] = sums.get(name, 0) + int(row[-1] or 0)
    return sums


def _repeated(identity: str, table: str) -> str:
    return f"SELECT {identity}, count(*) FROM {table} GROUP BY 1 HAVING count(*) > 1 LIMIT {MOST_REPEATED}"  # noqa: S608
