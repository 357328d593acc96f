"""The file with the truth: whole, never overwritten, and refused when it is something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.events.fleet.graph import graph_of
from datastreamer.events.fleet.truth import IncidentTruth, TruthFile, read_truth
from tests.unit.events.fleet.test_graph import device

BEGAN = IncidentTruth("i-001", "worn_bearing", "device:d-1", ["device:d-1"], ["device:d-2"], "2026-11-30T08:30:00.000Z")


def test_the_truth_comes_back_as_it_was_written_and_is_on_the_disk_before_the_run_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "truth.jsonl"
    graph = graph_of([device(1)])
    with TruthFile(path) as file:
        file.run({"seed": 7})
        file.began(BEGAN)
        half = read_truth(path)
        assert (half.options, half.graph) == ({"seed": 7}, None)
        assert half.incidents == {"i-001": BEGAN}
        file.ended("i-001", "2026-11-30T09:00:00.000Z", ["m-1"])
        file.graph(graph)
    truth = read_truth(path)
    assert truth.graph == graph.document()
    assert truth.incidents["i-001"].ended == "2026-11-30T09:00:00.000Z"
    assert truth.incidents["i-001"].orders == ["m-1"]
    assert all(json.loads(line)["truth"] for line in path.read_text().splitlines())


def test_a_run_that_sent_nothing_leaves_no_file(tmp_path: Path) -> None:
    with TruthFile(tmp_path / "truth.jsonl"):
        pass
    assert not (tmp_path / "truth.jsonl").exists()


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_text("evidence")
    with pytest.raises(UsageError, match="--truth"):
        TruthFile(path)
    assert path.read_text() == "evidence"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="--truth"):
        TruthFile(tmp_path / "file" / "truth.jsonl")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]\n",
        '{"seed":7}\n',
        '{"truth":"run"}\n{"truth":"rumour"}\n',
        '{"truth":"run"}\n{"truth":"incident_ended","incident":"i-9","ended":"x","orders":[]}\n',
        '{"truth":"run"}\n{"truth":"incident_began","incident":"i-1"}\n',
    ],
)
def test_what_is_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"truth\.jsonl"):
        read_truth(path)
