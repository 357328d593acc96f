"""The list of a job's runs does not grow for ever."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_stage.engines.glue_jobs import runs
from aws_stage.engines.glue_jobs.runs import RunBook
from aws_stage.storage.store import Store


def test_the_oldest_ended_runs_go_and_running_ones_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_KEPT", 2)
    book = RunBook(Store(tmp_path / "runs.sqlite"))
    for number, state in enumerate(["RUNNING", "SUCCEEDED", "FAILED", "SUCCEEDED"]):
        book.put({"Id": f"jr_{number}", "JobName": "etl", "JobRunState": state, "StartedOn": number, "Attempt": 0})
    book.put({"Id": "jr_other", "JobName": "other", "JobRunState": "FAILED", "StartedOn": 0, "Attempt": 0})
    book.trim("etl")
    assert [run["Id"] for run in book.of_job("etl")] == ["jr_3", "jr_2", "jr_0"]
    assert len(book.of_job("other")) == 1
