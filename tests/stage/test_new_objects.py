"""Finding the raw objects that no committed run has read."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from datastreamer.aws.s3_location import S3Location
from datastreamer.telemetry import new_objects
from datastreamer.telemetry.manifest import COMMITTED, Manifest, ObjectCounts, RawObject, manifest_key
from datastreamer.telemetry.new_objects import find_new, watermark_after
from tests.conftest import RunningStage

pytestmark = pytest.mark.stage

BUCKET = "new-objects"
LOOKBACK = 6

names = itertools.count()


@pytest.fixture(scope="module")
def s3(stage: RunningStage) -> Any:
    client = stage.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    return client


class Lake:
    """Raw objects and manifests; ``find`` reads as the job does, ``commit`` says that what was found was read."""

    def __init__(self, s3: Any) -> None:
        place = S3Location(BUCKET, f"{next(names)}/")
        self.s3, self.raw, self.state = s3, place.folder("raw"), place.folder("state")
        self.last: Manifest | None = None
        self.now = datetime.now(UTC)

    def put(self, *keys: str) -> None:
        for key in keys:
            self.s3.put_object(Bucket=BUCKET, Key=self.raw.key(key), Body=b"x")

    def find(self, *, full: bool = False) -> list[RawObject]:
        return find_new(self.s3, self.raw, self.state, self.last, LOOKBACK, full=full)

    def commit(self, objects: list[RawObject], *, full: bool = False) -> None:
        counts = tuple(
            ObjectCounts(f"s3://{BUCKET}/{item.key}", item.etag, 1, item.last_modified, 1, 1, 0, {}) for item in objects
        )
        sequence = self.last.sequence + 1 if self.last else 1
        self.last = Manifest(
            sequence,
            "run",
            COMMITTED,
            sequence - 1,
            self.now.isoformat(),
            self.now.isoformat(),
            watermark_after(self.raw, self.last, objects),
            full_listing_at=self.last.full_listing_at if self.last and not full else self.now.isoformat(),
            objects=counts,
        )
        self.s3.put_object(Bucket=BUCKET, Key=self.state.key(manifest_key(sequence)), Body=self.last.to_json())

    def step(self, *, full: bool = False) -> list[str]:
        objects = self.find(full=full)
        self.commit(objects, full=full)
        return [item.key.removeprefix(self.raw.prefix) for item in objects]


@pytest.fixture
def lake(s3: Any) -> Lake:
    return Lake(s3)


def test_the_first_run_finds_every_object_but_folder_markers(lake: Lake) -> None:
    lake.put("2025/10/15/08/a.gz", "2024/01/01/00/old.gz", "by-hand.gz")
    lake.s3.put_object(Bucket=BUCKET, Key=lake.raw.key("2025/10/15/08/"), Body=b"")
    assert sorted(lake.step()) == ["2024/01/01/00/old.gz", "2025/10/15/08/a.gz", "by-hand.gz"]
    assert lake.step() == []


def test_later_runs_find_what_is_new_however_many_runs_there_were(lake: Lake) -> None:
    for hour in range(40):
        key = f"2025/10/{15 + hour // 24:02d}/{hour % 24:02d}/a.gz"
        lake.put(key)
        assert lake.step() == [key]
    assert lake.step() == []


def test_an_object_that_comes_late_into_an_older_hour_is_found(lake: Lake) -> None:
    lake.put("2025/10/15/08/a.gz", "2025/10/15/09/a.gz")
    lake.step()
    lake.put("2025/10/15/08/b.gz", "2025/10/15/03/late.gz")
    assert sorted(lake.step()) == ["2025/10/15/03/late.gz", "2025/10/15/08/b.gz"]
    assert lake.step() == []


def test_what_comes_later_than_the_lookback_is_found_by_a_full_listing(lake: Lake) -> None:
    lake.put("2025/10/15/09/a.gz")
    lake.step()
    lake.put("2025/10/15/02/too-late.gz", "2024/12/31/23/restored.gz")
    assert lake.step() == []
    assert sorted(lake.step(full=True)) == ["2024/12/31/23/restored.gz", "2025/10/15/02/too-late.gz"]
    assert lake.step(full=True) == []
    assert lake.step() == []


def test_a_key_from_the_future_does_not_move_the_window(lake: Lake) -> None:
    """Its hour is later than the object itself: no Firehose wrote it."""
    lake.put("2025/10/15/09/a.gz", "2999/01/01/00/wrong.gz")
    assert sorted(lake.step()) == ["2025/10/15/09/a.gz", "2999/01/01/00/wrong.gz"]
    lake.put("2025/10/15/10/b.gz")
    assert lake.step() == ["2025/10/15/10/b.gz"]
    lake.put("2025/10/15/10/c.gz")
    assert lake.step() == ["2025/10/15/10/c.gz"]


@pytest.mark.parametrize(
    "key", ["by-hand.gz", "9999/12/31/23/a.gz", "2025/10/16/a.gz", "2025/13/45/99/a.gz", "2026/02/30/00/a"]
)
def test_a_key_that_tells_no_hour_or_one_to_come_is_found_by_the_next_listing_once(lake: Lake, key: str) -> None:
    lake.put("2025/10/15/09/a.gz", "seen-by-the-full-listing.gz")
    lake.step()
    lake.put(key)
    assert lake.step() == [key]
    for hour in range(10, 20):
        lake.put(f"2025/10/15/{hour}/a.gz")
        assert lake.step() == [f"2025/10/15/{hour}/a.gz"]


def test_a_key_whose_hour_does_not_exist_moves_no_window(lake: Lake) -> None:
    lake.put("2025/99/99/99/a.gz", "0001/01/01/00/a.gz")
    assert len(lake.step()) == 2
    assert lake.last is not None
    assert not lake.last.watermark
    lake.put("2025/10/15/09/a.gz")
    assert lake.step() == ["2025/10/15/09/a.gz"]
    lake.last = replace(lake.last, watermark="2025/99/99/99")  # as an earlier version may have left it
    lake.put("2025/10/15/10/a.gz")
    assert lake.step() == ["2025/10/15/10/a.gz"]
    assert lake.last.watermark == "2025/10/15/10"


def test_a_key_out_of_order_is_not_read_again_when_its_run_lies_before_the_window(lake: Lake) -> None:
    """A clock of the job's that is off by less than an hour changes nothing."""
    lake.now -= timedelta(minutes=59)
    lake.put("2025/10/15/00/a.gz", "one.gz")
    lake.step()
    lake.put("two.gz")
    assert lake.step() == ["two.gz"]
    for hour in range(1, 20):
        lake.put(f"2025/10/15/{hour:02d}/a.gz")
        lake.step()
    lake.now += timedelta(hours=1, minutes=58)
    assert lake.step(full=True) == []
    lake.put("three.gz")
    assert lake.step() == ["three.gz"]
    assert lake.step() == []


