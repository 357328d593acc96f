"""The conservation law as arithmetic: evidence in, ledger out.

    readings acknowledged by Kinesis = curated + quarantined + duplicates dropped

Nothing here talks to AWS; ``datastreamer.telemetry.audit`` gathers the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

MOST_NAMED = 20
"""How many culprits a finding names; the count says how many there are."""


@dataclass(frozen=True)
class ObjectOutcome:
    """What committed runs say became of one raw object's lines. ``runs`` should be one run.

    ``fault``: why the object could not be read to its end, None when it was; ``lines`` are then the readable ones.
    """

    lines: int
    curated: int
    quarantined: int
    duplicates: int
    runs: tuple[str, ...]
    fault: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What each witness says on its own. Objects are named by their ``s3://`` URI.

    ``acknowledged``: readings that the receipts say Kinesis acknowledged. ``raw_lines``: lines counted in each raw
    object. ``outcomes``: the job's manifests. ``curated_rows``, ``quarantined_rows``: rows of each table by source
    object, counted by Athena. ``repeated_event_ids``: event_id -> how many curated rows have it, where more than one.
    ``repeated_quarantine``: ``object:line`` -> how many quarantine rows, where more than one.
    """

    acknowledged: int
    raw_lines: Mapping[str, int]
    outcomes: Mapping[str, ObjectOutcome]
    curated_rows: Mapping[str, int]
    quarantined_rows: Mapping[str, int]
    quarantined_by_reason: Mapping[str, int] = field(default_factory=dict)
    repeated_event_ids: Mapping[str, int] = field(default_factory=dict)
    repeated_quarantine: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One broken law: what is wrong, how much, and which objects or readings (at most ``MOST_NAMED``)."""

    law: str
    count: int
    culprits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """Both sides of the law, and every finding against it.

    ``unreceipted``: raw lines that no receipt covers. ``damaged``: raw objects that could not be read to their end,
    with the fault; what was readable is in the sums.
    """

    acknowledged: int
    unreceipted: int
    raw: int
    curated: int
    quarantined: int
    duplicates: int
    quarantined_by_reason: Mapping[str, int]
    objects: int
    damaged: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def balanced(self) -> bool:
        """Whether the law holds."""
        return not self.findings


def judge(evidence: Evidence) -> Ledger:
    """Weigh the evidence: sums for the ledger, a finding for every way in which the law is broken."""
    raw = sum(evidence.raw_lines.values())
    return Ledger(
        acknowledged=evidence.acknowledged,
        unreceipted=max(0, raw - evidence.acknowledged),
        raw=raw,
        curated=sum(evidence.curated_rows.values()),
        quarantined=sum(evidence.quarantined_rows.values()),
        duplicates=sum(outcome.duplicates for outcome in evidence.outcomes.values()),
        quarantined_by_reason=dict(evidence.quarantined_by_reason),
        objects=len(evidence.raw_lines),
        damaged={uri: outcome.fault for uri, outcome in evidence.outcomes.items() if outcome.fault},
        findings=tuple(_findings(evidence, raw)),
    )


def _findings(evidence: Evidence, raw: int) -> Iterator[Finding]:
    if raw < evidence.acknowledged:
        yield Finding(
            "acknowledged by Kinesis, but not in raw S3 (not delivered yet, or lost)", evidence.acknowledged - raw
        )
    yield from _of_objects(
        "in raw S3, but not yet read by the job (run: datastreamer telemetry etl)",
        {uri: lines for uri, lines in evidence.raw_lines.items() if lines and uri not in evidence.outcomes},
    )
    yield from _of_objects(
        "read by the job, but no longer in raw S3",
        {uri: outcome.lines for uri, outcome in evidence.outcomes.items() if uri not in evidence.raw_lines},
    )
    yield from _of_objects(
        "raw objects read by more than one committed run",
        {uri: len(outcome.runs) for uri, outcome in evidence.outcomes.items() if len(outcome.runs) > 1},
    )
    unread = {}
    unaccounted = {}
    for uri, outcome in evidence.outcomes.items():
        if evidence.raw_lines.get(uri, outcome.lines) != outcome.lines:
            unread[uri] = abs(evidence.raw_lines[uri] - outcome.lines)
        if outcome.lines != outcome.curated + outcome.quarantined + outcome.duplicates:
            unaccounted[uri] = abs(outcome.lines - outcome.curated - outcome.quarantined - outcome.duplicates)
    yield from _of_objects("lines in a raw object that the job did not count", unread)
    yield from _of_objects("lines read that are neither curated, quarantined nor duplicates", unaccounted)
    for table, rows, promised in (
        ("curated", evidence.curated_rows, {uri: outcome.curated for uri, outcome in evidence.outcomes.items()}),
        ("quarantined", evidence.quarantined_rows, {uri: o.quarantined for uri, o in evidence.outcomes.items()}),
    ):
        yield from _of_table(table, rows, promised)
    yield from _of_objects("event_ids that are curated more than once", evidence.repeated_event_ids, excess=True)
    yield from _of_objects("lines that are quarantined more than once", evidence.repeated_quarantine, excess=True)


def _of_table(table: str, rows: Mapping[str, int], promised: Mapping[str, int]) -> Iterator[Finding]:
    uris: Sequence[str] = sorted({*rows, *promised})
    missing = {uri: promised.get(uri, 0) - rows.get(uri, 0) for uri in uris}
    yield from _of_objects(
        f"{table} by a committed run, but not in the table", {u: n for u, n in missing.items() if n > 0}
    )
    yield from _of_objects(
        f"{table} rows in the table that no committed run wrote", {u: -n for u, n in missing.items() if n < 0}
    )


def _of_objects(law: str, counts: Mapping[str, int], *, excess: bool = False) -> Iterator[Finding]:
    if counts:
        total = sum(counts.values()) - (len(counts) if excess else 0)
        worst = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_NAMED]
        yield Finding(law, total, tuple(f"{name} ({counts[name]:,})" for name in worst))
