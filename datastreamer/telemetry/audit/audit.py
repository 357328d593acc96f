"""The audit: every witness is heard on its own, and nothing is called proven that does not follow from what they say.

    readings acknowledged by Kinesis = curated + quarantined + duplicates dropped

The witnesses: the receipts of the sensors' runs with their journals and chain; the raw objects, as S3 lists them and
as their bytes count; the job's manifests; every file of both tables, byte for byte; and the rows that Athena counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from datastreamer.aws.athena import run_query
from datastreamer.aws.s3_location import S3Location
from datastreamer.telemetry.audit.damaged import acknowledgements, damaged_objects
from datastreamer.telemetry.audit.delivery import prove
from datastreamer.telemetry.audit.finding import Finding, finding_that_names
from datastreamer.telemetry.audit.ledger import Evidence, Ledger, ObjectOutcome, reconcile
from datastreamer.telemetry.audit.raw import RawCount, count_all
from datastreamer.telemetry.audit.receipts import Receipts, read_receipts
from datastreamer.telemetry.audit.tables import check_tables
from datastreamer.telemetry.manifest import Manifest, RawObject, examine_manifests
from datastreamer.telemetry.names import Names
from datastreamer.telemetry.new_objects import list_objects
from datastreamer.telemetry.schema import CURATED_TABLE, QUARANTINE_TABLE

NewClient = Callable[[str], Any]
MOST_REPEATED = 1000
"""Repetitions fetched; there should be none, and a thousand say enough."""

Progress = Callable[[str, int, int], None]
"""Told what is being counted, how many are done, and of how many."""


@dataclass(frozen=True)
class TableCounts:
    """Rows as Athena counts them; the names are those of ``Evidence``."""

    curated_rows: dict[str, int]
    quarantined_rows: dict[str, int]
    quarantined_by_reason: dict[str, int]
    repeated_event_ids: dict[str, int]
    repeated_quarantine: dict[str, int]


CountTables = Callable[[Names, NewClient, Progress], TableCounts]


@dataclass(frozen=True)
class Verdict:
    """What follows from all that was heard.

    ``ledger``: both sides of the law. ``findings``: all that is wrong. ``unproven``: what cannot be told, in sentences
    that complete "not proven: …". ``remarks``: what is worth knowing beside it. ``proven``: how many acknowledged lines
    were found, of runs of which every line was. ``receipts``: how many there are.
    """

    ledger: Ledger
    findings: tuple[Finding, ...]
    unproven: tuple[str, ...]
    remarks: tuple[str, ...]
    proven: int
    receipts: int

    @property
    def holds(self) -> bool:
        """Whether all that was to be proven is proven, and nothing is wrong."""
        return not self.findings and not self.unproven

    def document(self) -> dict[str, Any]:
        """As JSON shows it."""
        findings = [asdict(finding) for finding in self.findings]
        own = {"findings": findings, "unproven": self.unproven, "remarks": self.remarks, "proven": self.proven}
        return {**asdict(self.ledger), **own, "balanced": self.holds, "receipts": self.receipts}


def receipts_of_stream(directory: Path, names: Names, client: NewClient) -> Receipts:
    """Receipts of this stage's stream in ``directory``."""
    stream = client("kinesis").describe_stream_summary(StreamName=names.stream)["StreamDescriptionSummary"]
    return read_receipts(directory, names.stage, names.stream, stream["StreamCreationTimestamp"])


