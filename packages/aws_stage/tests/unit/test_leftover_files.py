"""Scratch files of an earlier stage are out of the way at once, and deleted beside the start."""

from __future__ import annotations

import shutil
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from aws_stage.storage import leftovers
from aws_stage.testing.waiting import PATIENCE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "lambda_runtime"
    (made / "scorer-1" / "code").mkdir(parents=True)
    (made / "scorer-1" / "code" / "handler.py").touch()
    return made


def test_the_folder_is_empty_before_its_files_are_deleted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = Event()
    rmtree = shutil.rmtree

    def slowly(path: Path, **options: Any) -> None:
        assert looked_at.wait(PATIENCE)
        rmtree(path, **options)

    monkeypatch.setattr(leftovers.shutil, "rmtree", slowly)
    deleting = leftovers.clear(folder)
    assert list(folder.iterdir()) == []
    assert [path.name.partition(".left-")[0] for path in folder.parent.iterdir() if path != folder] == [folder.name]
    looked_at.set()
    deleting.join(PATIENCE)
    assert list(folder.parent.iterdir()) == [folder]


def test_what_a_killed_stage_did_not_delete_the_next_one_does(folder: Path) -> None:
    (folder.parent / "lambda_runtime.left-of-a-killed-stage" / "code").mkdir(parents=True)
    (folder.parent / "sagemaker.left-of-another-engine").mkdir()
    leftovers.clear(folder).join(PATIENCE)
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name, "sagemaker.left-of-another-engine"]
