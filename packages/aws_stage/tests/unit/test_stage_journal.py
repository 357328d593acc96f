"""The append-only file of JSON lines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from aws_stage.errors import ConfigurationError
from aws_stage.storage import journal as journal_module
from aws_stage.storage.journal import Journal


def test_entries_are_read_back_and_a_line_that_was_cut_off_anywhere_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).append([{"n": 1}, ["ü\n"]])
    kept = path.stat().st_size
    Journal(path).append([{"n": 2}])
    content = path.read_bytes()
    for length in range(kept, len(content)):
        path.write_bytes(content[:length])
        journal = Journal(path)
        assert journal.read() == [{"n": 1}, ["ü\n"]]
        journal.append([3])
        assert journal.read() == [{"n": 1}, ["ü\n"], 3]


def test_a_damaged_line_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"n": 1}\n{"n"\n{"n": 3}\n')
    with pytest.raises(ConfigurationError, match=r"journal\.jsonl is damaged"):
        Journal(path).read()


def test_entries_can_be_replaced_and_there_may_be_none(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    assert journal.read() == []
    journal.append([1, 2])
    journal.replace([2])
    journal.append([3])
    assert journal.read() == [2, 3]


def test_a_full_disk_refuses_all_of_an_append(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append([1])
    write: Any = os.write

    def fill_up(descriptor: int, data: bytes) -> int:
        if len(data) > 10:
            written: int = write(descriptor, data[:10])
            return written
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal_module.os, "write", fill_up)
        with pytest.raises(OSError, match="No space left"):
            journal.append(["refused"] * 2)
    assert journal.read() == [1]
