"""Turns of the job on a real S3: crashes at every step, runs at the same time, runs that wake from the dead."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import pytest
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import RetryableError
from datastreamer.telemetry.job.run_log import LostTurnError, RunLog, Turn
from datastreamer.telemetry.manifest import COMMITTED, DataFile, Manifest, ObjectCounts, list_manifests
from tests.conftest import RunningStage

pytestmark = pytest.mark.stage

BUCKET = "run-log"
NOW = datetime(2025, 10, 15, 12, tzinfo=UTC)
DEAD_AT_ONCE = timedelta(seconds=-1)
"""Every run that is not this one counts as dead."""

names = itertools.count()


class SetBack:
    """S3 whose clock shows an hour less than when it dated its objects."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def head_object(self, **request: Any) -> Any:
        answer = self._s3.head_object(**request)
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        headers["date"] = format_datetime(parsedate_to_datetime(headers["date"]) - timedelta(hours=1), usegmt=True)
        return answer


class Aged:
    """S3 that says of the objects whose key holds ``part`` that they are an hour older."""

    def __init__(self, s3: Any, part: str) -> None:
        self._s3 = s3
        self._part = part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def head_object(self, **request: Any) -> Any:
        answer = self._s3.head_object(**request)
        if self._part in request["Key"]:
            answer["LastModified"] -= timedelta(hours=1)
        return answer


class Crash(BaseException):
    """As kill -9: nothing after it runs. Not an Exception, so that no handler takes it for a failure."""


@pytest.fixture(scope="module")
def s3(stage: RunningStage) -> Any:
    client = stage.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    return client


@pytest.fixture
def place() -> S3Location:
    return S3Location(BUCKET, f"{next(names)}/")


def keys(s3: Any, folder: S3Location) -> list[str]:
    found = s3.list_objects_v2(Bucket=folder.bucket, Prefix=folder.prefix).get("Contents", [])
    return [item["Key"].removeprefix(folder.prefix) for item in found]


def crash_at(step: str, occurrence: int = 1) -> Callable[[str], None]:
    seen = itertools.count(1)

    def reached(name: str) -> None:
        if name == step and next(seen) == occurrence:
            raise Crash

    return reached


def do_turn(s3: Any, place: S3Location, item: str, files: int = 2, **options: Any) -> Manifest | None:
    """A run whose work is to put ``item`` into the table once; None when a committed turn has done it."""
    options.setdefault("lease", DEAD_AT_ONCE)
    log = RunLog(s3, place.folder("state"), **options)
    newest, last = log.settle(timedelta(0), lambda: NOW)
    if any(
        item in (done.source_object for done in turn.objects) for turn in list_manifests(s3, place.folder("state").uri)
    ):
        return None
    turn = log.take(newest, last, f"run-{item}", NOW)
    assert turn is not None
    staged = log.staged(turn)
    moved = []
    for number in range(files):
        s3.put_object(Bucket=BUCKET, Key=staged.key(f"{number}"), Body=f"{item} {number}".encode())
        published = place.folder("table").key(f"{turn.sequence}-{number}")
        moved.append(DataFile(f"{staged.uri}{number}", f"s3://{BUCKET}/{published}", 1))
        log.reached("staged")
    counts = ObjectCounts(item, "", 1, NOW.isoformat(), lines=files, curated=files, duplicates=0, quarantined={})
    manifest = manifest_of(turn, objects=(counts,), files=tuple(moved))
    log.commit(manifest)
    log.publish(manifest)
    return manifest


def manifest_of(turn: Turn, **fields: Any) -> Manifest:
    return Manifest(turn.sequence, turn.run_id, COMMITTED, turn.parent, turn.started_at, NOW.isoformat(), **fields)


def table(s3: Any, place: S3Location) -> list[str]:
    folder = place.folder("table")
    bodies = [s3.get_object(Bucket=BUCKET, Key=folder.key(key))["Body"].read().decode() for key in keys(s3, folder)]
    return sorted(bodies)


