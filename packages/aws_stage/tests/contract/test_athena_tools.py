"""The tools that analysts use, as they are: awswrangler, pandas and the AWS command line."""

from __future__ import annotations

import json
import subprocess
import sys

import awswrangler as wr
import boto3
import pandas as pd
import pytest
from aws_stage.testing import REGION, RunningStage

from contract.athena_lake import AthenaLake

QUERY = "SELECT id, score, name, day, at, even FROM readings ORDER BY id"


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    lake = AthenaLake(stage, "athena_tools")
    lake.rows(
        "CREATE TABLE readings WITH (external_location = 's3://athena-tools/readings/') AS SELECT * FROM (VALUES "
        "(1, 1.5E0, 'a', DATE '2025-10-15', TIMESTAMP '2025-10-15 01:02:03.456', true), "
        "(2, NULL, '', DATE '2025-10-16', NULL, false), "
        "(3, 2.5E0, NULL, NULL, TIMESTAMP '2025-10-16 00:00:00.000', NULL)"
        ") AS t(id, score, name, day, at, even)"
    )
    return lake


@pytest.fixture
def session(lake: AthenaLake, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """What awswrangler needs to use the stage: its endpoint, and nothing else of ours."""
    for name in ("athena", "s3", "glue", "sts", "kms"):
        monkeypatch.setattr(wr.config, f"{name}_endpoint_url", lake.stage.endpoint_url, raising=False)
    return boto3.Session("test", "test", region_name=REGION)


def check(frame: pd.DataFrame) -> None:
    assert list(frame.columns) == ["id", "score", "name", "day", "at", "even"]
    assert frame["id"].tolist() == [1, 2, 3]
    assert frame["score"].fillna(-1).tolist() == [1.5, -1, 2.5]
    assert str(frame["day"].iloc[0]) == "2025-10-15"
    assert pd.Timestamp(frame["at"].iloc[0]) == pd.Timestamp("2025-10-15 01:02:03.456")
    assert bool(frame["even"].iloc[0]) is True
    assert frame["at"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    "options", [{"ctas_approach": False}, {"ctas_approach": True}, {"unload_approach": True, "ctas_approach": False}]
)
def test_awswrangler_reads_a_query_into_pandas(
    lake: AthenaLake, session: boto3.Session, options: dict[str, bool]
) -> None:
    place = f"s3://athena-tools/wrangler/{'-'.join(name for name, on in options.items() if on) or 'csv'}/"
    frame = wr.athena.read_sql_query(QUERY, database=lake.name, boto3_session=session, s3_output=place, **options)
    check(frame)


def test_awswrangler_reads_in_chunks(lake: AthenaLake, session: boto3.Session) -> None:
    chunks = wr.athena.read_sql_query(
        QUERY, database=lake.name, boto3_session=session, ctas_approach=False, chunksize=2, s3_output=lake.results
    )
    check(pd.concat(list(chunks), ignore_index=True))


def test_awswrangler_asks_for_tables_and_their_definition(lake: AthenaLake, session: boto3.Session) -> None:
    described = wr.athena.describe_table("readings", database=lake.name, boto3_session=session, s3_output=lake.results)
    assert described["Column Name"].tolist() == ["id", "score", "name", "day", "at", "even"]
    assert described["Type"].tolist()[:3] == ["int", "double", "varchar(1)"]
    ddl = wr.athena.show_create_table("readings", database=lake.name, boto3_session=session, s3_output=lake.results)
    assert ddl.startswith("CREATE EXTERNAL TABLE `readings`(")
    assert wr.athena.read_sql_query(
        "SELECT count(*) AS n FROM readings WHERE name = :name",
        database=lake.name,
        params={"name": "a"},
        paramstyle="named",
        ctas_approach=False,
        boto3_session=session,
        s3_output=lake.results,
    )["n"].tolist() == [1]


def test_awswrangler_writes_a_table_that_athena_reads(lake: AthenaLake, session: boto3.Session) -> None:
    wr.s3.to_parquet(
        pd.DataFrame({"id": [1, 2], "word": ["x", None], "day": ["d1", "d2"]}),
        path="s3://athena-tools/written/",
        dataset=True,
        database=lake.name,
        table="written",
        partition_cols=["day"],
        boto3_session=session,
    )
    assert lake.rows("SELECT id, word, day FROM written ORDER BY id") == [["1", "x", "d1"], ["2", None, "d2"]]


def test_awswrangler_adds_columns_and_overwrites_partitions(lake: AthenaLake, session: boto3.Session) -> None:
    def write(frame: pd.DataFrame, mode: str) -> None:
        wr.s3.to_parquet(
            frame,
            path="s3://athena-tools/evolving/",
            dataset=True,
            database=lake.name,
            table="evolving",
            partition_cols=["day"],
            mode=mode,
            schema_evolution=True,
            boto3_session=session,
        )

    write(pd.DataFrame({"id": [1, 2], "day": ["d1", "d2"]}), "overwrite")
    write(pd.DataFrame({"id": [3], "word": ["x"], "day": ["d2"]}), "overwrite_partitions")
    assert lake.rows("SELECT id, word, day FROM evolving ORDER BY id") == [["1", None, "d1"], ["3", "x", "d2"]]
    versions = wr.catalog.get_table_number_of_versions(lake.name, "evolving", boto3_session=session)
    assert versions >= 1


def test_awswrangler_reads_and_changes_the_catalogue(lake: AthenaLake, session: boto3.Session) -> None:
    lake.rows(
        "CREATE TABLE managed WITH (partitioned_by = ARRAY['day']) AS "
        "SELECT * FROM (VALUES (1, 'd1'), (2, 'd2'), (3, 'd3')) AS t(id, day)"
    )
    named = {"database": lake.name, "table": "managed", "boto3_session": session}
    wr.catalog.upsert_table_parameters({"owner_team": "needle-in-parameters"}, **named)
    assert wr.catalog.get_table_parameters(**named)["owner_team"] == "needle-in-parameters"
    found = wr.catalog.search_tables("needle-in-parameters", boto3_session=session)
    assert [table["Name"] for table in found] == ["managed"]
    some = wr.catalog.get_parquet_partitions(**named, expression="day >= 'd2'")
    assert sorted(values[0] for values in some.values()) == ["d2", "d3"]
    wr.catalog.delete_partitions(**named, partitions_values=[["d1"], ["d2"]])
    assert lake.rows("SELECT id FROM managed") == [["3"]]
    assert wr.catalog.does_table_exist(lake.name, "managed", boto3_session=session)
    assert wr.catalog.delete_table_if_exists(lake.name, "managed", boto3_session=session)
    assert not wr.catalog.does_table_exist(lake.name, "managed", boto3_session=session)


def test_the_aws_command_line_runs_a_query(lake: AthenaLake) -> None:
    def aws(*arguments: str) -> dict[str, object]:
        command = [sys.executable, "-m", "awscli", "--output", "json", "athena", *arguments]
        done = subprocess.run(command, env=lake.stage.environment, capture_output=True, text=True, check=True)
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    started = aws(
        "start-query-execution",
        *("--query-string", "SELECT count(*) AS n FROM readings"),
        *("--query-execution-context", f"Database={lake.name}"),
        *("--result-configuration", f"OutputLocation={lake.results}"),
    )
    execution_id = str(started["QueryExecutionId"])
    assert lake.wait(execution_id)["Status"]["State"] == "SUCCEEDED"
    results = aws("get-query-results", "--query-execution-id", execution_id)
    rows = results["ResultSet"]["Rows"]  # type: ignore[index]
    assert rows == [{"Data": [{"VarCharValue": "n"}]}, {"Data": [{"VarCharValue": "3"}]}]
