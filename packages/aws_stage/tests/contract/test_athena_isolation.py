"""SQL sees the tables of the catalogue, and nothing of the machine or of the engine below."""

from __future__ import annotations

import pytest
from aws_stage.testing import RunningStage

from contract.athena_lake import AthenaLake


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    lake = AthenaLake(stage, "athena_isolation")
    lake.put("secret/other.csv", "1,secret\n")
    lake.put("t/a.csv", "1,open\n")
    lake.rows(
        "CREATE EXTERNAL TABLE t (id int, word string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
        "LOCATION 's3://athena-isolation/t/'"
    )
    return lake


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_parquet('s3://athena-isolation/secret/other.csv')",
        "SELECT * FROM read_text('lake://0/__path=x/part')",
        "SELECT * FROM TABLE(read_csv('/etc/passwd'))",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM glob('/*')",
        "SELECT getenv('HOME')",
        "SELECT current_setting('temp_directory')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM duckdb_databases",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM pragma_database_list",
        "SELECT query('SELECT 1')",
        "SELECT * FROM query_table('t')",
        "SELECT t::VARCHAR FROM t",
        "SELECT * EXCLUDE (id) FROM t",
        "SELECT COLUMNS('.*') FROM t",
        "SELECT id FROM t; ATTACH '/tmp/x.duckdb' AS x",
        "ATTACH '/tmp/x.duckdb' AS x",
        "COPY t TO '/tmp/x.csv'",
        "COPY (SELECT 1) TO 's3://athena-isolation/x.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA version",
        "CREATE SECRET s (TYPE s3)",
        "CALL dbgen(sf = 1)",
        "UNLOAD (SELECT 1 AS one) TO '/tmp/x' WITH (format = 'JSON')",
        "UNLOAD (SELECT 1 AS one) TO 'file:///tmp/x' WITH (format = 'JSON')",
        "CREATE TABLE x WITH (external_location = '/tmp/x') AS SELECT 1 AS one",
        "CREATE EXTERNAL TABLE x (line string) LOCATION '/etc/'",
        "CREATE EXTERNAL TABLE x (line string) LOCATION 'file:///etc/'",
    ],
)
def test_the_engine_below_and_the_machine_are_out_of_reach(lake: AthenaLake, sql: str) -> None:
    reason = lake.failure(sql)
    assert "root:" not in reason
    assert not reason.startswith("GENERIC_INTERNAL_ERROR")


def test_a_table_sees_its_own_folder_only(lake: AthenaLake) -> None:
    assert lake.rows("SELECT word FROM t") == [["open"]]


def test_a_failure_does_not_show_where_the_stage_keeps_its_data(lake: AthenaLake) -> None:
    lake.put("broken/a.parquet", b"no parquet")
    lake.rows("CREATE EXTERNAL TABLE broken (id int) STORED AS PARQUET LOCATION 's3://athena-isolation/broken/'")
    reason = lake.failure("SELECT * FROM broken")
    assert "s3://athena-isolation/broken/a.parquet" in reason
    assert str(lake.stage.data_dir) not in reason
    assert "lake://" not in reason


def test_a_table_cannot_be_given_names_that_become_sql(lake: AthenaLake) -> None:
    lake.put_parquet("odd/a.parquet", [{'x"; DROP TABLE t; --': 1, "it's": "a"}])
    column = {"Name": 'x"; drop table t; --', "Type": "bigint"}, {"Name": "it's", "Type": "string"}
    lake.rows("CREATE EXTERNAL TABLE odd (id bigint) STORED AS PARQUET LOCATION 's3://athena-isolation/odd/'")
    table = lake.glue.get_table(DatabaseName=lake.name, Name="odd")["Table"]
    table["StorageDescriptor"]["Columns"] = list(column)
    members = ("Name", "StorageDescriptor", "TableType", "Parameters")
    lake.glue.update_table(DatabaseName=lake.name, TableInput={member: table[member] for member in members})
    assert lake.rows("SELECT * FROM odd") == [["1", "a"]]