@pytest.mark.parametrize(
    ("step", "occurrence", "seen_before"),
    [
        ("planned", 1, []),
        ("staged", 1, []),
        ("staged", 2, []),
        ("committed", 1, []),
        ("published one file", 1, None),
        ("published", 1, ["a 0", "a 1"]),
        ("cleaned up", 1, ["a 0", "a 1"]),
    ],
)
def test_a_run_killed_at_any_step_and_run_again_gives_the_same_table(
    s3: Any, place: S3Location, step: str, occurrence: int, seen_before: list[str] | None
) -> None:
    with pytest.raises(Crash):
        do_turn(s3, place, "a", reached=crash_at(step, occurrence))
    if seen_before is not None:
        assert table(s3, place) == seen_before
    do_turn(s3, place, "a")
    do_turn(s3, place, "b")
    assert table(s3, place) == ["a 0", "a 1", "b 0", "b 1"]
    assert keys(s3, place.folder("state/staged")) == []
    assert [turn.objects[0].source_object for turn in list_manifests(s3, place.folder("state").uri)] == ["a", "b"]


def test_nothing_is_visible_before_the_commit(s3: Any, place: S3Location) -> None:
    seen: dict[str, list[str]] = {}
    do_turn(s3, place, "a", reached=lambda step: seen.setdefault(step, table(s3, place)))
    assert (seen["planned"], seen["staged"], seen["committed"]) == ([], [], [])
    assert seen["published"] == ["a 0", "a 1"]


def test_a_second_run_waits_for_a_living_one_and_then_gives_up_with_its_name(s3: Any, place: S3Location) -> None:
    first = RunLog(s3, place)
    assert first.take(0, None, "run-1", NOW)
    waited: list[float] = []
    second = RunLog(s3, place, lease=timedelta(minutes=5), sleep=waited.append)
    with pytest.raises(RetryableError, match=r"run run-1 is still working \(turn 1\)"):
        second.settle(timedelta(seconds=10), lambda: NOW)
    assert sum(waited) >= 10


def test_a_second_run_goes_on_when_the_first_has_ended(s3: Any, place: S3Location) -> None:
    first = RunLog(s3, place)
    turn = first.take(0, None, "run-1", NOW)
    assert turn is not None
    second = RunLog(s3, place, lease=timedelta(minutes=5), sleep=lambda _: first.commit(manifest_of(turn)))
    newest, last = second.settle(timedelta(seconds=10), lambda: NOW)
    assert (newest, last and last.run_id) == (1, "run-1")


def test_a_dead_run_is_not_waited_for_by_a_clock_of_s3_that_was_set_back(s3: Any, place: S3Location) -> None:
    assert RunLog(s3, place).take(0, None, "run-1", NOW)
    waited: list[float] = []
    second = RunLog(SetBack(s3), place, lease=timedelta(seconds=30), sleep=waited.append)
    assert second.settle(timedelta(minutes=2), lambda: NOW) == (1, None)
    assert 30 <= sum(waited) <= 34


def test_a_living_run_keeps_its_turn_though_s3s_clock_was_set_back(s3: Any, place: S3Location) -> None:
    first = RunLog(s3, place)
    turn = first.take(0, None, "run-1", NOW)
    assert turn is not None
    beats = itertools.count()

    def beat(_seconds: float) -> None:
        key = place.key(f"heartbeats/{turn.sequence:012d}")
        s3.put_object(Bucket=BUCKET, Key=key, Body=str(next(beats)).encode())

    second = RunLog(SetBack(s3), place, lease=timedelta(seconds=30), sleep=beat)
    with pytest.raises(RetryableError):
        second.settle(timedelta(minutes=2), lambda: NOW)


def test_signs_of_life_keep_a_turn(s3: Any, place: S3Location) -> None:
    """The plan's own age keeps it no longer: it is an hour."""
    log = RunLog(s3, place, lease=timedelta(seconds=1))
    turn = log.take(0, None, "run-1", NOW)
    assert turn is not None
    heartbeat = place.key(f"heartbeats/{turn.sequence:012d}")

    def last_sign() -> datetime | None:
        found = s3.list_objects_v2(Bucket=BUCKET, Prefix=heartbeat).get("Contents", [])
        return found[0]["LastModified"] if found else None

    with log.alive(turn):
        first = eventually(last_sign)
        eventually(lambda: (sign := last_sign()) and sign > first)
        with pytest.raises(RetryableError):
            RunLog(Aged(s3, "plans/"), place, lease=timedelta(minutes=30)).settle(timedelta(0), lambda: NOW)
    assert "heartbeat" not in {thread.name for thread in threading.enumerate()}
    assert RunLog(Aged(s3, "/"), place, lease=timedelta(minutes=30)).settle(timedelta(0), lambda: NOW) == (1, None)


