"""The audit on a small lake: it proves what is there, and notices every kind of tampering at every place."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from datastreamer.events.digest import Digest
from datastreamer.events.receipt import Receipt
from datastreamer.telemetry.audit.damaged import acknowledge, damaged_objects
from datastreamer.telemetry.audit.delivery import LOST, OTHER_REASON
from datastreamer.telemetry.audit.receipts import SentRun
from tests.synthetic_lake import NAMES, STATE, SyntheticLake, laws, parquet


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("s3", region_name="ap-northeast-1")


@pytest.fixture
def lake(aws: Any, tmp_path: Path) -> SyntheticLake:
    return SyntheticLake(aws, tmp_path / "receipts")


def test_runs_that_ended_are_proven_by_digests_alone(lake: SyntheticLake) -> None:
    """Copies after lost answers are dropped; only the journals are missing, as where receipts alone were copied."""
    for number in range(2):
        lake.deliver(lake.send(f"run-{number}", seed=number, lines=150, devices=2 + number))
    lake.job()
    for path in lake.folder.glob("*.ids"):
        path.unlink()
    verdict = lake.audit()
    assert (laws(verdict), verdict.unproven, verdict.remarks) == ([], (), ())
    assert verdict.proven == verdict.ledger.acknowledged == 300


def test_runs_of_which_lines_are_stored_twice_and_killed_runs_are_proven_line_by_line(lake: SyntheticLake) -> None:
    lake.deliver(lake.send("lossy", seed=1, lines=200, copies=20))
    lake.deliver(lake.send("killed", seed=2, lines=200, killed=True))
    lake.deliver(lake.send("again", seed=2, lines=200))
    lake.job()
    verdict = lake.audit()
    assert (laws(verdict), verdict.unproven) == ([], ())
    killed = Receipt.load(lake.folder / "killed.json")
    assert killed.readings < 200, "its receipt does not know of all"
    assert verdict.proven == verdict.ledger.acknowledged > 590
    assert verdict.holds


def test_a_line_that_reached_the_journal_after_its_receipt_was_saved_is_counted_once() -> None:
    """As when a disk was full until the end; what a killed run got acknowledged after the last save counts as well."""
    receipt = Receipt(
        *("run", "temperature", "local", "stream", "ap-northeast-1", "2025-10-15T09:00:00Z"),
        readings=4,
        duplicates=1,
        identified={"sensor-1": Digest(3, 6)},
        journal_bytes=8,
    )
    assert SentRun(receipt, np.array([1, 2, 3], np.uint64)).acknowledged == 4
    assert SentRun(receipt, np.array([1, 2, 3, 4], np.uint64)).acknowledged == 5
    assert SentRun(receipt).acknowledged == 4


def test_without_a_journal_and_with_other_digests_a_run_is_not_proven(lake: SyntheticLake) -> None:
    data = lake.send("run", seed=1, lines=150, copies=10)
    lines = [line for record in data for line in record.splitlines(keepends=True)]
    victim = next(line for line in reversed(lines) if lines.count(line) == 1 and line.endswith(b'"}\n'))
    lake.deliver(line for line in lines if line != victim)
    lake.job()
    (lake.folder / "run.ids").unlink()
    verdict = lake.audit()
    assert (laws(verdict), verdict.proven) == ([], 0), "there is surplus enough for every count"
    (sentence,) = verdict.unproven
    assert "the 150 lines of run run" in sentence
    assert "run.ids" in sentence


def test_a_loss_is_found_whatever_surplus_there_is(lake: SyntheticLake) -> None:
    """30 % of the answers are lost, so that raw S3 holds more than was acknowledged; then an object is gone unread."""
    lake.deliver(lake.send("lossy", seed=1, lines=400, copies=60))
    _, gone = lake.deliver(lake.send("victim", seed=2, lines=100))
    lines = gzip.decompress(lake.body(NAMES.data_bucket, gone)).splitlines()
    lake.s3.delete_object(Bucket=NAMES.data_bucket, Key=gone)
    lake.job()
    verdict = lake.audit()
    assert verdict.ledger.raw > verdict.ledger.acknowledged, "the counts show nothing"
    assert LOST in laws(verdict)
    (lost,) = (finding for finding in verdict.findings if finding.law == LOST)
    assert len(set(lines)) * 0.8 <= lost.count <= len(lines)
    (culprit,) = lost.culprits
    assert culprit.startswith("run victim (")
    assert "sensor-0001" in culprit
    assert "shardId-000000000000 " in culprit
    assert not verdict.holds


@pytest.mark.parametrize("killed", [False, True])
def test_a_dirty_line_that_is_lost_is_found_although_an_equal_one_is_there(lake: SyntheticLake, killed: bool) -> None:
    data = lake.send("run", seed=3, lines=300, killed=killed)
    lines = [line for record in data for line in record.splitlines(keepends=True)]
    empty = [place for place, line in enumerate(lines) if not line.strip()]
    assert len(empty) > 1
    good = next(line for line in lines if line.startswith(b'{"event_id"') and line.endswith(b"}\n"))
    lines[empty[0]] = good
    lake.deliver(lines)
    lake.job()
    assert LOST in laws(lake.audit())


@pytest.mark.parametrize(("column", "law"), [("reason", OTHER_REASON), ("line", LOST)])
def test_quarantined_lines_are_held_against_the_receipts_too(lake: SyntheticLake, column: str, law: str) -> None:
    """So that an edit is found where its file has no checksum, or one that was made to fit."""
    lake.deliver(lake.send("run", seed=1, lines=120))
    lake.job(checksums=False)
    key = lake.keys(NAMES.analytics_bucket, NAMES.quarantine.prefix)[0]
    rows = pq.read_table(io.BytesIO(lake.body(NAMES.analytics_bucket, key))).to_pylist()
    edited = parquet([{**row, column: "made_up"} for row in rows])
    lake.s3.put_object(Bucket=NAMES.analytics_bucket, Key=key, Body=edited)
    (finding,) = (finding for finding in lake.audit().findings if finding.law == law)
    assert finding.count == len(rows)


def test_a_line_that_waits_for_the_job_is_not_called_lost(lake: SyntheticLake) -> None:
    lake.deliver(lake.send("run", seed=1, lines=60))
    verdict = lake.audit()
    (law,) = laws(verdict)
    assert law.startswith("in raw S3, but not yet read")


def test_without_a_receipt_nothing_is_proven(lake: SyntheticLake) -> None:
    lake.deliver(lake.send("run", seed=1, lines=60))
    lake.job()
    for path in [*lake.folder.iterdir(), *lake.folder.glob(".chain")]:
        path.unlink(missing_ok=True)
    verdict = lake.audit()
    assert not verdict.holds
    assert (laws(verdict), len(verdict.unproven)) == ([], 1)
    assert "there is no receipt of datastreamer-local-stream" in verdict.unproven[0]


def test_readings_that_no_receipt_knows_are_told_beside_the_proof(lake: SyntheticLake) -> None:
    lake.deliver(lake.send("run", seed=1, lines=60, devices=1))
    strange = b'{"event_id":"e-1","device_id":"stranger","timestamp":"2025-10-15T08:30:00Z","temperature":1}\n'
    lake.deliver([strange, strange.replace(b"e-1", b"e-2").replace(b"stranger", b"sensor-0001")], objects=1)
    lake.job()
    verdict = lake.audit()
    assert verdict.holds
    assert verdict.remarks[0].startswith("nothing is proven of 1 readings of 1 devices that no receipt knows")
    assert verdict.remarks[1].startswith("1 readings more than the receipts say")


def test_a_receipt_of_format_1_proves_nothing(lake: SyntheticLake) -> None:
    lake.deliver(lake.send("run", seed=1, lines=60))
    lake.job()
    path = lake.folder / "run.json"
    content = json.loads(path.read_text())
    for name in ("identified", "dirty_digests", "journal", "journal_bytes", "checksum"):
        del content[name]
    path.write_text(json.dumps({**content, "format": 1}))
    for other in lake.folder.glob("chain-*"):
        other.unlink()
    verdict = lake.audit()
    assert (laws(verdict), verdict.proven) == ([], 0)
    assert "the 60 lines of run run: its receipt, of format 1, says not which" in verdict.unproven


def test_files_of_a_version_without_checksums_are_not_proven(lake: SyntheticLake) -> None:
    lake.deliver(lake.send("run", seed=1, lines=60))
    lake.job(checksums=False)
    verdict = lake.audit()
    assert laws(verdict) == []
    (sentence,) = verdict.unproven
    assert "4 files are as they were published: an earlier version of the job wrote no checksums" in sentence


def test_a_valid_reading_under_a_used_id_is_found_in_the_quarantine(lake: SyntheticLake) -> None:
    data = lake.send("run", seed=1, lines=40)
    first = next(line for record in data for line in record.splitlines() if line.endswith(b'"}'))
    lake.deliver([first.replace(b'"humidity"', b'"wetness"') + b"\n"], objects=1)
    lake.job()
    lake.deliver(data)
    lake.job()
    verdict = lake.audit()
    assert verdict.ledger.quarantined_by_reason["conflicting_event_id"] >= 1
    assert verdict.holds


def test_a_damaged_object_fails_the_audit_until_somebody_says_that_it_was_seen(lake: SyntheticLake) -> None:
    lake.deliver(lake.send("run", seed=1, lines=60))
    key = f"{NAMES.raw_prefix}2025/10/15/09/damaged.gz"
    lake.s3.put_object(Bucket=NAMES.data_bucket, Key=key, Body=gzip.compress(b"noise " * 99)[:-9])
    manifest = lake.job()
    assert manifest
    verdict = lake.audit()
    (finding,) = verdict.findings
    assert finding.law.startswith("damaged raw objects that nobody has acknowledged")
    uri = f"s3://{NAMES.data_bucket}/{key}"
    assert finding.culprits[0].startswith(uri)
    damaged = damaged_objects([manifest])
    acknowledge(lake.s3, STATE, damaged, uri, reason="a lorry", at="2025-10-16T00:00:00+00:00")
    assert lake.audit().holds
    assert lake.audit().ledger.damaged.keys() == {uri}
    other = replace(damaged[uri], etag="of another object")
    acknowledge(lake.s3, STATE, {uri: other}, uri, reason="a lorry", at="2025-10-16T00:00:00+00:00")
    assert not lake.audit().holds


@pytest.mark.parametrize("number", [0, 17, 42])
def test_a_raw_object_that_is_changed_before_it_is_read_is_noticed(lake: SyntheticLake, number: int) -> None:
    """The number of lines stays the same: one that was acknowledged gives way to a copy of another."""
    keys = lake.deliver(lake.send("run", seed=number % 5, lines=80))
    texts = {key: gzip.decompress(lake.body(NAMES.data_bucket, key)).splitlines(keepends=True) for key in keys}
    everywhere = [line for lines in texts.values() for line in lines]
    key = keys[number % len(keys)]
    lines = texts[key]
    once = [place for place, line in enumerate(lines) if everywhere.count(line) == 1]
    victim = once[number % len(once)]
    lines[victim] = lines[(victim + 1) % len(lines)]
    lake.s3.put_object(Bucket=NAMES.data_bucket, Key=key, Body=gzip.compress(b"".join(lines)))
    lake.job()
    verdict = lake.audit()
    assert verdict.ledger.raw == verdict.ledger.acknowledged
    assert [finding.count for finding in verdict.findings if finding.law == LOST] == [1]
