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
    assert "ICEBERG" in failure("CREATE TABLE ice WITH (table_type = 'ICEBERG') AS SELECT 1 AS one")
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
    assert "format is missing" in lake.failure("UNLOAD (SELECT 1 AS one) TO 's3://athena-writes/other/'")
