"""Every record becomes part of exactly one object, whatever fails and whenever the process dies."""

from __future__ import annotations

import errno
from itertools import pairwise
from pathlib import Path

import pytest
from aws_stage.engines.firehose.destination import MIB
from aws_stage.storage.store import Document, Store
from unit.firehose.fakes import Crash, Rig, client_error, destination


def lines(bodies: list[bytes]) -> list[bytes]:
    return b"".join(bodies).split()


def test_a_missing_bucket_holds_everything_back_until_it_exists(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    for n in range(5):
        rig.kinesis.put(b"%d\n" % n)
        rig.run(70)
    assert rig.s3.objects == {}
    rig.s3.missing.clear()
    rig.run(70)
    assert sorted(lines(rig.s3.bodies())) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_put_that_fails_is_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    attempts: list[float] = []

    def fail() -> None:
        attempts.append(rig.clock.seconds)
        raise client_error("SlowDown", 503)

    rig.s3.before = fail
    rig.kinesis.put(b"1\n")
    rig.run(60 + 30)
    pauses = [round(later - earlier, 1) for earlier, later in pairwise(attempts)]
    assert pauses[:5] == [0.2, 0.5, 1.0, 2.0, 5.0]
    assert set(pauses[5:]) == {5.0}


def test_while_s3_fails_no_more_is_read_than_one_buffer(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    for _ in range(40):
        rig.kinesis.put(b"x" * (MIB // 4))
    rig.run(30)
    reads = rig.kinesis.calls
    rig.run(300)
    assert rig.kinesis.calls == reads


def test_a_kinesis_failure_does_not_hold_the_buffer_back(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"1\n")
    rig.run(1)

    def down(**_request: object) -> None:
        raise client_error("InternalFailure", 500)

    rig.kinesis.get_records = down  # type: ignore[method-assign,assignment]
    rig.run(70)
    assert rig.s3.bodies() == [b"1\n"]


@pytest.mark.parametrize("point", ["before the put", "after the put"])
def test_a_crash_around_the_put_neither_loses_nor_repeats(tmp_path: Path, point: str) -> None:
    rig = Rig(tmp_path)
    for n in range(3):
        rig.kinesis.put(b"%d\n" % n)

    def crash() -> None:
        raise Crash

    if point == "before the put":
        rig.s3.before = crash
    else:
        rig.s3.after = crash
    with pytest.raises(Crash):
        rig.run(61)
    rig.s3.before = rig.s3.after = lambda: None
    rig.restart()
    rig.kinesis.put(b"3\n")
    rig.run(130)
    assert lines(rig.s3.bodies()) == [b"0", b"1", b"2", b"3"]
    assert len(rig.s3.puts) == len(set(rig.s3.puts)) == 2


class MortalStore:
    """Makes a store die before or after its nth put."""

    def __init__(self, store: Store, deadline: int) -> None:
        self._put = store.put
        self._moments = 0
        self._deadline = deadline

    def put(self, kind: str, key: str, document: Document) -> None:
        self._live()
        self._put(kind, key, document)
        self._live()

    def _live(self) -> None:
        self._moments += 1
        if self._moments == self._deadline:
            raise Crash


def test_a_crash_before_or_after_any_write_neither_loses_nor_repeats(tmp_path: Path) -> None:
    survived = False
    for deadline in range(1, 40):
        rig = Rig(tmp_path / str(deadline), destination(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 5}))
        rig.store.put = MortalStore(rig.store, deadline).put  # type: ignore[method-assign]
        survived = True
        for n in range(6):
            rig.kinesis.put(b"%d\n" % n)
            try:
                rig.run(7)
            except Crash:
                survived = False
                rig.restart()
        rig.run(20)
        assert lines(rig.s3.bodies()) == [b"%d" % n for n in range(6)], f"died at moment {deadline}"
    assert survived, "every life ended in a crash: the deadlines do not reach past the last write"


def test_a_lost_spool_is_made_up_for_from_the_source(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1\n")
    rig.run(62)
    (spooled,) = (tmp_path / "spool").iterdir()
    spooled.write_bytes(b"torn")
    rig.s3.missing.clear()
    rig.restart()
    rig.run(61)
    assert rig.s3.bodies() == [b"1\n"]


def test_a_full_disk_holds_a_buffer_back_and_loses_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"1\n")
    with monkeypatch.context() as patch:

        def full(_path: Path, _data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(Path, "write_bytes", full)
        for _ in range(2):
            with pytest.raises(OSError, match="No space left"):
                rig.run(61)
    rig.run(1)
    assert rig.s3.bodies() == [b"1\n"]


def test_a_restart_goes_on_after_the_last_delivered_record(tmp_path: Path) -> None:
    rig = Rig(tmp_path, shards=2)
    rig.kinesis.put(b"1\n", "shard-0")
    rig.kinesis.put(b"2\n", "shard-1")
    rig.run(61)
    rig.kinesis.put(b"3\n", "shard-1")
    rig.run(10)
    rig.restart()
    rig.run(61)
    assert rig.s3.bodies() == [b"1\n2\n", b"3\n"]


def test_finishing_delivers_what_has_come_before_its_time(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"1\n")
    rig.run(5)
    rig.kinesis.put(b"2\n")
    rig.consumer.finish()
    assert rig.s3.bodies() == [b"1\n2\n"]


def test_finishing_keeps_to_the_size_of_objects(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.run(1)
    for _ in range(6):
        rig.kinesis.put(b"x" * (MIB // 2))
    rig.consumer.finish()
    assert [len(body) for body in rig.s3.bodies()] == [MIB, MIB, MIB]


def test_what_cannot_be_delivered_while_finishing_is_delivered_after_the_restart(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1\n")
    rig.run(5)
    rig.consumer.finish()
    rig.s3.missing.clear()
    rig.restart()
    rig.run(5)
    assert rig.s3.bodies() == [b"1\n"]


def test_a_delivery_that_fails_goes_to_the_bucket_of_the_update(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1\n")
    rig.run(70)
    rig.kinesis.put(b"2\n")
    rig.update(BucketARN="arn:aws:s3:::pond", Prefix="p/")
    rig.run(70)
    assert rig.s3.bodies("pond") == [b"1\n", b"2\n"]
    assert rig.s3.keys("pond")[0].startswith("p/2026/11/20/08/fh-2-")


def test_a_buffer_that_an_update_closed_reaches_the_new_bucket_when_the_old_one_is_missing(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1\n")
    rig.run(5)
    rig.update(BucketARN="arn:aws:s3:::pond")
    rig.run(10)
    assert rig.s3.bodies("pond") == [b"1\n"]
