"""The journal of a DirectPut stream: durable, in order, trimmed, and honest about damage."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from aws_stage.engines.firehose.journal import PARTITION, READ_BYTES, Journal, JournalSource
from aws_stage.errors import ConfigurationError
from aws_stage.storage.manifest.giving_up import forget
from aws_stage.storage.manifest.manifest import Manifest
from aws_stage.storage.segments import frame
from aws_stage.storage.segments import segment as segment_module
from aws_stage.storage.segments.segment import CorruptSegmentError
from hypothesis import given, settings
from hypothesis import strategies as st

FIRST = f"{1:020d}.log"


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
    kept = (tmp_path / FIRST).stat().st_size
    journal.append([b"torn"], 1.0)
    for size in range(kept + 1, kept + 20):
        os.truncate(tmp_path / FIRST, size)
        reopened = Journal(tmp_path)
        assert read_all(reopened) == [b"kept"]
        reopened.append([b"next"], 2.0)
        assert read_all(reopened) == [b"kept", b"next"]
        os.truncate(tmp_path / FIRST, kept)
        journal = Journal(tmp_path)
        journal.append([b"torn"], 1.0)


def test_what_follows_a_broken_frame_never_comes_back_to_life(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    folder = tmp_path / "engines/firehose-journal/uid"
    journal = Journal(folder, manifest=manifest)
    journal.append([b"kept"], 1.0)
    journal.close()
    with (folder / FIRST).open("ab") as file:  # two writes that were not acknowledged, the first without its content
        file.write(frame.encode(2, 1000, [b"AAAA"], [4]).replace(b"AAAA", b"A\0\0\0"))
        file.write(frame.encode(3, 1000, [b"ghost"], [5]))
    again = Journal(folder, manifest=manifest)
    again.append([b"BBBB"], 2.0)
    again.close()
    assert read_all(Journal(folder, manifest=manifest)) == [b"kept", b"BBBB"]


def test_an_append_that_is_cut_short_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(segment_module.os, "write", lambda file, data: write(file, bytes(data)[: len(data) // 2 + 1]))
        journal.append([b"b", b"b"], 2.0)
    assert read_all(Journal(tmp_path)) == [b"b", b"b"]


def test_an_append_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    journal.append([b"a"], 1.0)
    write = os.write

    def half(file: int, data: bytes) -> None:
        write(file, bytes(data)[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(segment_module.os, "write", half)
        with pytest.raises(OSError, match="No space left"):
            journal.append([b"b", b"b"], 2.0)
    assert read_all(journal) == [b"a"]
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
    path = tmp_path / FIRST
    path.write_bytes(path.read_bytes().replace(b"abc", b"abX"))
    with pytest.raises(CorruptSegmentError, match="damaged at byte 0"):
        journal.read(None)


def test_damage_anywhere_stops_the_start_and_names_the_segment(tmp_path: Path) -> None:
    journal = Journal(tmp_path, segment_bytes=1)
    for data in (b"abc", b"def", b"ghi"):
        journal.append([data], 1.0)
    journal.close()
    for path in sorted(tmp_path.glob("*.log")):
        content = path.read_bytes()
        path.write_bytes(content[:-1] + b"X")
        with pytest.raises(ConfigurationError, match=rf"{path.name} is damaged: at byte 0"):
            Journal(tmp_path, segment_bytes=1)
        path.write_bytes(content)
    assert read_all(Journal(tmp_path, segment_bytes=1)) == [b"abc", b"def", b"ghi"]


def test_records_that_were_given_up_are_passed_and_those_put_later_are_delivered(tmp_path: Path) -> None:
    folder = tmp_path / "engines/firehose-journal/uid"
    manifest = Manifest(tmp_path)
    journal = Journal(folder, manifest=manifest)
    journal.append([b"delivered", b"delivered", b"lost"], 1.0)
    position = journal.read(None)[1].position
    journal.close()
    manifest.close()
    (folder / FIRST).unlink()
    forget(tmp_path, [f"engines/firehose-journal/uid/{FIRST}"])
    journal = Journal(folder, manifest=Manifest(tmp_path))
    assert read_all(journal, position) == []
    journal.append([b"later"], 2.0)
    assert read_all(journal, position) == [b"later"]


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