def count_with_athena(names: Names, client: NewClient, progress: Progress) -> TableCounts:
    """Ask Athena four questions."""

    def ask(step: int, sql: str) -> list[list[str | None]]:
        progress("tables", step, 4)
        return run_query(client("athena"), sql, workgroup=names.workgroup, database=names.database).rows

    curated = ask(0, f"SELECT source_object, count(*) FROM {CURATED_TABLE} GROUP BY 1")  # noqa: S608
    quarantined = ask(1, f"SELECT source_object, reason, count(*) FROM {QUARANTINE_TABLE} GROUP BY 1, 2")  # noqa: S608
    repeated_ids = ask(2, _repeated("event_id", CURATED_TABLE))
    repeated_lines = ask(3, _repeated("source_object || ':' || CAST(line_number AS varchar)", QUARANTINE_TABLE))
    progress("tables", 4, 4)
    return TableCounts(
        curated_rows=_sums(curated, key=0),
        quarantined_rows=_sums(quarantined, key=0),
        quarantined_by_reason=_sums(quarantined, key=1),
        repeated_event_ids=_sums(repeated_ids, key=0),
        repeated_quarantine=_sums(repeated_lines, key=0),
    )


def audit(
    receipts: Receipts,
    names: Names,
    client: NewClient,
    progress: Progress = lambda *_: None,
    count_tables: CountTables = count_with_athena,
) -> Verdict:
    """Hear every witness, and reconcile what they say. Reads every raw object and every file of both tables."""
    s3, state = client("s3"), S3Location.parse(names.state_path)
    # Manifests come before the raw listing: an object that arrives in between is then unread, and not a surprise.
    manifests = examine_manifests(s3, names.state_path)
    outcomes = outcomes_of(manifests.committed)
    objects = list(list_objects(s3, names.raw))
    raw = count_raw(s3, names.data_bucket, objects, progress, lambda uri: uri not in outcomes)
    seen = acknowledgements(s3, state)
    damaged = damaged_objects(manifests.committed)
    tables = check_tables(
        s3,
        names.curated,
        names.quarantine,
        manifests.committed,
        lambda done, total: progress("files of the tables", done, total),
    )
    counts = count_tables(names, client, progress)
    ledger = reconcile(
        Evidence(
            acknowledged=receipts.acknowledged,
            raw_lines=raw.lines,
            outcomes=outcomes,
            **vars(counts),
            at_most_repeated=MOST_REPEATED,
            listed={f"s3://{names.data_bucket}/{item.key}": (item.etag, item.size) for item in objects},
            seen_damage=frozenset(uri for uri, item in damaged.items() if (uri, item.etag) in seen),
        )
    )
    delivery = prove(receipts.runs, tables.identities, raw.identities)
    findings = (
        *receipts.findings,
        *finding_that_names("manifests that are not as their runs wrote them", manifests.damaged),
        *tables.findings,
        *delivery.findings,
        *ledger.findings,
    )
    nothing = () if receipts.acknowledged else (_nothing_acknowledged(receipts, names),)
    unproven = (*nothing, *receipts.unproven, *tables.unproven, *delivery.unproven)
    return Verdict(ledger, findings, unproven, delivery.remarks, delivery.proven, len(receipts.runs))


def count_raw(
    s3: Any,
    bucket: str,
    objects: list[RawObject],
    progress: Progress = lambda *_: None,
    identify: Callable[[str], bool] = lambda _: False,
) -> RawCount:
    """The lines of every object, counted from its bytes."""
    done = 0

    def counted(_found: RawObject) -> None:
        nonlocal done
        done += 1
        progress("raw objects", done, len(objects))

    return count_all(s3, bucket, objects, counted, identify)


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
                etag=item.etag,
                size=item.size,
            )
    return outcomes


def _nothing_acknowledged(receipts: Receipts, names: Names) -> str:
    what = "the receipts tell of no line" if receipts.runs else f"there is no receipt of {names.stream}"
    return f"the way from the sensors to the lake, for {what} (--receipts names their folder)"


def _sums(rows: Iterable[list[str | None]], *, key: int) -> dict[str, int]:
    """The last column summed over the column ``key``."""
    sums: dict[str, int] = {}
    for row in rows:
        name = row[key] or "NULL"
        sums[name] = sums.get(name, 0) + int(row[-1] or 0)
    return sums


def _repeated(identity: str, table: str) -> str:
    return f"SELECT {identity}, count(*) FROM {table} GROUP BY 1 HAVING count(*) > 1 LIMIT {MOST_REPEATED}"  # noqa: S608
