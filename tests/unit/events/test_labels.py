"""The file of labels: whole, never overwritten, and refused when it is something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.events.labels import ANOMALY, NORMAL, POISON, Label, LabelFile, read_labels

LABELS = [
    Label("tag-001-0000000000", "sensor-001", NORMAL, ""),
    Label("tag-002-0000000000", "sensor-002", ANOMALY, "overheating"),
    Label("tag-003-0000000000", "sensor-003", POISON, "not_json"),
]


def test_labels_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "labels.csv"
    with LabelFile(path) as file:
        file.add(LABELS[:1])
        assert list(read_labels(path)) == LABELS[:1], "what was added is on the disk before the run ends"
        file.add(LABELS[1:])
    assert list(read_labels(path)) == LABELS


def test_a_run_that_sent_nothing_leaves_no_labels(tmp_path: Path) -> None:
    with LabelFile(tmp_path / "labels.csv"):
        pass
    assert not (tmp_path / "labels.csv").exists()


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("evidence")
    with pytest.raises(UsageError, match="--labels"):
        LabelFile(path)
    assert path.read_text() == "evidence"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="--labels"):
        LabelFile(tmp_path / "file" / "labels.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no labels"),
        ("event_id,kind\n", "holds no labels"),
        ("event_id,device,truth,kind\na,b,maybe,\n", "labels.csv:2: 'a,b,maybe,' is no label"),
        ("event_id,device,truth,kind\na,b\n", "is no label"),
    ],
)
def test_what_holds_no_labels_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        list(read_labels(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone\.csv"):
        list(read_labels(tmp_path / "gone.csv"))
