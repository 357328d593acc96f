"""The command line: answers on standard output, one clear line on standard error, exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError
from moto import mock_aws

from datastreamer.aws.athena import Answer
from datastreamer.cli import answers, main
from datastreamer.errors import JobFailedError, UsageError

Run = Callable[..., tuple[int, str, str]]

ANSWER = Answer(
    query_id="q-1",
    columns=["device_id", "avg_temp", "n"],
    types=["varchar", "double", "bigint"],
    rows=[["sensor [1]", "21.5", "3"], ["sensor-2", None, "0"]],
    scanned_bytes=10,
    milliseconds=5,
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process against moto's AWS; -> exit code, stdout, stderr."""
    monkeypatch.setattr(
        "datastreamer.stages.stage_environment",
        lambda name, *_: {"DATASTREAMER_STAGE": name, "AWS_DEFAULT_REGION": "ap-northeast-1"},
    )
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["datastreamer", *words])
        try:
            with mock_aws():
                main()
            code: Any = 0
        except SystemExit as exit_:
            code = exit_.code
        captured = capsys.readouterr()
        return code or 0, captured.out, captured.err

    return call


def test_help_names_every_command(run: Run) -> None:
    code, out, _ = run("telemetry", "--help")
    assert code == 0
    for command in ("query", "etl", "crawl"):
        assert command in out


def test_a_typo_in_a_command_names_the_nearest(run: Run) -> None:
    code, _, err = run("telemetry", "qurey", "SELECT 1")
    assert code == 2
    assert "Did you mean 'query'" in err


def test_a_job_that_does_not_exist_is_one_line_and_exit_2(run: Run) -> None:
    code, out, err = run("telemetry", "etl", "--stage", "prod")
    assert (code, out) == (2, "")
    assert "there is no Glue job datastreamer-prod-temperature-etl" in err
    assert "Traceback" not in err


def test_csv_and_json_exclude_each_other(run: Run) -> None:
    code, _, err = run("telemetry", "query", "SELECT 1", "--csv", "--json")
    assert code == 2
    assert "exclude each other" in err


def test_a_query_without_a_statement_says_what_to_give(run: Run) -> None:
    code, _, err = run("telemetry", "query")
    assert code == 2
    assert "--saved NAME" in err


def test_an_unknown_saved_query_says_what_is_saved(run: Run) -> None:
    code, _, err = run("telemetry", "query", "--saved", "averag")
    assert code == 2
    assert "there is no saved query 'averag'" in err


def test_csv_keeps_null_empty(capsys: pytest.CaptureFixture[str]) -> None:
    answers.write_csv(ANSWER)
    assert capsys.readouterr().out == "device_id,avg_temp,n\nsensor [1],21.5,3\nsensor-2,,0\n"


def test_json_types_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    answers.write_json(ANSWER)
    assert json.loads(capsys.readouterr().out)["rows"] == [
        {"device_id": "sensor [1]", "avg_temp": 21.5, "n": 3},
        {"device_id": "sensor-2", "avg_temp": None, "n": 0},
    ]


def test_the_table_shows_brackets_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    answers.show_table(ANSWER, Console(width=80))
    assert "sensor [1]" in capsys.readouterr().out


