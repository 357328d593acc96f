"""The conservation law as arithmetic: evidence in, ledger out.

    readings acknowledged by Kinesis = curated + quarantined + duplicates dropped

Nothing here talks to AWS; ``datastreamer.telemetry.audit.audit`` gathers the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from datastreamer.telemetry.audit.finding import Finding, finding_of, finding_that_names


@dataclass(frozen=True)
class ObjectOutcome:
    """What committed runs say became of one raw object's lines. ``runs`` should be one run.

    ``fault``: why the object could not be read to its end, None when it was; ``lines`` are then the readable ones.
    ``etag`` and ``size`` are the object's when it was read.
    """

    lines: int
    curated: int
    quarantined: int
    duplicates: int
    runs: tuple[str, ...]
    fault: str | None = None
    etag: str = ""
    size: int = 0


@dataclass(frozen=True)
class Evidence:
    """What each witness says on its own. Objects are named by their ``s3://`` URI.

    ``acknowledged``: readings that the receipts say Kinesis acknowledged. ``raw_lines``: lines counted in each raw
    object. ``outcomes``: the job's manifests. ``curated_rows``, ``quarantined_rows``: rows of each table by source
    object, counted by Athena. ``repeated_event_ids``: event_id -> how many curated rows have it, where more than one.
    ``repeated_quarantine``: ``object:line`` -> how many quarantine rows, where more than one. ``at_most_repeated``: how
    many of either were asked for. ``listed``: ETag and size of each raw object as it is now. ``seen_damage``: damaged
    objects that somebody has acknowledged.
    """

    acknowledged: int
    raw_lines: Mapping[str, int]
    outcomes: Mapping[str, ObjectOutcome]
    curated_rows: Mapping[str, int]
    quarantined_rows: Mapping[str, int]
    quarantined_by_reason: Mapping[str, int] = field(default_factory=dict)
    repeated_event_ids: Mapping[str, int] = field(default_factory=dict)
    repeated_quarantine: Mapping[str, int] = field(default_factory=dict)
    at_most_repeated: int | None = None
    listed: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    seen_damage: frozenset[str] = frozenset()


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


def reconcile(evidence: Evidence) -> Ledger:
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
    yield from finding_of(
        "in raw S3, but not yet read by the job (run: datastreamer telemetry etl)",
        {uri: lines for uri, lines in evidence.raw_lines.items() if lines and uri not in evidence.outcomes},
    )
    yield from finding_of(
        "read by the job, but no longer in raw S3",
        {uri: outcome.lines for uri, outcome in evidence.outcomes.items() if uri not in evidence.raw_lines},
    )
    yield from finding_of(
        "raw objects read by more than one committed run",
        {uri: len(outcome.runs) for uri, outcome in evidence.outcomes.items() if len(outcome.runs) > 1},
    )
    yield from finding_of(
        "lines of raw objects that were replaced since the job read them",
        {
            uri: max(1, outcome.lines)
            for uri, outcome in evidence.outcomes.items()
            if evidence.listed.get(uri, (outcome.etag, outcome.size)) != (outcome.etag, outcome.size)
        },
    )
    yield from _damage(evidence)
    unread = {}
    unaccounted = {}
    for uri, outcome in evidence.outcomes.items():
        if evidence.raw_lines.get(uri, outcome.lines) != outcome.lines:
            unread[uri] = abs(evidence.raw_lines[uri] - outcome.lines)
        if outcome.lines != outcome.curated + outcome.quarantined + outcome.duplicates:
            unaccounted[uri] = abs(outcome.lines - outcome.curated - outcome.quarantined - outcome.duplicates)
    yield from finding_of("lines in a raw object that the job did not count", unread)
    yield from finding_of("lines read that are neither curated, quarantined nor duplicates", unaccounted)
    for table, rows, promised in (
        ("curated", evidence.curated_rows, {uri: outcome.curated for uri, outcome in evidence.outcomes.items()}),
        ("quarantined", evidence.quarantined_rows, {uri: o.quarantined for uri, o in evidence.outcomes.items()}),
    ):
        yield from _of_table(table, rows, promised)
    for law, times in (
        ("event_ids that are curated more than once", evidence.repeated_event_ids),
        ("lines that are quarantined more than once", evidence.repeated_quarantine),
    ):
        for finding in finding_of(law, times):
            at_least = len(times) == evidence.at_most_repeated
            yield replace(finding, count=finding.count - len(times), at_least=at_least)


def _damage(evidence: Evidence) -> Iterator[Finding]:
    damaged = {uri: outcome.fault for uri, outcome in evidence.outcomes.items() if outcome.fault}
    yield from finding_that_names(
        "damaged raw objects that nobody has acknowledged (datastreamer telemetry acknowledge)",
        {uri: fault for uri, fault in damaged.items() if uri not in evidence.seen_damage},
    )


def _of_table(table: str, rows: Mapping[str, int], promised: Mapping[str, int]) -> Iterator[Finding]:
    uris: Sequence[str] = sorted({*rows, *promised})
    missing = {uri: promised.get(uri, 0) - rows.get(uri, 0) for uri in uris}
    yield from finding_of(
        f"{table} by a committed run, but not in the table", {u: n for u, n in missing.items() if n > 0}
    )
    yield from finding_of(
        f"{table} rows in the table that no committed run wrote", {u: -n for u, n in missing.items() if n < 0}
    )
