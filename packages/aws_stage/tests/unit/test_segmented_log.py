"""The durable log: Kinesis shards, and what was put to Firehose directly."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_stage.storage.segments import segment as segment_module
from aws_stage.storage.segments.log import SegmentedLog
from aws_stage.storage.segments.segment import CorruptSegmentError

ALL = (10_000, 10 * 1024 * 1024)


def _append(log: SegmentedLog, *texts: str, now_ms: int = 1_000) -> int:
    records = [text.encode() for text in texts]
    return log.append(now_ms, len(records), lambda _first, _arrival: (records, [len(r) for r in records]))


def _texts(log: SegmentedLog, ordinal: int = 1, limit: int = ALL[0], limit_bytes: int = ALL[1]) -> list[str]:
    return [record.decode() for record in log.read(ordinal, limit, limit_bytes)]


def test_records_come_back_in_order_from_any_ordinal_over_segments_and_reopening(tmp_path: Path) -> None:
    log = SegmentedLog(tmp_path, segment_bytes=50)
    assert [_append(log, "a", "b"), _append(log, "c"), _append(log, "d", "e", "f")] == [1, 3, 4]
    assert len(list(tmp_path.glob("*.log"))) > 1
    for reader in (log, SegmentedLog(tmp_path, segment_bytes=50)):
        assert [_texts(reader, ordinal) for ordinal in (1, 2, 3, 5, 7)] == [
            list("abcdef"),
            list("bcdef"),
            list("cdef"),
            list("ef"),
            [],
        ]
        assert reader.end == 7


def test_reading_stops_at_either_limit_but_gives_one_record_however_large(tmp_path: Path) -> None:
    log = SegmentedLog(tmp_path, segment_bytes=60)
    for text in ("aaaa", "bbbb", "cccc"):
        _append(log, text)
    assert _texts(log, limit=2) == ["aaaa", "bbbb"]
    assert _texts(log, limit_bytes=8) == ["aaaa", "bbbb"]
    assert _texts(log, limit_bytes=11) == ["aaaa", "bbbb"]
    assert _texts(log, limit_bytes=1) == ["aaaa"]


def test_an_append_cut_off_anywhere_leaves_what_was_acknowledged(tmp_path: Path) -> None:
    whole = SegmentedLog(tmp_path / "whole")
    _append(whole, "kept-1", "kept-2")
    acknowledged = (tmp_path / "whole" / "00000000000000000001.log").stat().st_size
    _append(whole, "lost-1", "lost-2")
    content = (tmp_path / "whole" / "00000000000000000001.log").read_bytes()
    for length in range(acknowledged, len(content)):
        folder = tmp_path / f"cut-{length}"
        folder.mkdir()
        (folder / "00000000000000000001.log").write_bytes(content[:length])
        log = SegmentedLog(folder)
        assert _texts(log) == ["kept-1", "kept-2"]
        assert _append(log, "next") == 3
        assert _texts(SegmentedLog(folder)) == ["kept-1", "kept-2", "next"]


def test_blocks_that_were_never_filled_are_cut_off(tmp_path: Path) -> None:
    _append(SegmentedLog(tmp_path), "kept")
    with (tmp_path / "00000000000000000001.log").open("ab") as file:
        file.write(bytes(5000))
    assert _texts(SegmentedLog(tmp_path)) == ["kept"]


@pytest.mark.parametrize("position", [2, 5, 30, 36, -1])
def test_damage_is_refused_with_the_file_and_the_place(tmp_path: Path, position: int) -> None:
    _append(SegmentedLog(tmp_path), "acknowledged")
    file = tmp_path / "00000000000000000001.log"
    content = bytearray(file.read_bytes())
    content[position] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(CorruptSegmentError, match=r"00000000000000000001\.log is damaged at byte 0"):
        SegmentedLog(tmp_path)


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


@pytest.mark.parametrize(("harm", "message"), [(_cut, "cut off"), (Path.unlink, "lacks the records from ordinal 2")])
def test_a_segment_that_is_not_the_last_must_be_whole(
    tmp_path: Path, harm: Callable[[Path], None], message: str
) -> None:
    log = SegmentedLog(tmp_path, segment_bytes=1)
    for text in "abc":
        _append(log, text)
    harm(sorted(tmp_path.glob("*.log"))[1])
    with pytest.raises(CorruptSegmentError, match=message):
        SegmentedLog(tmp_path)


def test_damage_that_comes_later_is_noticed_when_it_is_read(tmp_path: Path) -> None:
    log = SegmentedLog(tmp_path)
    _append(log, "acknowledged")
    file = tmp_path / "00000000000000000001.log"
    file.write_bytes(file.read_bytes()[:-1] + b"X")
    with pytest.raises(CorruptSegmentError, match="fails its checksum"):
        _texts(log)


@pytest.mark.parametrize("segment_bytes", [1, 10_000])
def test_arrivals_follow_the_clock_and_a_moment_finds_the_first_record_at_or_after_it(
    tmp_path: Path, segment_bytes: int
) -> None:
    log = SegmentedLog(tmp_path, segment_bytes)
    for moment, text in ((5_000, "a"), (4_000, "b"), (90_000, "ahead"), (6_000, "c"), (6_500, "d")):
        _append(log, text, now_ms=moment)
    for found in (log, SegmentedLog(tmp_path, segment_bytes)):
        assert [found.arrival_of(ordinal) for ordinal in range(1, 7)] == [5_000, 4_000, 90_000, 6_000, 6_500, None]
        assert [found.first_at(moment) for moment in (0, 4_500, 5_000, 5_001, 90_000, 90_001)] == [1, 1, 1, 3, 3, 6]


def test_a_segment_stays_until_its_latest_record_has_expired(tmp_path: Path) -> None:
    log = SegmentedLog(tmp_path, segment_bytes=60)
    for moment, text in ((90_000, "ahead"), (1_000, "b"), (2_000, "c" * 60), (3_000, "d")):
        _append(log, text, now_ms=moment)
    log.trim(80_000)
    assert _texts(log)[0] == "ahead"
    log.trim(95_000)
    assert "ahead" not in _texts(log)


def test_trimming_frees_whole_segments_and_never_the_one_in_use(tmp_path: Path) -> None:
    log = SegmentedLog(tmp_path, segment_bytes=1)
    for moment, text in ((1_000, "a"), (2_000, "b"), (3_000, "c")):
        _append(log, text, now_ms=moment)
    log.trim(2_500)
    assert _texts(log) == ["c"]
    log.trim(9_000)
    assert (log.start, log.end) == (3, 4)
    assert len(list(tmp_path.glob("*.log"))) == 1
    assert _append(SegmentedLog(tmp_path), "d") == 4


def test_releasing_frees_segments_that_lie_before_an_ordinal_and_never_the_one_in_use(tmp_path: Path) -> None:
    log = SegmentedLog(tmp_path, segment_bytes=1)
    for texts in (("a", "b"), ("c",), ("d",)):
        _append(log, *texts)
    log.release(2)
    assert _texts(log) == list("abcd")
    log.release(3)
    assert _texts(log, 3) == list("cd")
    log.release(99)
    assert (log.start, log.end, len(list(tmp_path.glob("*.log")))) == (4, 5, 1)
    assert _append(SegmentedLog(tmp_path), "e") == 5


def test_a_full_disk_refuses_the_append_and_leaves_the_log_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = SegmentedLog(tmp_path)
    _append(log, "kept")

    def fill_up(descriptor: int, data: bytes, write: Callable[[int, bytes], int] = os.write) -> int:
        if len(data) > 10:
            return write(descriptor, data[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(segment_module.os, "write", lambda d, data: fill_up(d, data[: max(10, len(data) - 50)]))
        with pytest.raises(OSError, match="No space left"):
            _append(log, "refused" * 100)
    assert _append(log, "next") == 2
    assert _texts(SegmentedLog(tmp_path)) == ["kept", "next"]


def test_a_log_without_records_gives_none(tmp_path: Path) -> None:
    log = SegmentedLog(tmp_path)
    assert (_texts(log), log.first_at(0), log.arrival_of(1)) == ([], 1, None)


def test_an_index_that_is_gone_or_wrong_is_made_again_from_the_records(tmp_path: Path) -> None:
    log = SegmentedLog(tmp_path, segment_bytes=1)
    for text in "abcd":
        _append(log, text)
    indexes = sorted(tmp_path.glob("*.idx"))
    assert len(indexes) == 3
    indexes[0].unlink()
    indexes[1].write_bytes(indexes[1].read_bytes()[:-1])
    indexes[2].write_bytes(b"")
    again = SegmentedLog(tmp_path, segment_bytes=1)
    assert _texts(again) == list("abcd")
    assert _append(again, "e") == 5


def test_many_segments_hold_one_file_open(tmp_path: Path) -> None:
    log = SegmentedLog(tmp_path, segment_bytes=1)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(50):
        _append(log, str(number))
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1
    assert _texts(log) == [str(number) for number in range(50)]
