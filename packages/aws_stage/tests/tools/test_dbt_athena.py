"""dbt-athena as it is, from the venv that ``make test-tools`` sets up: seeds, tables, views and incremental models."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from aws_stage.testing import RunningStage
from contract.athena_lake import AthenaLake

PROJECT = Path(__file__).parent / "dbt_project"
DBT = Path(__file__).resolve().parents[4] / ".local" / "tools" / "dbt" / "bin" / "dbt"


@dataclass
class Dbt:
    """dbt on a lake of its own, in which it writes the project's tables."""

    lake: AthenaLake
    target: Path

    def __call__(self, *words: str) -> tuple[int, str]:
        """The exit code of a command, and what it printed."""
        environment = {
            **self.lake.stage.environment,
            "DBT_SCHEMA": self.lake.name,
            "DBT_BUCKET": self.lake.bucket,
            "DBT_PROJECT_DIR": str(PROJECT),
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.target / "logs"),
        }
        command = [str(DBT), "--no-use-colors", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def results(self) -> dict[str, tuple[str, str]]:
        """Status and message of each node of the last command, by its name."""
        run = json.loads((self.target / "run_results.json").read_text())
        return {node["unique_id"].split(".")[2]: (node["status"], str(node["message"])) for node in run["results"]}


@pytest.fixture(scope="module")
def dbt(stage: RunningStage, tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """The project, built once without the model that the stage refuses."""
    dbt = Dbt(AthenaLake(stage, "dbt_lake"), tmp_path_factory.mktemp("dbt"))
    code, printed = dbt("build", "--exclude", "merged")
    assert code == 0, printed
    return dbt


def test_a_seed_a_table_and_a_view_are_built(dbt: Dbt) -> None:
    rows = dbt.lake.rows
    assert rows("SELECT * FROM readings ORDER BY id") == [
        ["1", "a", "2025-10-15", "1.5", "plain"],
        ["2", "b", "2025-10-15", "2.5", 'with, comma and "quotes"'],
        ["3", "a", "2025-10-16", "3.5", None],
        ["4", "b", "2025-10-17", "4.5", "温度"],
    ]
    assert rows("SELECT id FROM hot ORDER BY id") == [["2"], ["3"], ["4"]]
    assert rows("SELECT id, day FROM by_day WHERE day > DATE '2025-10-15' ORDER BY id") == [
        ["3", "2025-10-16"],
        ["4", "2025-10-17"],
    ]
    assert rows("SELECT * FROM devices ORDER BY device") == [["a", "2", "3.5"], ["b", "2", "4.5"]]
    table = dbt.lake.glue.get_table(DatabaseName=dbt.lake.name, Name="hot")["Table"]
    assert (table["Description"], table["StorageDescriptor"]["Columns"][0]["Comment"]) == (
        "Readings above two.",
        "The reading's number.",
    )


def test_incremental_models_append_and_overwrite_their_partitions_alone_and_merge_is_refused(dbt: Dbt) -> None:
    code, printed = dbt("run")
    results = dbt.results()
    status, message = results.pop("merged")
    assert (code, status) == (1, "error"), printed
    assert "NOT_SUPPORTED: table_type ICEBERG is not supported by the local stage" in message
    assert {status for status, _ in results.values()} == {"success"}, printed
    rows = dbt.lake.rows
    assert rows("SELECT * FROM appended ORDER BY id, added NULLS FIRST") == [
        *(["1", "1.5", None], ["2", "2.5", None], ["3", "3.5", None], ["4", "4.5", None], ["4", "4.5", "later"])
    ]
    assert rows("SELECT * FROM overwritten ORDER BY id") == [
        ["1", "first", "2025-10-15"],
        ["2", "first", "2025-10-15"],
        ["3", "later", "2025-10-16"],
        ["4", "later", "2025-10-17"],
    ]
    assert "merged" not in [name for [name] in rows("SHOW TABLES")]


def test_docs_know_every_table_with_its_columns(dbt: Dbt) -> None:
    code, printed = dbt("docs", "generate", "--no-compile")
    assert code == 0, printed
    catalog = json.loads((dbt.target / "catalog.json").read_text())
    assert catalog["errors"] is None
    found = {**catalog["nodes"], **catalog["sources"]}
    assert set(found) == {
        *("seed.readings.readings", "model.readings.hot", "model.readings.by_day", "model.readings.devices"),
        *("model.readings.appended", "model.readings.overwritten"),
    }
    columns = found["model.readings.by_day"]["columns"]
    assert {name: column["type"] for name, column in columns.items()} == {"id": "int", "score": "double", "day": "date"}
