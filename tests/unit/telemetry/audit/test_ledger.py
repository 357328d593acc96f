"""The conservation law: it balances when every line has one fate, and names what has none or two."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.telemetry.audit.finding import MOST_NAMED
from datastreamer.telemetry.audit.ledger import Evidence, ObjectOutcome, reconcile

A, B = "s3://data/raw/a.gz", "s3://data/raw/b.gz"


def balanced() -> Evidence:
    return Evidence(
        acknowledged=30,
        raw_lines={A: 10, B: 20},
        outcomes={A: ObjectOutcome(10, 8, 1, 1, ("run-1",)), B: ObjectOutcome(20, 15, 3, 2, ("run-2",))},
        curated_rows={A: 8, B: 15},
        quarantined_rows={A: 1, B: 3},
    )


def test_a_lake_that_kept_everything_balances() -> None:
    ledger = reconcile(balanced())
    assert ledger.balanced
    assert (ledger.acknowledged, ledger.curated, ledger.quarantined, ledger.duplicates) == (30, 23, 4, 3)


def test_an_empty_lake_balances() -> None:
    assert reconcile(Evidence(0, {}, {}, {}, {})).balanced


@pytest.mark.parametrize(
    ("change", "law", "count", "culprit"),
    [
        ({"acknowledged": 31}, "not in raw S3", 1, None),
        ({"raw_lines": {A: 10, B: 20, "s3://new": 5}}, "not yet read", 5, "s3://new"),
        ({"raw_lines": {A: 10}, "acknowledged": 10}, "no longer in raw", 20, B),
        ({"raw_lines": {A: 10, B: 21}}, "did not count", 1, B),
        ({"curated_rows": {A: 8, B: 14}}, "curated by a committed run, but not in the table", 1, B),
        ({"curated_rows": {A: 9, B: 15}}, "curated rows in the table that no committed run wrote", 1, A),
        ({"curated_rows": {A: 8, B: 15, "s3://stray": 2}}, "that no committed run wrote", 2, "s3://stray"),
        ({"quarantined_rows": {B: 3}}, "quarantined by a committed run, but not in the table", 1, A),
        ({"repeated_event_ids": {"e-1": 3}}, "curated more than once", 2, "e-1"),
        ({"repeated_quarantine": {f"{A}:7": 2}}, "quarantined more than once", 1, f"{A}:7"),
    ],
)
def test_each_way_to_break_the_law_is_found_counted_and_named(
    change: dict[str, Any], law: str, count: int, culprit: str | None
) -> None:
    findings = reconcile(dataclasses.replace(balanced(), **change)).findings
    found = [finding for finding in findings if law in finding.law]
    assert [finding.count for finding in found] == [count]
    assert culprit is None or found[0].culprits[0].startswith(culprit)


def test_an_object_that_two_runs_committed_is_named() -> None:
    evidence = balanced()
    twice = dataclasses.replace(evidence.outcomes[A], runs=("run-1", "run-3"))
    findings = reconcile(dataclasses.replace(evidence, outcomes={**evidence.outcomes, A: twice})).findings
    assert any("more than one committed run" in finding.law and A in finding.culprits[0] for finding in findings)


def test_lines_without_a_fate_are_named() -> None:
    evidence = balanced()
    lossy = dataclasses.replace(evidence.outcomes[A], duplicates=0)
    findings = reconcile(dataclasses.replace(evidence, outcomes={**evidence.outcomes, A: lossy})).findings
    assert [finding.law for finding in findings] == ["lines read that are neither curated, quarantined nor duplicates"]


def test_raw_lines_beyond_the_receipts_are_shown_and_break_nothing() -> None:
    ledger = reconcile(dataclasses.replace(balanced(), acknowledged=25))
    assert ledger.balanced
    assert ledger.unreceipted == 5


def test_a_finding_names_the_worst_culprits_and_counts_all() -> None:
    raw = {f"s3://data/{number}": number + 1 for number in range(50)}
    finding = reconcile(Evidence(0, raw, {}, {}, {})).findings[0]
    assert finding.count == sum(raw.values())
    assert len(finding.culprits) == MOST_NAMED
    assert finding.culprits[0] == "s3://data/49 (50)"


@given(st.lists(st.tuples(*[st.integers(0, 1000)] * 3), max_size=8), st.integers(0, 7), st.integers(1, 50))
def test_losing_any_row_unbalances_the_ledger(fates: list[tuple[int, int, int]], victim: int, lost: int) -> None:
    uris = [f"s3://{number}" for number in range(len(fates))]
    evidence = Evidence(
        acknowledged=sum(map(sum, fates)),
        raw_lines={uri: sum(fate) for uri, fate in zip(uris, fates, strict=True)},
        outcomes={uri: ObjectOutcome(sum(fate), *fate, ("run",)) for uri, fate in zip(uris, fates, strict=True)},
        curated_rows={uri: fate[0] for uri, fate in zip(uris, fates, strict=True)},
        quarantined_rows={uri: fate[1] for uri, fate in zip(uris, fates, strict=True)},
    )
    assert reconcile(evidence).balanced
    if victim < len(fates):
        rows = {**evidence.curated_rows, uris[victim]: evidence.curated_rows[uris[victim]] - lost}
        assert not reconcile(dataclasses.replace(evidence, curated_rows=rows)).balanced
