"""The chain of a receipts folder: it tells which runs there were, and shows every change but a cut at its end."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.events.chain import Chain, Closed, read_chains
from datastreamer.events.receipt import Receipt


def receipt(run_id: str) -> Receipt:
    return Receipt(run_id, "temperature", "local", "stream", "ap-northeast-1", "2025-10-15T00:00:00.000Z")


def add(folder: Path, *runs: str) -> None:
    chain = Chain(folder)
    for run_id in runs:
        chain.opened(receipt(run_id), f"{run_id}.json")
        chain.closed(run_id, f"receipt of {run_id}", None)


def only(folder: Path) -> Path:
    (path,) = folder.glob("chain-*.jsonl")
    return path


def test_a_chain_tells_of_every_run_and_how_it_ended(tmp_path: Path) -> None:
    add(tmp_path, "a")
    Chain(tmp_path).opened(receipt("b"), "b.json")
    found = read_chains(tmp_path)
    assert found.broken == {}
    assert {run_id: run.closed for run_id, run in found.runs.items()} == {"a": Closed("receipt of a", None), "b": None}
    assert (found.runs["b"].receipt, found.runs["b"].stage, found.runs["b"].stream) == ("b.json", "local", "stream")


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [*lines[:2], *lines[3:]],
        lambda lines: lines[1:],
        lambda lines: [lines[0], lines[1].replace(b"receipt of a", b"receipt of x"), *lines[2:]],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:-1], lines[-1][:20]],
    ],
    ids=["taken out", "beheaded", "edited", "exchanged", "repeated", "cut within a line"],
)
def test_a_change_breaks_the_chain(tmp_path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    add(tmp_path, "a", "b")
    path = only(tmp_path)
    path.write_bytes(b"".join(line + b"\n" for line in change(path.read_bytes().splitlines())))
    assert list(read_chains(tmp_path).broken) == [path.name]


def test_a_break_stays_visible_when_runs_go_on(tmp_path: Path) -> None:
    add(tmp_path, "a", "b")
    path = only(tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    add(tmp_path, "c")
    assert list(read_chains(tmp_path).broken) == [path.name]


def test_the_folders_of_two_machines_can_be_copied_into_one(tmp_path: Path) -> None:
    for name in ("one", "two", "both"):
        (tmp_path / name).mkdir()
    add(tmp_path / "one", "a")
    add(tmp_path / "two", "b")
    for name in ("one", "two"):
        shutil.copy(only(tmp_path / name), tmp_path / "both")
    add(tmp_path / "both", "c")
    found = read_chains(tmp_path / "both")
    assert (set(found.runs), found.broken) == ({"a", "b", "c"}, {})
    assert len(list((tmp_path / "both").glob("chain-*"))) == 3


def _add_many(folder: Path, name: str) -> None:
    add(folder, *(f"{name}-{number}" for number in range(20)))


def test_processes_that_add_at_once_make_one_chain(tmp_path: Path) -> None:
    add(tmp_path, "first")
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_add_many, args=(tmp_path, name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    found = read_chains(tmp_path)
    assert found.broken == {}
    assert len(found.runs) == 61
    assert all(json.loads(line)["before"] for line in only(tmp_path).read_text().splitlines())


def test_a_folder_that_takes_no_chain_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"chain of receipts in .*nowhere cannot be written"):
        add(tmp_path / "nowhere", "a")
