"""The journal of a DirectPut stream: durable, in order, trimmed, and honest about damage."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from aws_stage.engines.firehose import journal as module
from aws_stage.engines.firehose.journal import PARTITION, READ_BYTES, Journal, JournalError, JournalSource
from hypothesis import given, settings
from hypothesis import strategies as st


def read_all(journal: Journal, after: str | None = None) -> list[bytes]:
    source = JournalSource(journal, {PARTITION: after} if after else {})
    found: list[bytes] = []
    while records := source.read():
        found += [record.data for record in records]
    return found


def test_records_come_back_in_order_with_their_arrival_and_without_a_gap(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([b"a", b"", b"c"], 12.345)
    journal.append([b"d"], 13.0)
    records = journal.read(None)
    assert [(record.data, record.arrival) for record in records] == [
        (b"a", 12.345),
        (b"", 12.345),
        (b"c", 12.345),
        (b"d", 13.0),
    ]
    assert [record.data for record in journal.read(records[1].position)] == [b"c", b"d"]
    assert journal.read(records[3].position) == []


def test_what_was_appended_is_there_after_reopening(tmp_path: Path) -> None:
    Journal(tmp_path).append([b"a"], 1.0)
    again = Journal(tmp_path)
    again.append([b"b"], 2.0)
    assert read_all(again) == [b"a", b"b"]


def test_a_write_that_was_cut_off_is_dropped_and_the_rest_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([b"kept"], 1.0)
    kept = (tmp_path / "00000001.log").stat().st_size
    journal.append([b"torn"], 1.0)
    for size in range(kept + 1, kept + 20):
        os.truncate(tmp_path / "00000001.log", size)
        reopened = Journal(tmp_path)
        assert read_all(reopened) == [b"kept"]
        reopened.append([b"next"], 2.0)
        assert read_all(reopened) == [b"kept", b"next"]
        os.truncate(tmp_path / "00000001.log", kept)
        journal = Journal(tmp_path)
        journal.append([b"torn"], 1.0)


def test_what_follows_a_broken_frame_never_comes_back_to_life(tmp_path: Path) -> None:
    Journal(tmp_path).append([b"AAAA", b"ghost"], 1.0)
    path = tmp_path / "00000001.log"
    path.write_bytes(path.read_bytes().replace(b"AAAA", b"A\0\0\0"))
    Journal(tmp_path).append([b"BBBB"], 2.0)
    assert read_all(Journal(tmp_path)) == [b"BBBB"]


def test_an_append_that_is_cut_short_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    write = os.pwrite
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "pwrite", lambda file, data, at: write(file, bytes(data)[: len(data) // 2], at))
        with pytest.raises(OSError, match="only 17 of 34 bytes"):
            journal.append([b"b", b"b"], 2.0)
    assert read_all(Journal(tmp_path)) == []


def test_an_append_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    journal.append([b"a"], 1.0)

    def first_frame(file: int, data: bytes, offset: int) -> int:
        os.lseek(file, offset, os.SEEK_SET)
        os.write(file, bytes(data)[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "pwrite", first_frame)
        with pytest.raises(OSError, match="No space left"):
            journal.append([b"b", b"b"], 2.0)
    assert read_all(Journal(tmp_path)) == [b"a"]
    journal.append([b"c"], 3.0)
    assert read_all(journal) == read_all(Journal(tmp_path)) == [b"a", b"c"]


def test_segments_are_trimmed_once_delivered_and_never_before(tmp_path: Path) -> None:
    journal = Journal(tmp_path, segment_bytes=100)
    for n in range(20):
        journal.append([b"%02d" % n * 20], 1.0)
    segments = len(list(tmp_path.iterdir()))
    assert segments > 5
    source = JournalSource(journal, {})
    records = []
    while batch := source.read():
        records += batch
    source.delivered({PARTITION: records[8].position})
    assert len(list(tmp_path.iterdir())) < segments
    reopened = Journal(tmp_path, segment_bytes=100)
    assert read_all(reopened, records[8].position) == [record.data for record in records[9:]]


def test_a_record_longer_than_one_read_comes_whole(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([b"a" * (READ_BYTES + 10), b"b"], 1.0)
    assert [len(data) for data in read_all(journal)] == [READ_BYTES + 10, 1]


def test_damage_is_reported_and_not_delivered(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([b"abc", b"def"], 1.0)
    path = tmp_path / "00000001.log"
    path.write_bytes(path.read_bytes().replace(b"abc", b"abX"))
    with pytest.raises(JournalError, match="damaged at byte 0"):
        journal.read(None)


def test_an_append_to_a_closed_journal_fails(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        journal.append([b"a"], 1.0)


def test_a_removed_journal_leaves_no_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "one")
    journal.append([b"a"], 1.0)
    journal.remove()
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=30)
@given(
    batches=st.lists(st.lists(st.binary(max_size=60), min_size=1, max_size=4), max_size=12), after=st.integers(0, 48)
)
def test_reading_on_from_any_record_gives_the_rest(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[bytes]], after: int
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal"), segment_bytes=120)
    for batch in batches:
        journal.append(batch, 1.0)
    source = JournalSource(journal, {})
    records = []
    while batch := source.read():
        records += batch
    assert [record.data for record in records] == [data for batch in batches for data in batch]
    if after < len(records):
        assert read_all(journal, records[after].position) == [record.data for record in records[after + 1 :]]