def test_only_one_of_many_takes_a_turn(s3: Any, place: S3Location) -> None:
    barrier = threading.Barrier(6)
    taken: list[Turn | None] = []

    def take(number: int) -> None:
        barrier.wait()
        taken.append(RunLog(s3, place).take(0, None, f"run-{number}", NOW))

    threads = [threading.Thread(target=take, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([turn for turn in taken if turn]) == 1


def test_a_run_that_was_given_up_for_dead_cannot_commit(s3: Any, place: S3Location) -> None:
    zombie = RunLog(s3, place.folder("state"))
    turn = zombie.take(0, None, "zombie", NOW)
    assert turn is not None
    do_turn(s3, place, "a")
    with pytest.raises(LostTurnError):
        zombie.commit(manifest_of(turn))
    zombie.abandon(turn, NOW)
    assert table(s3, place) == ["a 0", "a 1"]


def test_a_turn_that_did_commit_is_not_abandoned_by_a_late_failure(s3: Any, place: S3Location) -> None:
    """The commit's answer is lost and the run takes it for a failure."""
    with pytest.raises(Crash):
        do_turn(s3, place, "a", reached=crash_at("committed"))
    plan = list_manifests(s3, place.folder("state").uri)
    committed = next(iter(plan))
    RunLog(s3, place.folder("state")).abandon(Turn(1, committed.run_id, 0, committed.started_at), NOW)
    assert do_turn(s3, place, "a") is None
    assert table(s3, place) == ["a 0", "a 1"]


def test_a_put_that_is_repeated_after_a_lost_answer_knows_its_own_object(s3: Any, place: S3Location) -> None:
    log = RunLog(s3, place)
    turn = log.take(0, None, "run-1", NOW)
    assert turn is not None
    log.commit(manifest_of(turn))
    log.commit(manifest_of(turn))


def test_two_runs_may_publish_the_same_turn(s3: Any, place: S3Location) -> None:
    """The second finds staged files that the first removes under its hands."""
    with pytest.raises(Crash):
        do_turn(s3, place, "a", files=3, reached=crash_at("committed"))
    state = place.folder("state")
    manifest = next(iter(list_manifests(s3, state.uri)))
    other = RunLog(s3, state)
    once = threading.Event()

    def meanwhile(_step: str) -> None:
        if not once.is_set():
            once.set()
            other.publish(manifest)

    RunLog(s3, state, reached=meanwhile).publish(manifest)
    assert table(s3, place) == ["a 0", "a 1", "a 2"]


def test_files_whose_bucket_is_gone_stay_staged(s3: Any, place: S3Location) -> None:
    log = RunLog(s3, place.folder("state"))
    turn = log.take(0, None, "run-1", NOW)
    assert turn is not None
    staged = log.staged(turn)
    s3.put_object(Bucket=BUCKET, Key=staged.key("0"), Body=b"a")
    manifest = manifest_of(turn, files=(DataFile(f"{staged.uri}0", "s3://the-bucket-of-nobody/table/1-0", 1),))
    log.commit(manifest)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        log.publish(manifest)
    assert keys(s3, staged) == ["0"]


@pytest.mark.parametrize("hint", [None, b"", b'{"sequence": 1}', b'{"sequence": "x"}', b"[]"])
def test_a_hint_that_is_gone_or_wrong_costs_nothing_but_time(s3: Any, place: S3Location, hint: bytes | None) -> None:
    for item in "abc":
        do_turn(s3, place, item)
    key = place.folder("state").key("latest.json")
    if hint is None:
        s3.delete_object(Bucket=BUCKET, Key=key)
    else:
        s3.put_object(Bucket=BUCKET, Key=key, Body=hint)
    newest, last = RunLog(s3, place.folder("state")).settle(timedelta(0), lambda: NOW)
    assert (newest, last and last.run_id) == (3, "run-c")


steps = st.sampled_from(
    ["planned", "staged", "committed", "published one file", "published", "cleaned up", "abandoned"]
)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.none() | st.tuples(steps, st.integers(1, 2))), max_size=6))
def test_whatever_crashes_when_every_item_is_in_the_table_once(
    s3: Any, story: list[tuple[str, tuple[str, int] | None]]
) -> None:
    place = S3Location(BUCKET, f"{next(names)}/")
    for item, crash in story:
        try:
            do_turn(s3, place, item, **({"reached": crash_at(*crash)} if crash else {}))
        except Crash:
            continue
    for item in "abcd":
        do_turn(s3, place, item)
    assert table(s3, place) == [f"{item} {number}" for item in "abcd" for number in (0, 1)]
