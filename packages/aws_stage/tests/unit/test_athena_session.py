"""What SQL could reach if it came to DuckDB untranslated: its own objects, and nothing of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.lake import session
from aws_stage.engines.athena.lake.files import Reading
from aws_stage.engines.athena.lake.filesystem import QueryFiles
from aws_stage.engines.athena.lake.objects import ObjectStore, S3Object
from aws_stage.engines.athena.lake.scanned import ScannedBytes
from aws_stage.engines.athena.lake.serdes.lines import Framing
from aws_stage.engines.athena.lake.session import connected


class OneObject(ObjectStore):
    """An S3 that holds the same lines everywhere."""

    CONTENT = b"one\ntwo\n"

    def __init__(self) -> None:
        super().__init__(None)

    def read(self, _found: S3Object, start: int, length: int) -> bytes:
        return self.CONTENT[start : start + length]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Any]:
    files = QueryFiles(Reading(OneObject(), ScannedBytes(None), str(tmp_path)))
    found = S3Object(Location("b", "k"), len(OneObject.CONTENT), '"e"', datetime(2025, 1, 1, tzinfo=UTC))
    assert files.add("mine/part", found) == "lake://mine/part"
    with connected(files, tmp_path / "spill") as connection:
        yield connection


def test_its_own_objects_can_be_read(connection: Any) -> None:
    assert connection.execute("SELECT content FROM read_text('lake://mine/part')").fetchall() == [("one\ntwo\n",)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_text('file:///etc/passwd')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_parquet('/etc/*')",
        "SELECT * FROM read_json('../../../etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_text('lake://../../etc/passwd')",
        "SELECT * FROM read_text('lake://other/part')",
        "SELECT * FROM read_text('lake://mine/*')",
        "SELECT * FROM read_csv('http://127.0.0.1:4566/')",
        "SELECT * FROM read_parquet('s3://bucket/key')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT getenv('HOME')",
        "SELECT * FROM os",
    ],
)
def test_no_file_and_no_variable_of_the_machine_can_be_read(connection: Any, sql: str) -> None:
    try:
        found = connection.execute(sql).fetchall()
    except (duckdb.Error, PermissionError, FileNotFoundError):
        found = []
    assert found == []


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH '/tmp/attack.duckdb' AS attack",
        "COPY (SELECT 1) TO '/tmp/attack.csv'",
        "COPY (SELECT 1) TO 'lake://mine/part'",
        "COPY (SELECT 1) TO 'lake://out/0'",
        "EXPORT DATABASE '/tmp/attack'",
        "IMPORT DATABASE '/tmp/attack'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '/tmp/attack.duckdb_extension'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "RESET lock_configuration",
        "SET temp_directory = '/tmp'",
        "SET secret_directory = '/tmp'",
        "SET memory_limit = '1TB'",
        "CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')",
        "PRAGMA database_list; SELECT * FROM read_text('/etc/passwd')",
    ],
)
def test_nothing_can_be_written_loaded_or_opened_up(connection: Any, sql: str) -> None:
    with pytest.raises((duckdb.Error, PermissionError)):
        connection.execute(sql).fetchall()


def test_no_secret_and_no_variable_of_a_python_caller_is_seen(connection: Any) -> None:
    secret_rows = [(1,)]
    with pytest.raises(duckdb.PermissionException):
        connection.execute("SELECT * FROM duckdb_secrets()")
    with pytest.raises(duckdb.CatalogException):
        connection.execute("SELECT * FROM secret_rows")
    assert secret_rows


def test_a_connection_spills_into_its_own_folder_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MEMORY_LIMIT", "60MB")
    files = QueryFiles(Reading(OneObject(), ScannedBytes(None), str(tmp_path)))
    spill = tmp_path / "spill"
    with connected(files, spill) as connection:
        assert list(spill.iterdir()) == []
        connection.execute(
            "CREATE TEMP TABLE t AS SELECT hash(i)::VARCHAR || hash(-i)::VARCHAR FROM range(2000000) t(i)"
        )
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (2_000_000,)
        assert list(spill.iterdir()) != []
    assert not spill.exists()


def test_lines_objects_are_not_served_before_they_are_opened(tmp_path: Path) -> None:
    files = QueryFiles(Reading(OneObject(), ScannedBytes(None), str(tmp_path)))
    found = S3Object(Location("b", "k.json"), 8, '"e"', datetime(2025, 1, 1, tzinfo=UTC))
    name = files.add_lines("mine/lines", found, Framing())
    assert files.info(name)["size"] == 0
    with pytest.raises(PermissionError):
        files.open(name, "wb")
