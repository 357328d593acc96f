"""DDL and SHOW against the catalogue."""

from __future__ import annotations

import base64
import json

import pytest
from aws_stage.testing import RunningStage

from contract.athena_lake import AthenaLake


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    return AthenaLake(stage, "athena_ddl")


def create(lake: AthenaLake, name: str, more: str = "") -> None:
    lake.rows(
        f"""CREATE EXTERNAL TABLE IF NOT EXISTS `{name}` (
            `id` bigint COMMENT 'the key', -- a comment
            `Place` struct<site: string, floor: int>,
            money decimal(10, 2)
        ) COMMENT 'a table' PARTITIONED BY (year string, `month` int) {more or "STORED AS PARQUET"}
        LOCATION 's3://{lake.bucket}/{name}' TBLPROPERTIES ('parquet.compression'='ZSTD');"""
    )


def test_create_external_table_is_what_glue_keeps(lake: AthenaLake) -> None:
    create(lake, "created")
    table = lake.glue.get_table(DatabaseName="athena_ddl", Name="created")["Table"]
    descriptor = table["StorageDescriptor"]
    assert [(c["Name"], c["Type"], c.get("Comment")) for c in descriptor["Columns"]] == [
        ("id", "bigint", "the key"),
        ("place", "struct<site:string,floor:int>", None),
        ("money", "decimal(10,2)", None),
    ]
    assert [(key["Name"], key["Type"]) for key in table["PartitionKeys"]] == [("year", "string"), ("month", "int")]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["Parameters"]["parquet.compression"] == "ZSTD"
    assert descriptor["Location"] == "s3://athena-ddl/created"
    assert descriptor["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert descriptor["InputFormat"].endswith("MapredParquetInputFormat")


def test_delimited_row_format_keeps_its_escapes(lake: AthenaLake) -> None:
    create(lake, "delimited", r"ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\' NULL DEFINED AS 'nil'")
    serde = lake.glue.get_table(DatabaseName="athena_ddl", Name="delimited")["Table"]["StorageDescriptor"]["SerdeInfo"]
    assert serde["SerializationLibrary"].endswith("LazySimpleSerDe")
    assert serde["Parameters"] == {
        "field.delim": "\t",
        "serialization.format": "\t",
        "escape.delim": "\\",
        "serialization.null.format": "nil",
    }


def test_show_create_table_makes_the_same_table_again(lake: AthenaLake) -> None:
    create(lake, "original", "ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001' LINES TERMINATED BY '\\n'")
    before = lake.glue.get_table(DatabaseName="athena_ddl", Name="original")["Table"]
    ddl = "\n".join(str(row[0]) for row in lake.rows("SHOW CREATE TABLE original"))
    lake.rows("DROP TABLE original")
    lake.rows(ddl)
    after = lake.glue.get_table(DatabaseName="athena_ddl", Name="original")["Table"]
    for member in ("StorageDescriptor", "PartitionKeys", "Parameters", "TableType"):
        assert after[member] == before[member]


def test_create_refuses_a_table_that_exists_and_one_without_external(lake: AthenaLake) -> None:
    create(lake, "twice")
    create(lake, "twice")
    ddl = "CREATE EXTERNAL TABLE twice (id int) LOCATION 's3://athena-ddl/x/'"
    assert "AlreadyExistsException(message:Table twice already exists)" in lake.failure(ddl)
    assert "Iceberg" in lake.failure("CREATE TABLE plain (id int) LOCATION 's3://athena-ddl/x/'")
    assert lake.failure("CREATE EXTERNAL TABLE broken (id int) LOCATION").startswith("SYNTAX_ERROR: line 1:")
    assert "Unknown type" in lake.failure("CREATE EXTERNAL TABLE broken (id whole) LOCATION 's3://b/x'")
    assert "backquotes" in lake.failure("CREATE EXTERNAL TABLE \"broken\" (id int) LOCATION 's3://b/x'")
    assert "is not an S3 location" in lake.failure("CREATE EXTERNAL TABLE broken (id int) LOCATION '/etc'")
    assert "LINES TERMINATED BY" in lake.failure(
        "CREATE EXTERNAL TABLE broken (id int) ROW FORMAT DELIMITED LINES TERMINATED BY 'x' LOCATION 's3://b/x'"
    )


def test_partitions_are_added_shown_moved_renamed_and_dropped(lake: AthenaLake) -> None:
    create(lake, "parts")
    lake.rows(
        "ALTER TABLE parts ADD PARTITION (year='2024', month=1) LOCATION 's3://athena-ddl/elsewhere/' "
        "PARTITION (year='2025', month=10) PARTITION (year='a b/c', month=3)"
    )
    assert lake.rows("SHOW PARTITIONS parts") == [
        ["year=2024/month=1"],
        ["year=2025/month=10"],
        ["year=a b%2Fc/month=3"],
    ]
    found = lake.glue.get_partitions(DatabaseName="athena_ddl", TableName="parts")["Partitions"]
    assert sorted(partition["StorageDescriptor"]["Location"] for partition in found) == [
        "s3://athena-ddl/elsewhere/",
        "s3://athena-ddl/parts/year=2025/month=10/",
        "s3://athena-ddl/parts/year=a b%2Fc/month=3/",
    ]
    again = "ALTER TABLE parts ADD {} PARTITION (year='2025', month=10)"
    assert "AlreadyExistsException" in lake.failure(again.format(""))
    lake.rows(again.format("IF NOT EXISTS"))
    lake.rows("ALTER TABLE parts PARTITION (year='2024', month=1) RENAME TO PARTITION (year='2023', month=12)")
    lake.rows("ALTER TABLE parts PARTITION (year='2023', month=12) SET LOCATION 's3://athena-ddl/moved/'")
    moved = lake.glue.get_partition(DatabaseName="athena_ddl", TableName="parts", PartitionValues=["2023", "12"])
    assert moved["Partition"]["StorageDescriptor"]["Location"] == "s3://athena-ddl/moved/"
    lake.rows("ALTER TABLE parts DROP PARTITION (year='2023')")
    lake.rows("ALTER TABLE parts DROP IF EXISTS PARTITION (year='1999', month=1), PARTITION (year='2025', month=10)")
    assert lake.rows("SHOW PARTITIONS parts") == [["year=a b%2Fc/month=3"]]
    assert "Partition not found" in lake.failure("ALTER TABLE parts DROP PARTITION (year='1999', month=1)")
    assert "is not a partition column" in lake.failure("ALTER TABLE parts DROP PARTITION (nope='1')")
    assert "month is missing" in lake.failure("ALTER TABLE parts ADD PARTITION (year='2025')")


def test_msck_repair_registers_the_folders_that_hold_objects(lake: AthenaLake) -> None:
    create(lake, "repaired")
    lake.put_parquet("repaired/year=2025/month=9/a.parquet", [{"id": 1}])
    lake.put_parquet("repaired/year=2025/month=10/a.parquet", [{"id": 2}])
    lake.put_parquet("repaired/stray/a.parquet", [{"id": 3}])
    lake.rows("ALTER TABLE repaired ADD PARTITION (year='2025', month=9)")
    answer = lake.run("MSCK REPAIR TABLE `repaired`")
    assert answer.state == "SUCCEEDED"
    assert lake.rows("SHOW PARTITIONS repaired") == [["year=2025/month=10"], ["year=2025/month=9"]]
    assert lake.rows("SELECT id, year, month FROM repaired WHERE month = 10") == [["2", "2025", "10"]]


def test_columns_properties_and_location_change(lake: AthenaLake) -> None:
    create(lake, "changed")
    lake.rows("ALTER TABLE changed ADD COLUMNS (extra array<string> COMMENT 'more')")
    assert lake.rows("SHOW COLUMNS IN changed") == [
        [name.ljust(20)] for name in ("id", "place", "money", "extra", "year", "month")
    ]
    assert "Duplicate column name: id" in lake.failure("ALTER TABLE changed ADD COLUMNS (ID int)")
    lake.rows("ALTER TABLE changed REPLACE COLUMNS (only int)")
    lake.rows("ALTER TABLE changed SET TBLPROPERTIES ('owner'='me', 'parquet.compression'='GZIP')")
    lake.rows("ALTER TABLE changed SET LOCATION 's3://athena-ddl/other/'")
    table = lake.glue.get_table(DatabaseName="athena_ddl", Name="changed")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["only"]
    assert table["StorageDescriptor"]["Location"] == "s3://athena-ddl/other/"
    properties = [row[0] for row in lake.rows("SHOW TBLPROPERTIES changed")]
    assert "owner\tme" in properties
    assert lake.rows("SHOW TBLPROPERTIES changed ('parquet.compression')") == [["GZIP"]]


def test_describe_lists_columns_and_then_partitions(lake: AthenaLake) -> None:
    create(lake, "described")
    rows = [str(row[0]) for row in lake.rows("DESCRIBE described")]
    assert rows[0] == f"{'id':20}\t{'bigint':20}\t{'the key':20}"
    assert rows[3] == f"{'year':20}\t{'string':20}\t{'':20}"
    assert rows[5:8] == [
        "\t \t ",
        "# Partition Information\t \t ",
        f"{'# col_name':20}\t{'data_type':20}\t{'comment':20}",
    ]
    assert rows[-1] == f"{'month':20}\t{'int':20}\t{'':20}"


def test_databases_are_created_listed_altered_and_dropped(lake: AthenaLake) -> None:
    lake.rows(
        "CREATE DATABASE IF NOT EXISTS athena_ddl_made COMMENT 'made' LOCATION 's3://athena-ddl/made/' "
        "WITH DBPROPERTIES ('a'='1')"
    )
    lake.rows("CREATE SCHEMA IF NOT EXISTS athena_ddl_made")
    assert "already exists" in lake.failure("CREATE DATABASE athena_ddl_made")
    assert lake.rows("SHOW DATABASES LIKE 'athena_ddl_m*'") == [["athena_ddl_made"]]
    lake.rows("ALTER DATABASE athena_ddl_made SET DBPROPERTIES ('b'='2')")
    database = lake.glue.get_database(Name="athena_ddl_made")["Database"]
    assert database["Parameters"] == {"a": "1", "b": "2"}
    assert (database["Description"], database["LocationUri"]) == ("made", "s3://athena-ddl/made/")
    lake.rows("CREATE EXTERNAL TABLE athena_ddl_made.inside (id int) LOCATION 's3://athena-ddl/inside/'")
    assert lake.rows("SHOW TABLES IN athena_ddl_made") == [["inside"]]
    assert "is not empty" in lake.failure("DROP DATABASE athena_ddl_made")
    lake.rows("DROP DATABASE athena_ddl_made CASCADE")
    lake.rows("DROP DATABASE IF EXISTS athena_ddl_made")
    assert "does not exist" in lake.failure("DROP SCHEMA athena_ddl_made")


def test_tables_are_shown_by_pattern_and_dropped_without_their_data(lake: AthenaLake) -> None:
    create(lake, "shown_one")
    create(lake, "shown_two")
    assert lake.rows("SHOW TABLES 'shown_*'") == [["shown_one"], ["shown_two"]]
    assert lake.rows("SHOW TABLES IN athena_ddl 'shown_one|nothing'") == [["shown_one"]]
    lake.put("shown_one/kept", "x")
    lake.rows("DROP TABLE `shown_one`")
    lake.rows("DROP TABLE IF EXISTS shown_one")
    assert "Table not found shown_one" in lake.failure("DROP TABLE shown_one")
    assert lake.keys("shown_one/") == ["shown_one/kept"]


def test_a_view_reads_its_tables_where_it_was_made(lake: AthenaLake) -> None:
    create(lake, "under_view")
    lake.put_parquet("under_view/year=2025/month=1/a.parquet", [{"id": 1}, {"id": 2}])
    lake.rows("MSCK REPAIR TABLE under_view")
    lake.rows("CREATE VIEW seen AS\nSELECT id, month AS m FROM under_view WHERE year = '2025'")
    lake.rows("CREATE OR REPLACE VIEW seen_twice AS SELECT sum(id) AS total FROM seen")
    elsewhere = {"QueryExecutionContext": {"Database": "default"}}
    assert lake.rows("SELECT * FROM athena_ddl.seen_twice", **elsewhere) == [["3"]]
    assert lake.rows("SELECT m, count(*) FROM athena_ddl.seen GROUP BY m", **elsewhere) == [["1", "2"]]
    assert lake.rows("SHOW VIEWS") == [["seen"], ["seen_twice"]]
    assert [row[0] for row in lake.rows("SHOW CREATE VIEW seen")] == [
        "CREATE VIEW athena_ddl.seen AS",
        "SELECT id, month AS m FROM under_view WHERE year = '2025'",
    ]
    assert "View already exists" in lake.failure("CREATE VIEW seen AS SELECT 1 AS one")
    assert "TABLE_NOT_FOUND" in lake.failure("CREATE VIEW blind AS SELECT * FROM nowhere")
    assert "Column name not specified" in lake.failure("CREATE VIEW unnamed AS SELECT 1")
    for reads in ("seen", "seen_twice", "(SELECT * FROM athena_ddl.SEEN_TWICE)"):
        problem = lake.failure(f"CREATE OR REPLACE VIEW seen AS SELECT * FROM {reads}")
        assert problem == "VIEW_IS_RECURSIVE: line 1:1: Statement would create a recursive view"
    assert lake.rows("SELECT * FROM seen_twice") == [["3"]]
    lake.rows("CREATE OR REPLACE VIEW stale AS SELECT id FROM under_view")
    lake.rows("DROP TABLE under_view")
    lake.rows("CREATE EXTERNAL TABLE under_view (id string) LOCATION 's3://athena-ddl/under_view_text/'")
    assert lake.failure("SELECT * FROM stale").startswith(
        "VIEW_IS_STALE: View 'awsdatacatalog.athena_ddl.stale' is stale"
    )
    lake.rows("DROP VIEW stale")
    lake.rows("DROP VIEW seen")
    lake.rows("DROP VIEW IF EXISTS seen")
    assert "View not found" in lake.failure("DROP VIEW seen")
    assert "is a table, not a view" in lake.failure("DROP VIEW under_view")


def test_a_view_that_reads_itself_fails(lake: AthenaLake) -> None:
    lake.rows("CREATE VIEW first_view AS SELECT 1 AS one")
    lake.rows("CREATE VIEW second_view AS SELECT * FROM first_view")
    # Athena makes no such view, but another client of the catalogue can
    table = lake.glue.get_table(DatabaseName="athena_ddl", Name="first_view")["Table"]
    encoded = table["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    definition = json.loads(base64.b64decode(encoded)) | {"originalSql": "SELECT one FROM second_view"}
    text = f"/* Presto View: {base64.b64encode(json.dumps(definition).encode()).decode()} */"
    kept = ("Name", "TableType", "Parameters", "StorageDescriptor", "ViewExpandedText")
    changed = {key: table[key] for key in kept} | {"ViewOriginalText": text}
    lake.glue.update_table(DatabaseName="athena_ddl", TableInput=changed)
    assert lake.failure("SELECT * FROM first_view").startswith("VIEW_IS_RECURSIVE")
    lake.rows("DROP VIEW first_view")
    assert lake.failure("SELECT * FROM second_view").startswith("TABLE_NOT_FOUND")
    lake.rows("DROP VIEW second_view")


def test_views_are_kept_as_athena_encodes_them(lake: AthenaLake) -> None:
    lake.rows("CREATE VIEW encoded AS SELECT 1 AS one, 'x' AS word")
    table = lake.glue.get_table(DatabaseName="athena_ddl", Name="encoded")["Table"]
    assert table["TableType"] == "VIRTUAL_VIEW"
    assert table["Parameters"]["presto_view"] == "true"
    assert table["ViewOriginalText"].startswith("/* Presto View: ")
    assert [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] == [
        ("one", "int"),
        ("word", "varchar(1)"),
    ]
    lake.rows("DROP VIEW encoded")


@pytest.mark.parametrize(
    "sql",
    [
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE",
        "USING EXTERNAL FUNCTION f(x int) RETURNS int LAMBDA 'f' SELECT f(1)",
        "DELETE FROM t WHERE id = 1",
        "VACUUM t",
        "SHOW FUNCTIONS",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE t DROP COLUMN id",
        "DESCRIBE FORMATTED t",
    ],
)
def test_statements_that_are_not_built_are_refused(lake: AthenaLake, sql: str) -> None:
    create(lake, "t")
    assert lake.failure(sql).startswith("NOT_SUPPORTED: ")


@pytest.mark.parametrize("sql", ["FETCH 1", "SHOW NONSENSE", "DROP INDEX x", "SELECT 1; SELECT 2", "SHOW TABLES IN 'x"])
def test_what_is_no_statement_is_a_syntax_error(lake: AthenaLake, sql: str) -> None:
    assert lake.failure(sql).startswith("SYNTAX_ERROR: ")


def test_ddl_names_what_does_not_exist(lake: AthenaLake) -> None:
    assert "Table not found nowhere" in lake.failure("SHOW PARTITIONS nowhere")
    assert "Database does not exist: nowhere" in lake.failure("SHOW TABLES IN nowhere")
    assert lake.failure("SELECT * FROM nowhere.t").startswith("SCHEMA_NOT_FOUND")
    assert lake.failure("SELECT * FROM nowhere").startswith("TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.")
    lake.rows("CREATE EXTERNAL TABLE flat (id int) LOCATION 's3://athena-ddl/flat/'")
    assert "is not a partitioned table" in lake.failure("SHOW PARTITIONS flat")


def test_the_information_schema_is_the_catalogue(lake: AthenaLake) -> None:
    create(lake, "described_twice")
    lake.rows("CREATE OR REPLACE VIEW described_view AS SELECT 1 AS one")
    assert lake.rows(
        "SELECT column_name, ordinal_position, data_type, extra_info FROM information_schema.columns "
        "WHERE table_schema = 'athena_ddl' AND table_name = 'described_twice' ORDER BY ordinal_position"
    ) == [
        ["id", "1", "bigint", None],
        ["place", "2", "row(site varchar, floor integer)", None],
        ["money", "3", "decimal(10,2)", None],
        ["year", "4", "varchar", "partition key"],
        ["month", "5", "integer", "partition key"],
    ]
    assert lake.rows(
        "SELECT table_name, table_type FROM information_schema.tables "
        "WHERE table_schema = 'athena_ddl' AND table_name LIKE 'described\\_%' ESCAPE '\\' ORDER BY 1"
    ) == [["described_twice", "BASE TABLE"], ["described_view", "VIEW"]]
    assert lake.rows("SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'athena_ddl'") == [["1"]]
    assert "does not exist" in lake.failure("SELECT * FROM information_schema.nothing")
    lake.rows("DROP VIEW described_view")
