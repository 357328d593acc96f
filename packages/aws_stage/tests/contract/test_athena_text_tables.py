"""Tables over text whose properties say more than AWS's readers read, and input formats that find other rows."""

from __future__ import annotations

import pytest
from aws_stage.testing import RunningStage

from contract.athena_lake import AthenaLake

HIVE_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    return AthenaLake(stage, "athena_text")


def delimited(lake: AthenaLake, name: str, columns: str, between: str = ",", properties: str = "") -> str:
    more = f" TBLPROPERTIES ({properties})" if properties else ""
    lake.rows(
        f"CREATE EXTERNAL TABLE {name} ({columns}) ROW FORMAT DELIMITED FIELDS TERMINATED BY '{between}' "
        f"LOCATION 's3://{lake.bucket}/{name}/'{more}"
    )
    return name


@pytest.mark.parametrize(
    ("serde", "input_format"),
    [
        (HIVE_JSON, "com.amazon.emr.cloudtrail.CloudTrailInputFormat"),
        ("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", "org.apache.hadoop.mapred.TextInputFormat"),
        (
            "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
            "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",
        ),
        ("org.apache.hadoop.hive.serde2.RegexSerDe", "org.apache.hadoop.mapred.TextInputFormat"),
    ],
)
def test_rows_that_are_found_in_another_way_are_refused_by_its_name(
    lake: AthenaLake, serde: str, input_format: str
) -> None:
    name = f"foreign_{abs(hash((serde, input_format)))}"
    lake.put("foreign/a.json", '{"Records":[{"eventName":"GetObject"}]}')
    lake.rows(
        f"CREATE EXTERNAL TABLE {name} (eventname string) ROW FORMAT SERDE '{serde}' STORED AS "
        f"INPUTFORMAT '{input_format}' OUTPUTFORMAT '{TEXT_OUTPUT}' LOCATION 's3://athena-text/foreign/'"
    )
    named = input_format if "RegexSerDe" not in serde else serde
    for reason in (lake.failure(f"SELECT * FROM {name}"), lake.failure(f"INSERT INTO {name} VALUES ('x')")):
        assert reason.startswith("NOT_SUPPORTED: ")
        assert named in reason


def test_a_table_without_an_input_format_cannot_be_read(lake: AthenaLake) -> None:
    lake.put("bare/a.json", '{"a":1}')
    storage = {
        "Columns": [{"Name": "a", "Type": "int"}],
        "Location": "s3://athena-text/bare/",
        "SerdeInfo": {"SerializationLibrary": HIVE_JSON},
    }
    lake.glue.create_table(
        DatabaseName=lake.name,
        TableInput={"Name": "bare", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage},
    )
    assert lake.failure("SELECT * FROM bare").startswith("HIVE_UNSUPPORTED_FORMAT: Unable to create input format")


def test_an_insert_into_a_table_with_a_header_writes_one(lake: AthenaLake) -> None:
    lake.put("headed/a.csv", "id,name\n1,a\n")
    delimited(lake, "headed", "id int, name string", properties="'skip.header.line.count'='1'")
    lake.rows("INSERT INTO headed VALUES (3, 'c'), (4, 'd')")
    assert lake.rows("SELECT * FROM headed ORDER BY id") == [["1", "a"], ["3", "c"], ["4", "d"]]


@pytest.mark.parametrize("properties", ["'skip.header.line.count'='2'", "'skip.footer.line.count'='1'"])
def test_an_insert_where_its_rows_would_be_skipped_is_refused(lake: AthenaLake, properties: str) -> None:
    name = f"skipping_{abs(hash(properties))}"
    delimited(lake, name, "id int", properties=properties)
    assert lake.failure(f"INSERT INTO {name} VALUES (1)").startswith("NOT_SUPPORTED: Inserting into Hive table with")
    assert lake.keys(f"{name}/") == []


def test_the_null_format_may_be_a_property_of_the_table(lake: AthenaLake) -> None:
    lake.put("nulls/a.csv", "1,\n2,NA\n3,\\N\n")
    delimited(lake, "nulls", "id int, name string", properties="'serialization.null.format'=''")
    assert lake.rows("SELECT * FROM nulls ORDER BY id") == [["1", None], ["2", "NA"], ["3", "\\N"]]
    lake.rows("INSERT INTO nulls VALUES (4, NULL)")
    assert lake.rows("SELECT id FROM nulls WHERE name IS NULL ORDER BY id") == [["1"], ["4"]]
    [written] = [key for key in lake.keys("nulls/") if not key.endswith("a.csv")]
    assert written


def test_a_delimiter_is_its_first_character_when_it_is_read_and_when_it_is_written(lake: AthenaLake) -> None:
    lake.put("pipes/a.txt", "1||a\n")
    delimited(lake, "pipes", "id int, second string, third string", between="||")
    assert lake.rows("SELECT * FROM pipes") == [["1", "", "a"]]
    lake.rows("INSERT INTO pipes VALUES (2, 'b', 'c')")
    assert lake.rows("SELECT * FROM pipes WHERE id = 2") == [["2", "b", "c"]]
    reason = lake.failure("CREATE TABLE wide WITH (format = 'TEXTFILE', field_delimiter = '||') AS SELECT 1 AS a")
    assert "field_delimiter must be one character" in reason


def test_a_property_of_another_serde_is_passed_over_and_named_with_its_cure(lake: AthenaLake) -> None:
    lake.put("lazy/a.csv", "1,a\n2,b\n")
    made = lake.run(
        "CREATE EXTERNAL TABLE lazy (id int, name string) ROW FORMAT SERDE "
        "'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' WITH SERDEPROPERTIES ('separatorChar' = ',') "
        "LOCATION 's3://athena-text/lazy/'"
    )
    read = lake.run("SELECT id, name FROM lazy")
    assert lake.rows("SELECT id, name FROM lazy") == [[None, None]] * 2, "AWS finds one field in a line, and no number"
    copied = lake.run("CREATE TABLE lazy_numbers WITH (format = 'TEXTFILE') AS SELECT id FROM lazy WHERE id > 0")
    for done in (made, read, copied):
        assert done.state == "SUCCEEDED"
        assert done.reason.startswith("WARNING: ")
        for word in ("separatorChar", "field.delim", "skip.header.line.count"):
            assert word in done.reason
    assert ".lazy: LazySimpleSerDe does not read" in read.reason
    assert lake.rows("SELECT count(*) FROM lazy_numbers") == [["0"]]
    assert lake.run("SELECT 1").reason == ""
