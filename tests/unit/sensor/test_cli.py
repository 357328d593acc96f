"""The command line refuses what it cannot do, and explains itself."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from datastreamer.sensor.cli import main
from tests.conftest import REPOSITORY

REPLAY = ("--no-header", "--device-id", "4", "--timestamp", "2", "--timestamp-unit", "ms", "--temperature", "5")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Exit status of ``python -m datastreamer.sensor`` with ``arguments``, in this process."""
    monkeypatch.setattr(os, "environ", {**os.environ, "COLUMNS": "200", "AWS_ENDPOINT_URL": "http://localhost:1"})
    monkeypatch.setattr(sys, "argv", ["sensor", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("temperature", "--stage", "stagin"), "Did you mean 'staging'?"),
        (("temperature", "--dirty", "2"), "--dirty is a fraction from 0 to 1"),
        (("temperature", "--devices", "0"), "--devices must be from 1"),
        (("temperature", "--pack", "0"), "--pack"),
        (("temperature", "--start", "yesterday", "--count", "5"), "--start 'yesterday' is no time"),
        (("temperature", "--start", "2025-10-15", "--rate", "0"), "needs a --count"),
        (("temperature", "--start", "2025-10-15", "--rate", "10", "--interval", "11"), "needs a --count"),
        (("temperature", "--start", "2025-10-15", "--interval", "0", "--count", "9"), "--interval must be from"),
        (("temperature", "--start", "2199-10-15", "--count", "5"), "refuses times in the future"),
        (("temperature", "--interval", "5"), "--interval goes with --start"),
        (("temperature", "--rate", "nan"), "--rate"),
        (("temperature", "--rate", "inf"), "--rate must be a number"),
        (
            ("temperature", "--start", "2025-10-15", "--interval", "inf", "--count", "9"),
            "--interval must be from 0.001",
        ),
        (("temperature", "--start", "2025-10-15", "--interval", "9", "--count", "9" * 18), "times in the future"),
        (("replay", "--csv", "one.csv", *REPLAY, "--speedup", "nan"), "--speedup must be greater than 0"),
        (("temperature", "--colour", "red"), "No such option: --colour"),
        (("inference", "--stage", "stagin"), "Did you mean 'staging'?"),
        (("inference", "--poison", "2"), "--poison is a fraction from 0 to 1"),
        (("inference", "--start", "yesterday", "--count", "5"), "--start 'yesterday' is no time"),
        (("inference", "--interval", "5"), "--interval goes with --start"),
        (("inference", "--rate", "inf"), "--rate must be a number"),
        (("inference", "--labels", "one.csv"), "one.csv exists, and labels are evidence"),
        (("taxi",), "give either --csv FILE or --generate"),
        (("taxi", "--csv", "one.csv", "--generate"), "give either --csv FILE or --generate"),
        (("taxi", "--csv", "gone.csv"), "gone.csv cannot be read"),
        (("taxi", "--csv", "one.csv"), "one.csv is not a file of yellow taxis"),
        (("taxi", "--csv", "one.csv", "--start", "2025-01-01"), "--start goes with --generate"),
        (("taxi", "--generate", "--start", "2018-12-31"), "tariffs are known from 2019-01-01"),
        (("taxi", "--generate", "--start", "soon"), "--start 'soon' is no day"),
        (("taxi", "--generate", "--speedup", "0"), "--speedup must be greater than 0"),
        (("taxi", "--generate", "--anomalies", "2"), "--anomalies is a fraction from 0 to 1"),
        (("taxi", "--generate", "--labels", "one.csv"), "one.csv exists, and labels are evidence"),
        (("insight", "--sites", "0"), "--sites must be from 1"),
        (("insight", "--devices", "3", "--sites", "5"), "at most --devices"),
        (("insight", "--incidents", "99"), "--incidents must be from 0 to 20"),
        (("insight", "--topology-changes", "2"), "--topology-changes is a fraction from 0 to 1"),
        (("insight", "--late", "0.9", "--dirty", "0.2"), "do not fit together"),
        (("insight", "--start", "yesterday", "--count", "5"), "--start 'yesterday' is no time"),
        (("insight", "--start", "2025-10-15", "--rate", "0"), "needs a --count"),
        (("insight", "--start", "2199-10-15", "--count", "5"), "times in the future are refused"),
        (("insight", "--interval", "5"), "--interval goes with --start"),
        (("insight", "--rate", "inf"), "--rate must be a number"),
        (("insight", "--truth", "one.csv"), "one.csv exists, and the truth is evidence"),
        (("replay", "--csv", "gone.csv", *REPLAY), "gone.csv cannot be read"),
        (("replay", "--csv", "empty.csv", *REPLAY), "empty.csv is empty"),
        (("replay", "--csv", "one.csv", *REPLAY, "--delimiter", "ab"), "--delimiter must be one character"),
        (("replay", "--csv", "one.csv", *REPLAY, "--speedup", "0"), "--speedup must be greater than 0"),
        (("replay", "--csv", "one.csv", *REPLAY, "--time-zone", "Asia/Tokio"), "Did you mean 'Asia/Tokyo'?"),
        (("replay", "--csv", "one.csv", *REPLAY[1:]), "the file has columns 1 to 3"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "one.csv").write_text("1,2,3\n")
    assert run(monkeypatch, *arguments) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "receipts").exists()


def options_of(help_text: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]+", help_text)) - {"--help"}


@pytest.mark.parametrize("command", ["temperature", "replay", "inference", "taxi", "insight"])
def test_the_documentation_names_exactly_the_options_that_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(monkeypatch, command, "--help") == 0
    existing = options_of(capsys.readouterr().out)
    page = (REPOSITORY / "docs" / "sensors.md").read_text(encoding="utf-8")
    sections = [f"### Options of `{command}`\n", "### Options of all\n"]
    sections += ["### Options of packing\n"] if command not in ("inference", "taxi") else []
    documented = {
        option
        for section in sections
        for option in re.findall(r"^\| `(--[a-z-]+)", page.split(section)[1].split("\n#")[0], re.MULTILINE)
    }
    assert documented == existing - ({"--no-header"} if command == "replay" else set())
