"""The journal of a run: every hash that was appended, also when the disk was full for a while."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.events.digest import packed
from datastreamer.events.journal import Journal, journal_path


def test_what_was_appended_is_in_the_file_before_append_returns(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.ids")
    journal.append(packed([1, 2]))
    assert (tmp_path / "run.ids").read_bytes() == packed([1, 2])
    journal.append(packed([3]))
    assert journal.written == 24
    assert journal.close() == hashlib.sha256(packed([1, 2, 3])).hexdigest()


def test_a_run_without_acknowledged_lines_leaves_no_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.ids")
    journal.append(b"")
    journal.sync()
    journal.close()
    assert list(tmp_path.iterdir()) == []


class Disk:
    """In the place of ``os.write``: takes ``room`` bytes, then says that it is full."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def __call__(self, file: int, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = self._write(file, data[: self.room])
        self.room -= taken
        return taken


def test_a_disk_that_is_full_for_a_while_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(room=13)
    monkeypatch.setattr("datastreamer.events.journal.os.write", disk)
    journal = Journal(tmp_path / "run.ids")
    journal.append(packed([1, 2]))
    assert journal.written == 13
    disk.room = 1000
    journal.append(packed([3]))
    journal.close()
    assert (tmp_path / "run.ids").read_bytes() == packed([1, 2, 3])


def test_a_disk_that_stays_full_is_told_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datastreamer.events.journal.os.write", Disk(room=8))
    journal = Journal(tmp_path / "run.ids")
    journal.append(packed([1, 2, 3]))
    with pytest.raises(ConfigurationError, match=r"run\.ids lacks the last 2 acknowledged lines: No space left"):
        journal.close()
    assert journal.written == 8


def test_a_journal_that_is_there_is_another_runs_evidence(tmp_path: Path) -> None:
    assert journal_path(tmp_path / "a.json", "run-1") == tmp_path / "a.ids"
    (tmp_path / "a.ids").write_bytes(b"")
    assert journal_path(tmp_path / "a.json", "run-1") == tmp_path / "a-run-1.ids"
