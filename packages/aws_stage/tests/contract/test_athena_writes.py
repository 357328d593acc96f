"""CREATE TABLE AS, INSERT INTO and UNLOAD."""

from __future__ import annotations

import gzip
import io
import json

import pyarrow.parquet as pq
import pytest
from aws_stage.testing import RunningStage

from contract.athena_lake import AthenaLake


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    lake = AthenaLake(stage, "athena_writes")
    lake.put_parquet(
        "source/a.parquet",
        [{"id": i, "name": f"n{i}", "score": i / 4, "day": f"2025-01-0{1 + i % 3}"} for i in range(6)],
    )
    lake.rows(
        "CREATE EXTERNAL TABLE source (id bigint, name string, score double, day string) STORED AS PARQUET "
        "LOCATION 's3://athena-writes/source/'"
    )
    return lake


def body(lake: AthenaLake, key: str) -> bytes:
    content: bytes = lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read()
    return content


def test_ctas_makes_a_table_of_the_query(lake: AthenaLake) -> None:
    answer = lake.run("CREATE TABLE plain AS SELECT id, score * 2 AS doubled FROM source WHERE id < 2")
    execution = answer.execution
    assert execution["StatementType"] == "DDL"
    assert execution["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    place = f"s3://athena-writes/results/tables/{execution['QueryExecutionId']}"
    assert execution["ResultConfiguration"]["OutputLocation"] == place
    table = lake.glue.get_table(DatabaseName="athena_writes", Name="plain")["Table"]
    assert table["StorageDescriptor"]["Location"].rstrip("/") == place
    assert [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] == [
        ("id", "bigint"),
        ("doubled", "double"),
    ]
    assert lake.rows("SELECT * FROM plain ORDER BY id") == [["0", "0.0"], ["1", "0.5"]]
    manifest = lake.text(execution["Statistics"]["DataManifestLocation"]).split()
    assert [location.removeprefix("s3://athena-writes/") for location in manifest] == lake.keys(
        place.removeprefix("s3://athena-writes/") + "/"
    )
    results = lake.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert results["UpdateCount"] == 2
    assert results["ResultSet"]["Rows"] == []


def test_ctas_writes_partitions_where_it_is_told(lake: AthenaLake) -> None:
    lake.rows(
        "CREATE TABLE by_day WITH (format = 'PARQUET', write_compression = 'ZSTD', partitioned_by = ARRAY['day'], "
        "external_location = 's3://athena-writes/by_day/') AS SELECT id, name, day FROM source"
    )
    assert lake.rows("SHOW PARTITIONS by_day") == [[f"day=2025-01-0{day}"] for day in (1, 2, 3)]
    assert lake.rows("SELECT id FROM by_day WHERE day = '2025-01-02' ORDER BY id") == [["1"], ["4"]]
    [key] = lake.keys("by_day/day=2025-01-02/")
    written = pq.ParquetFile(io.BytesIO(body(lake, key)))
    assert written.schema_arrow.names == ["id", "name"]
    assert written.metadata.row_group(0).column(0).compression == "ZSTD"


def test_ctas_writes_null_partitions_as_hive_does(lake: AthenaLake) -> None:
    lake.rows(
        "CREATE TABLE nulls WITH (partitioned_by = ARRAY['k']) AS "
        "SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS t(id, k)"
    )
    assert lake.rows("SHOW PARTITIONS nulls") == [["k=__HIVE_DEFAULT_PARTITION__"], ["k=a"]]
    assert lake.rows("SELECT id FROM nulls WHERE k IS NULL") == [["2"]]


@pytest.mark.parametrize(("form", "suffix"), [("JSON", ".gz"), ("TEXTFILE", ".gz")])
def test_ctas_writes_text_that_it_reads_again(lake: AthenaLake, form: str, suffix: str) -> None:
    name = f"as_{form.lower()}"
    lake.rows(
        f"CREATE TABLE {name} WITH (format = '{form}') AS SELECT id, name, score, id % 2 = 0 AS even, "
        "CAST(day AS date) AS day, CAST(day AS timestamp) AS at FROM source"
    )
    columns = "id, name, score, even, day, at"
    read = lake.rows(f"SELECT {columns} FROM {name} ORDER BY id")
    assert read[1] == ["1", "n1", "0.25", "false", "2025-01-02", "2025-01-02 00:00:00.000"]
    assert len(read) == 6
    location = lake.glue.get_table(DatabaseName=lake.name, Name=name)["Table"]["StorageDescriptor"]["Location"]
    keys = lake.keys(location.removeprefix("s3://athena-writes/"))
    assert all(key.endswith(suffix) for key in keys)
    first = gzip.decompress(body(lake, keys[0])).decode().splitlines()[0]
    if form == "JSON":
        assert set(json.loads(first)) == {"id", "name", "score", "even", "day", "at"}
    else:
        assert first.count("\x01") == 5


def test_ctas_with_no_data_makes_an_empty_table(lake: AthenaLake) -> None:
    lake.rows("CREATE TABLE hollow AS SELECT * FROM source WITH NO DATA")
    assert lake.rows("SELECT count(*) FROM hollow") == [["0"]]


def test_ctas_refuses_what_it_cannot_do_rightly(lake: AthenaLake) -> None:
    failure = lake.failure
    lake.rows("CREATE TABLE taken AS SELECT 1 AS one")
    lake.rows("CREATE TABLE IF NOT EXISTS taken AS SELECT 2 AS two")
    assert lake.rows("SELECT * FROM taken") == [["1"]]
    assert failure("CREATE TABLE taken AS SELECT 1 AS one").startswith("TABLE_ALREADY_EXISTS: ")
    assert failure(
        "CREATE TABLE full_place WITH (external_location = 's3://athena-writes/source/') AS SELECT 1 AS one"
    ).startswith("HIVE_PATH_ALREADY_EXISTS: Target directory for table 'athena_writes.full_place' already exists")
    assert failure("CREATE TABLE orc WITH (format = 'ORC') AS SELECT 1 AS one").startswith("NOT_SUPPORTED: format ORC")
    assert failure("CREATE TABLE b WITH (bucketed_by = ARRAY['one'], bucket_count = 2) AS SELECT 1 AS one").startswith(
        "NOT_SUPPORTED: "
    )
    for place in ("", ", location = 's3://athena-writes/ice/', is_external = false"):
        problem = failure(f"CREATE TABLE ice WITH (table_type = 'ICEBERG'{place}) AS SELECT 1 AS one")
        assert problem == "NOT_SUPPORTED: table_type ICEBERG is not supported by the local stage"
    assert failure("CREATE TABLE odd WITH (orc_compression = 'ZLIB') AS SELECT 1 AS one") == (
        "NOT_SUPPORTED: table property orc_compression is not supported by the local stage"
    )
    assert failure("CREATE TABLE odd WITH (nonsense = 'x') AS SELECT 1 AS one").startswith("INVALID_TABLE_PROPERTY: ")
    assert failure("CREATE TABLE order_ WITH (partitioned_by = ARRAY['day']) AS SELECT day, id FROM source").startswith(
        "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns"
    )
    assert failure("CREATE TABLE twins AS SELECT 1 AS one, 2 AS one").startswith("DUPLICATE_COLUMN_NAME: ")
    assert (
        failure(
            "CREATE TABLE wide WITH (partitioned_by = ARRAY['k']) AS "
            "SELECT 1 AS one, n AS k FROM UNNEST(sequence(1, 101)) AS t(n)"
        )
        == "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions/buckets"
    )
    for name in ("full_place", "orc", "b", "ice", "odd", "order_", "twins", "wide"):
        assert failure(f"SELECT * FROM {name}").startswith("TABLE_NOT_FOUND")


def test_insert_appends_and_registers_new_partitions(lake: AthenaLake) -> None:
    lake.rows(
        "CREATE EXTERNAL TABLE target (id bigint, score double, name string) PARTITIONED BY (year int, day string) "
        "STORED AS PARQUET LOCATION 's3://athena-writes/target/'"
    )
    first = lake.run("INSERT INTO target SELECT id, score, name, 2025, day FROM source WHERE id < 2")
    assert first.execution["StatementType"] == "DML"
    lake.rows("INSERT INTO target VALUES (10, 1, 'ten', 2024, 'x/y'), (11, 2.5, NULL, 2025, '2025-01-01')")
    assert lake.rows("SELECT * FROM target ORDER BY id") == [
        ["0", "0.0", "n0", "2025", "2025-01-01"],
        ["1", "0.25", "n1", "2025", "2025-01-02"],
        ["10", "1.0", "ten", "2024", "x/y"],
        ["11", "2.5", None, "2025", "2025-01-01"],
    ]
    assert lake.rows("SHOW PARTITIONS target") == [
        ["year=2024/day=x%2Fy"],
        ["year=2025/day=2025-01-01"],
        ["year=2025/day=2025-01-02"],
    ]
    lake.rows("INSERT INTO target (day, id, year) SELECT 'z', 12, 2023")
    assert lake.rows("SELECT * FROM target WHERE year = 2023") == [["12", None, None, "2023", "z"]]


def test_insert_checks_its_columns(lake: AthenaLake) -> None:
    lake.rows("CREATE EXTERNAL TABLE narrow (id int) STORED AS PARQUET LOCATION 's3://athena-writes/narrow/'")
    assert lake.failure("INSERT INTO narrow SELECT 'x'") == (
        "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: [integer], Query: [varchar(1)]"
    )
    assert "mismatched column types" in lake.failure("INSERT INTO narrow SELECT 1, 2")
    assert lake.failure("INSERT INTO narrow (nope) SELECT 1").startswith("COLUMN_NOT_FOUND: ")
    assert lake.failure("INSERT INTO narrow (id, ID) SELECT 1, 2") == (
        "DUPLICATE_COLUMN_NAME: line 1:1: Insert column name is specified more than once: id"
    )
    assert lake.failure("INSERT INTO nowhere SELECT 1").startswith("TABLE_NOT_FOUND: ")
    assert lake.keys("narrow/") == []


def test_insert_into_json_is_read_again(lake: AthenaLake) -> None:
    lake.rows(
        "CREATE EXTERNAL TABLE events (id bigint, at timestamp, price decimal(20,3)) "
        "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://athena-writes/events/'"
    )
    lake.rows("INSERT INTO events VALUES (1, TIMESTAMP '2025-01-01 10:00:00.123', DECIMAL '10.500')")
    assert lake.rows("SELECT * FROM events") == [["1", "2025-01-01 10:00:00.123", "10.500"]]


def test_unload_writes_objects_and_a_manifest(lake: AthenaLake) -> None:
    answer = lake.run(
        "UNLOAD (SELECT id, name, day FROM source) TO 's3://athena-writes/unloaded/' "
        "WITH (format = 'TEXTFILE', compression = 'none', field_delimiter = ';', partitioned_by = ARRAY['day'])"
    )
    assert answer.state == "SUCCEEDED", answer.reason
    keys = lake.keys("unloaded/")
    manifest = lake.text(answer.execution["Statistics"]["DataManifestLocation"]).split()
    assert sorted(manifest) == [f"s3://athena-writes/{key}" for key in keys]
    assert sorted(b"".join(body(lake, key) for key in keys if "day=2025-01-01" in key).splitlines()) == [
        b"0;n0",
        b"3;n3",
    ]
    again = lake.failure("UNLOAD (SELECT 1 AS one) TO 's3://athena-writes/unloaded/' WITH (format = 'JSON')")
    assert again.startswith("HIVE_PATH_ALREADY_EXISTS: ")
    for value in ("now()", "json '1'", "interval '1' day", "uuid()"):
        problem = lake.failure(
            f"UNLOAD (SELECT {value} AS one) TO 's3://athena-writes/other/' WITH (format = 'PARQUET')"
        )
        assert problem.startswith("NOT_SUPPORTED: Unsupported Hive type: ")
    assert "format is missing" in lake.failure("UNLOAD (SELECT 1 AS one) TO 's3://athena-writes/other/'")


def test_a_text_that_a_column_cannot_hold_fails_the_insert(lake: AthenaLake) -> None:
    lake.rows("CREATE EXTERNAL TABLE short (v varchar(3)) STORED AS PARQUET LOCATION 's3://athena-writes/short/'")
    assert lake.failure("INSERT INTO short VALUES 'abcdef'") == (
        "INVALID_CAST_ARGUMENT: Cannot truncate non-space characters when casting from varchar(6) to varchar(3) "
        "on INSERT"
    )
    lake.rows("INSERT INTO short VALUES 'ab', 'abc  '")
    assert lake.rows("SELECT v, length(v) FROM short ORDER BY v") == [["ab", "2"], ["abc", "3"]]


def test_an_insert_coerces_as_a_query_does(lake: AthenaLake) -> None:
    lake.rows(
        "CREATE EXTERNAL TABLE nested (a array<bigint>, r struct<x:double,y:string>, d decimal(12,2), at timestamp) "
        "STORED AS PARQUET LOCATION 's3://athena-writes/nested/'"
    )
    lake.rows(
        "INSERT INTO nested VALUES (ARRAY[1, 2], CAST(ROW(1, 'b') AS ROW(p integer, q varchar)), DECIMAL '1.5', "
        "DATE '2025-01-01')"
    )
    assert lake.rows("SELECT a, r.x, r.y, d, at FROM nested") == [
        ["[1, 2]", "1.0", "b", "1.50", "2025-01-01 00:00:00.000"]
    ]
    assert "mismatched column types" in lake.failure(
        "INSERT INTO nested SELECT a, r, CAST(d AS decimal(14,4)), at FROM nested"
    )


@pytest.mark.parametrize("precision", [0, 6])
def test_timestamps_are_written_in_milliseconds_or_not_at_all(lake: AthenaLake, precision: int) -> None:
    query = f"SELECT CAST(TIMESTAMP '2025-01-01 10:00:00.123' AS timestamp({precision})) AS at"
    problem = (
        f"NOT_SUPPORTED: Incorrect timestamp precision for timestamp({precision}); the configured precision is "
        "MILLISECONDS; column name: at"
    )
    assert lake.failure(f"CREATE TABLE precise AS {query}") == problem
    assert lake.failure(f"UNLOAD ({query}) TO 's3://athena-writes/precise/' WITH (format = 'PARQUET')") == problem
    assert lake.keys("precise/") == []


def test_an_empty_partition_value_is_null_to_hive(lake: AthenaLake) -> None:
    lake.rows(
        "CREATE TABLE emptied WITH (partitioned_by = ARRAY['k']) AS "
        "SELECT * FROM (VALUES (1, ''), (2, NULL), (3, 'x')) AS t(a, k)"
    )
    assert lake.rows("SELECT a, k FROM emptied ORDER BY a") == [["1", None], ["2", None], ["3", "x"]]
    assert lake.rows("SHOW PARTITIONS emptied") == [["k=__HIVE_DEFAULT_PARTITION__"], ["k=x"]]


def test_a_partition_value_that_the_catalogue_cannot_have_leaves_nothing(lake: AthenaLake) -> None:
    reason = lake.failure(
        "CREATE TABLE lengthy WITH (partitioned_by = ARRAY['k']) AS SELECT 1 AS a, rpad('x', 1025, 'x') AS k"
    )
    assert reason.startswith("HIVE_INVALID_PARTITION_VALUE: A partition value of 1025 characters")
    assert lake.failure("SELECT * FROM lengthy").startswith("TABLE_NOT_FOUND")


@pytest.mark.parametrize(
    "change",
    [
        "SET TBLPROPERTIES ('classification' = 'parquet')",
        "ADD COLUMNS (b string)",
        "SET LOCATION 's3://athena-writes/x/'",
    ],
)
def test_a_table_of_ctas_is_altered(lake: AthenaLake, change: str) -> None:
    name = f"altered_{abs(hash(change))}"
    lake.rows(f"CREATE TABLE {name} AS SELECT 1 AS a")
    lake.rows(f"ALTER TABLE {name} {change}")


def test_a_prepared_insert_runs_with_its_parameters(lake: AthenaLake) -> None:
    lake.rows("CREATE EXTERNAL TABLE prepared (a int) STORED AS PARQUET LOCATION 's3://athena-writes/prepared/'")
    lake.rows("PREPARE athena_writes_insert FROM INSERT INTO prepared SELECT ?")
    executed = lake.run("EXECUTE athena_writes_insert USING 1")
    assert (executed.state, executed.rows) == ("SUCCEEDED", [])
    assert lake.run("EXECUTE athena_writes_insert", ExecutionParameters=["2"]).state == "SUCCEEDED"
    assert lake.rows("SELECT a FROM prepared ORDER BY a") == [["1"], ["2"]]
    lake.rows("PREPARE athena_writes_select FROM SELECT a FROM prepared WHERE a = ?")
    assert lake.rows("EXECUTE athena_writes_select", ExecutionParameters=["2"]) == [["2"]]