def test_a_listing_reads_no_manifests_from_before_its_window_and_the_last_full_listing(lake: Lake) -> None:
    lake.now -= timedelta(days=3)
    for hour in range(24):
        lake.put(f"2025/10/15/{hour:02d}/a.gz")
        lake.step()
    lake.now += timedelta(days=3)
    lake.step(full=True)
    asked: list[str] = []
    lake.s3.meta.events.register(
        "provide-client-params.s3.GetObject", lambda params, **_: asked.append(params["Key"]), unique_id="spy"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(new_objects, "_BATCH", 1)
        lake.find()
    lake.s3.meta.events.unregister("provide-client-params.s3.GetObject", unique_id="spy")
    # The hours 17 to 23 are in the window; one more is read, and found to lie before it.
    assert len(asked) == 8


def test_a_listing_starts_at_the_window_and_not_at_the_beginning(lake: Lake) -> None:
    lake.put(*(f"2025/09/{day:02d}/00/a.gz" for day in range(1, 29)), "2025/10/15/09/a.gz")
    lake.step()
    calls: list[str] = []
    lake.s3.meta.events.register(
        "provide-client-params.s3.ListObjectsV2",
        lambda params, **_: calls.append(params["StartAfter"]),
        unique_id="spy",
    )
    lake.find()
    lake.s3.meta.events.unregister("provide-client-params.s3.ListObjectsV2", unique_id="spy")
    assert calls == [lake.raw.key("2025/10/15/03")]


def test_objects_come_in_the_order_of_their_arrival(lake: Lake) -> None:
    found = [
        RawObject("b", "", 1, datetime(2025, 10, 15, 8, tzinfo=UTC).isoformat()),
        RawObject("a", "", 1, datetime(2025, 10, 15, 9, tzinfo=UTC).isoformat()),
    ]
    lake.put("2025/10/15/08/z.gz")
    lake.put("2025/10/15/07/a.gz")
    arrived = [item.last_modified for item in lake.find()]
    assert arrived == sorted(arrived)
    assert watermark_after(lake.raw, None, found) == ""
