"""``query`` of each pipeline with tables: where and what it asks, what it shows, what it adds to a failure."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from datastreamer.aws.athena import Answer
from datastreamer.cli import main, query
from datastreamer.errors import JobFailedError

Run = Callable[..., tuple[int, str, str]]


@dataclass
class Asked:
    """Athena that has 150 rows; ``statements`` are those that reached it."""

    statements: list[str] = field(default_factory=list)
    places: list[dict[str, str]] = field(default_factory=list)
    failure: str | None = None

    def run_query(self, _athena: Any, sql: str, *, most: int | None = None, **place: str) -> Answer:
        self.statements.append(sql)
        self.places.append(place)
        if self.failure:
            raise JobFailedError(self.failure)
        rows: list[list[str | None]] = [[f"device-{number:03}"] for number in range(150)]
        answer = Answer("q", ["device_id"], ["varchar"], rows, 0, 0)
        return answer if most is None or most >= len(rows) else replace(answer, rows=rows[:most], more=True)


@pytest.fixture(autouse=True)
def athena(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(query, "run_query", asked.run_query)
    monkeypatch.setattr(query, "prepared_statement", lambda *_, **__: "DROP TABLE t")
    monkeypatch.setattr(query, "did_you_mean", lambda *_, **__: " Did you mean 'temperature'?")
    return asked


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; ``terminal``: output is one, ``answers``: what somebody types, None where nobody is there."""
    monkeypatch.setattr(
        "datastreamer.stages.stage_environment", lambda *_: {"DATASTREAMER_STAGE": "local", "AWS_REGION": "eu-west-1"}
    )
    monkeypatch.setattr("datastreamer.cli.context.Context.client", lambda *_: None)
    monkeypatch.setattr("datastreamer.cli.context.Context.account", "123456789012")

    def call(
        *words: str, terminal: bool = False, answers: str | None = None, pipeline: str = "telemetry"
    ) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["datastreamer", pipeline, "query", *words])
        monkeypatch.setenv("TTY_COMPATIBLE", "1" if terminal else "0")
        monkeypatch.setattr("sys.stdin.isatty", lambda: answers is not None, raising=False)
        monkeypatch.setattr("typer.confirm", lambda *_, **__: answers == "y")
        code: Any = 0
        try:
            main()
        except SystemExit as exit_:
            code = exit_.code
        captured = capsys.readouterr()
        return code or 0, captured.out, captured.err

    return call


def test_a_terminal_gets_a_hundred_rows_and_word_of_the_rest(run: Run) -> None:
    code, out, err = run("SELECT 1", terminal=True)
    assert code == 0
    assert out.count("device-") == 100
    assert "--all" in out
    assert "more than 100 rows" in err


@pytest.mark.parametrize(("words", "terminal"), [(["--all"], True), (["--csv"], True), ([], False)])
def test_all_csv_and_a_pipe_get_every_row(run: Run, words: list[str], terminal: bool) -> None:
    _, out, _ = run("SELECT 1", *words, terminal=terminal)
    assert out.count("device-") == 150
    assert "--all" not in out


def test_json_gets_every_row(run: Run) -> None:
    _, out, _ = run("SELECT 1", "--json", terminal=True)
    assert len(json.loads(out)["rows"]) == 150


def test_head_lifts_the_cap_as_far_as_it_goes(run: Run) -> None:
    _, out, _ = run("SELECT 1", "--head", "120", terminal=True)
    assert out.count("device-") == 120
    _, out, _ = run("SELECT 1", "--head", "150", terminal=True)
    assert (out.count("device-"), "--all" in out) == (150, False)


def test_head_and_all_exclude_each_other(run: Run) -> None:
    code, _, err = run("SELECT 1", "--head", "1", "--all")
    assert code == 2
    assert "exclude each other" in err


@pytest.mark.parametrize("sql", ["DROP TABLE device_telemetry", "EXECUTE clear"])
def test_a_statement_that_destroys_is_refused_where_nobody_can_say_yes(run: Run, athena: Asked, sql: str) -> None:
    code, _, err = run(sql)
    assert code == 2
    assert sql in err
    assert "--yes" in err
    assert athena.statements == []


def test_it_runs_after_a_yes_and_not_after_a_no(run: Run, athena: Asked) -> None:
    code, _, err = run("DROP TABLE t", answers="n")
    assert (code, athena.statements) == (2, [])
    assert "nothing changed" in err
    assert run("DROP TABLE t", answers="y")[0] == 0
    assert athena.statements == ["DROP TABLE t"]


def test_yes_is_not_asked_twice(run: Run, athena: Asked) -> None:
    assert run("DROP TABLE t", "--yes")[0] == 0
    assert athena.statements == ["DROP TABLE t"]


def test_a_failure_says_what_may_have_been_meant(run: Run, athena: Asked) -> None:
    athena.failure = "COLUMN_NOT_FOUND: line 1:8: Column 'temprature' cannot be resolved"
    code, out, err = run("SELECT temprature FROM device_telemetry")
    assert (code, out) == (1, "")
    assert "cannot be resolved. Did you mean 'temperature'?" in err


@pytest.mark.parametrize(
    ("pipeline", "workgroup", "database"),
    [
        ("telemetry", "datastreamer-local-telemetry", "datastreamer_local"),
        ("votes", "datastreamer-local-votes", "datastreamer_local_votes"),
        ("taxi", "datastreamer-local-taxi", "datastreamer_local_taxi"),
    ],
)
def test_each_pipeline_is_asked_in_its_workgroup_and_its_database(
    run: Run, athena: Asked, pipeline: str, workgroup: str, database: str
) -> None:
    assert run("SELECT 1", "--json", pipeline=pipeline)[0] == 0
    assert athena.places == [{"workgroup": workgroup, "database": database}]
