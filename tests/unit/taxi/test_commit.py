"""How a month is replaced: whatever step a run dies at, the next one ends with the tables that the manifest names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import ConfigurationError
from datastreamer.taxi.bronze import BronzeObject
from datastreamer.taxi.month import Month
from datastreamer.taxi.silver.commit import MonthLog, OvertakenError
from datastreamer.taxi.silver.manifest import Manifest, ObjectCounts

BUCKET = "lake"
PLACE = S3Location(BUCKET, "")
TABLES = {name: PLACE.folder(name) for name in ("silver", "quarantine")}
JANUARY = Month(2025, 1)


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def log(s3: Any, kill_at: str = "") -> MonthLog:
    def reached(step: str) -> None:
        if step == kill_at:
            raise Killed

    return MonthLog(s3, PLACE.folder("state"), TABLES, reached)


def write(s3: Any, sequence: int, run: str, files: int = 2) -> Manifest:
    """Stage the files of a run, and the manifest that it is about to commit."""
    mine = log(s3)
    staged = mine.staged(JANUARY, sequence, run)
    for table in TABLES:
        for number in range(files):
            key = staged.folder(table).key(f"part-{number:05d}.parquet")
            s3.put_object(Bucket=BUCKET, Key=key, Body=f"{table} {run} {number}".encode())
        left_behind = staged.folder(table).key("_temporary/0/task_0/part-00009.parquet")
        s3.put_object(Bucket=BUCKET, Key=left_behind, Body=b"half a file")
        s3.put_object(Bucket=BUCKET, Key=staged.folder("judged").key("part-0.parquet"), Body=b"")
    return Manifest(
        month=str(JANUARY),
        sequence=sequence,
        run_id=run,
        contract=1,
        started_at="",
        ended_at="",
        objects=[ObjectCounts("s3://bronze/a.parquet", "1", 3, 2, {"duplicate": 1})],
        files=mine.staged_files(staged, JANUARY, sequence),
        faults={},
    )


def do(s3: Any, manifest: Manifest, kill_at: str = "") -> None:
    mine = log(s3, kill_at)
    mine.commit(JANUARY, manifest)
    mine.publish(JANUARY, manifest)


def settle(s3: Any) -> None:
    """What the next run does first."""
    mine = log(s3)
    for month, manifest in mine.newest().items():
        mine.publish(month, manifest)


def contents(s3: Any, prefix: str) -> list[str]:
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
    return [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys]


def expect(s3: Any, run: str, files: int = 2) -> None:
    for table in TABLES:
        assert contents(s3, f"{table}/{JANUARY.partition}") == [f"{table} {run} {number}" for number in range(files)]
    assert contents(s3, "state/staged/") == []


@pytest.mark.parametrize(
    "step", ["committed", "published one file", "published", "removed the files before", "cleaned up"]
)
def test_what_a_killed_run_has_committed_the_next_one_completes(s3: Any, step: str) -> None:
    do(s3, write(s3, 1, "first", files=3))
    expect(s3, "first", files=3)
    with pytest.raises(Killed):
        do(s3, write(s3, 2, "second"), kill_at=step)
    settle(s3)
    expect(s3, "second")
    settle(s3)
    expect(s3, "second")


def test_what_was_not_committed_is_never_seen_and_goes_with_the_next_commit(s3: Any) -> None:
    do(s3, write(s3, 1, "first"))
    write(s3, 2, "killed")
    settle(s3)
    assert contents(s3, f"silver/{JANUARY.partition}") == ["silver first 0", "silver first 1"]
    do(s3, write(s3, 2, "second"))
    expect(s3, "second")


def test_of_two_runs_one_commits_and_the_other_is_overtaken(s3: Any) -> None:
    slow, fast = write(s3, 1, "slow"), write(s3, 1, "fast")
    do(s3, fast)
    with pytest.raises(OvertakenError, match=r"another run has committed 2025-01 meanwhile \(number 1\)"):
        do(s3, slow)
    settle(s3)
    expect(s3, "fast")


def test_a_run_that_wakes_up_after_a_later_commit_changes_nothing(s3: Any) -> None:
    first = write(s3, 1, "asleep")
    log(s3).commit(JANUARY, first)
    settle(s3)
    do(s3, write(s3, 2, "later"))
    log(s3).publish(JANUARY, first)
    expect(s3, "later")


def test_a_manifest_reads_back_and_says_what_it_is_made_of(s3: Any) -> None:
    manifest = write(s3, 1, "first")
    do(s3, manifest)
    assert log(s3).newest() == {JANUARY: manifest}
    assert (manifest.rows, manifest.silver, manifest.quarantined) == (3, 2, {"duplicate": 1})
    same, changed = BronzeObject("s3://bronze/a.parquet", "1", 9), BronzeObject("s3://bronze/a.parquet", "2", 9)
    assert manifest.is_of([same], 1)
    assert not manifest.is_of([same], 2)
    assert not manifest.is_of([changed], 1)
    assert not manifest.is_of([same, changed], 1)


def test_a_damaged_manifest_is_named(s3: Any) -> None:
    do(s3, write(s3, 1, "first"))
    s3.put_object(Bucket=BUCKET, Key="state/manifests/2025-01/000001.json", Body=b'{"month":')
    with pytest.raises(ConfigurationError, match=r"s3://lake/state/manifests/2025-01/000001\.json is damaged"):
        log(s3).newest()