def test_the_table_says_how_many_rows_it_hides(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    answers.show_table(ANSWER, Console(width=80), most=1)
    out = capsys.readouterr().out
    assert "sensor-2" not in out
    assert "1 more rows" in out


def test_chart_bars_grow_with_their_values(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    rows: list[list[str | None]] = [["hot", "30"], ["cold", "10"]]
    answers.show_chart(Answer("q", ["d", "t"], ["varchar", "double"], rows, 0, 0), Console(width=120))
    hot, cold, _ = capsys.readouterr().out.splitlines()
    assert hot.count("█") > cold.count("█") > 0


def test_piped_progress_is_a_line_for_each_new_state(capsys: pytest.CaptureFixture[str]) -> None:
    from datastreamer.cli.context import Context

    with Context("local").following("job", quiet=False) as report:
        for state in ("STARTING", "RUNNING", "RUNNING", "RUNNING"):
            report(state)
    captured = capsys.readouterr()
    assert captured.err == "job: STARTING\njob: RUNNING\n"
    assert captured.out == ""


def test_a_cell_is_shown_as_it_is_and_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    cells: list[str | None] = ["\\[bold]z", ":smile:", "[/]", "\x1b[31mred\x9b"]
    answers.show_table(Answer("q", list("abcd"), ["varchar"] * 4, [cells], 0, 0), Console(width=80))
    out = capsys.readouterr().out
    for shown in ("\\[bold]z", ":smile:", "[/]", "\\x1b[31mred\\x9b"):
        assert shown in out


def test_rows_too_wide_for_a_table_become_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    names = [f"a_long_column_{number}" for number in range(9)]
    rows: list[list[str | None]] = [[*("x" * 30 for _ in range(8)), None], [*("y" * 30 for _ in range(8)), None]]
    answers.show_table(Answer("q", names, ["varchar"] * 9, rows, 0, 0), Console(width=80))
    out = capsys.readouterr().out
    assert "row 2" in out
    assert f"a_long_column_7  {'y' * 30}" in out
    assert "a_long_column_8  NULL" in out


def test_json_refuses_to_lose_a_column_that_has_anothers_name() -> None:
    with pytest.raises(UsageError, match="more than one column is named a"):
        answers.write_json(Answer("q", ["a", "b", "a"], ["integer"] * 3, [["1", "2", "3"]], 0, 0))


def test_a_chart_of_what_is_no_number_is_refused() -> None:
    from rich.console import Console

    with pytest.raises(UsageError, match="must be a number"):
        answers.show_chart(Answer("q", ["d", "t"], ["varchar", "varchar"], [["a", "b"]], 0, 0), Console())


def test_a_chart_leaves_out_what_has_no_length(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    rows: list[list[str | None]] = [["a", "NaN"], ["b", "Infinity"], ["c", None], ["d", "0"], ["e", "2"]]
    answers.show_chart(Answer("q", ["d", "t"], ["varchar", "double"], rows, 0, 0), Console(width=120))
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == ["d", "e"]


def test_a_chart_says_where_its_bars_start_unless_at_zero(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    rows: list[list[str | None]] = [["a", "10"], ["b", "14"]]
    answers.show_chart(Answer("q", ["d", "t"], ["varchar", "double"], rows, 0, 0), Console(width=120))
    assert capsys.readouterr().out.splitlines()[-1] == "bars start at 9.00"


@pytest.mark.parametrize("statement", ["", "  \n"])
def test_an_empty_statement_says_what_to_give(run: Run, statement: str) -> None:
    code, _, err = run("telemetry", "query", statement)
    assert code == 2
    assert "the statement is empty" in err


def test_a_stream_that_does_not_exist_says_what_to_do(run: Run) -> None:
    code, _, err = run("telemetry", "audit", "--stage", "prod")
    assert code == 1
    assert "datastreamer-prod-stream" in err
    assert "make apply" in err


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (JobFailedError("Column '[/x]' :smile: cannot be resolved"), "Column '[/x]' :smile: cannot be resolved"),
        (
            ParamValidationError(report="Invalid length\nfor parameter X"),
            "Parameter validation failed: Invalid length for parameter X",
        ),
        (FileNotFoundError(2, "No such file or directory", "/nowhere/x.json"), "/nowhere/x.json: No such file"),
    ],
)
def test_whatever_fails_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, shown: str) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("datastreamer.cli.following.start_job", fail)
    code, _, err = run("telemetry", "etl", "--stage", "prod")
    assert code == 1
    assert err.splitlines()[-1].startswith(f"error: {shown}")


@pytest.mark.parametrize(("options", "listing"), [([], "always"), (["--objects", "recent"], "daily")])
def test_etl_reads_every_object_that_the_audit_may_name_unless_told_otherwise(
    run: Run, monkeypatch: pytest.MonkeyPatch, options: list[str], listing: str
) -> None:
    started: list[Any] = []

    def start(_glue: Any, job: str, *, arguments: Any, **_: Any) -> str:
        started.append((job, arguments))
        return "jr_1"

    monkeypatch.setattr("datastreamer.cli.following.start_job", start)
    code, _, err = run("telemetry", "etl", "--no-wait", "--stage", "prod", *options)
    assert (code, err) == (0, "")
    assert started == [("datastreamer-prod-temperature-etl", {"--full_listing": listing})]
