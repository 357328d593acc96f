"""Tables over Parquet, JSON and delimited text."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from aws_stage.testing import RunningStage

from contract.athena_lake import AthenaLake

NAIVE = datetime(2025, 1, 1)  # noqa: DTZ001  a Parquet timestamp without a zone
OPENX = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
OPEN_CSV = "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    return AthenaLake(stage, "athena_formats")


def table(lake: AthenaLake, name: str, columns: str, form: str, *, properties: str = "") -> str:
    """Create a table over the folder of its name."""
    more = f" TBLPROPERTIES ({properties})" if properties else ""
    lake.rows(f"CREATE EXTERNAL TABLE {name} ({columns}) {form} LOCATION 's3://{lake.bucket}/{name}/'{more}")
    return name


def test_parquet_types_come_back_as_athena_names_and_writes_them(lake: AthenaLake) -> None:
    lake.put_parquet(
        "kinds/a.parquet",
        [
            {
                "flag": True,
                "small": 7,
                "big": 2**40,
                "real_number": 0.5,
                "money": Decimal("12.30"),
                "word": 'say "hi", you',
                "day": date(2025, 10, 15),
                "moment": NAIVE + timedelta(milliseconds=456),
                "items": [1, 2],
                "place": {"site": "roof", "floor": 3},
            }
        ],
    )
    columns = """flag boolean, small bigint, big bigint, real_number double, money decimal(4,2), word string, day date,
        moment timestamp, items array<bigint>, place struct<site:string,floor:bigint>"""
    answer = lake.run(f"SELECT * FROM {table(lake, 'kinds', columns, 'STORED AS PARQUET')}")
    assert answer.types == [
        *("boolean", "bigint", "bigint", "double", "decimal", "varchar", "date", "timestamp", "array", "row"),
    ]
    assert answer.rows == [
        [
            *("true", "7", "1099511627776", "0.5", "12.30", 'say "hi", you', "2025-10-15", "2025-01-01 00:00:00.456"),
            *("[1, 2]", "{site=roof, floor=3}"),
        ]
    ]


def test_files_of_other_schemas_are_read_by_name(lake: AthenaLake) -> None:
    lake.put_parquet("grown/1.parquet", [{"id": 1, "old": "a"}])
    lake.put_parquet("grown/2.parquet", pa.table({"NEW": [2.5], "id": pa.array([2], pa.int32())}))
    table(lake, "grown", "id bigint, new double, never string", "STORED AS PARQUET")
    assert lake.rows("SELECT * FROM grown ORDER BY id") == [["1", None, None], ["2", "2.5", None]]


def test_a_parquet_type_that_the_declared_one_cannot_hold_fails(lake: AthenaLake) -> None:
    lake.put_parquet("mismatch/1.parquet", [{"id": "text"}])
    reason = lake.failure(f"SELECT * FROM {table(lake, 'mismatch', 'id bigint', 'STORED AS PARQUET')}")
    assert reason.startswith("HIVE_BAD_DATA: Field id's type BYTE_ARRAY in parquet file s3://athena-formats/mismatch/")
    assert reason.endswith("is incompatible with type bigint defined in table schema")


def test_timestamps_are_rounded_to_milliseconds_and_read_in_utc(lake: AthenaLake) -> None:
    moments = [NAIVE + timedelta(microseconds=1500), NAIVE + timedelta(microseconds=2499)]
    lake.put_parquet("clocks/1.parquet", pa.table({"at": pa.array(moments, pa.timestamp("us"))}))
    aware = pa.array([datetime(2025, 1, 1, 9, tzinfo=UTC)], pa.timestamp("us", tz="Asia/Tokyo"))
    lake.put_parquet("clocks/2.parquet", pa.table({"at": aware}))
    int96 = pa.table({"at": pa.array([NAIVE + timedelta(microseconds=2400)], pa.timestamp("ns"))})
    lake.put_parquet("clocks/3.parquet", int96, use_deprecated_int96_timestamps=True)
    nanos = pa.table({"at": pa.array([NAIVE + timedelta(milliseconds=2)], pa.timestamp("ns"))})
    lake.put_parquet("clocks/4.parquet", nanos, version="2.6")
    millis = pa.table({"at": pa.array([NAIVE + timedelta(milliseconds=2)], pa.timestamp("ms"))})
    lake.put_parquet("clocks/5.parquet", millis)
    table(lake, "clocks", "at timestamp", "STORED AS PARQUET")
    assert lake.rows("SELECT at, count(*) FROM clocks GROUP BY at ORDER BY at") == [
        ["2025-01-01 00:00:00.002", "5"],
        ["2025-01-01 09:00:00.000", "1"],
    ]


def test_hidden_and_empty_objects_are_no_data(lake: AthenaLake) -> None:
    lake.put_parquet("hidden/1.parquet", [{"id": 1}])
    lake.put_parquet("hidden/_tmp.parquet", [{"id": 2}])
    lake.put_parquet("hidden/.sub/3.parquet", [{"id": 3}])
    lake.put_parquet("hidden/deeper/4.parquet", [{"id": 4}])
    lake.put("hidden/empty.parquet", b"")
    lake.put("hidden/", b"")
    lake.put_parquet("hidden2/5.parquet", [{"id": 5}])
    table(lake, "hidden", "id bigint", "STORED AS PARQUET")
    assert lake.rows("SELECT id FROM hidden ORDER BY id") == [["1"], ["4"]]


def test_a_table_over_no_objects_is_empty(lake: AthenaLake) -> None:
    table(lake, "nothing", "id bigint, name string", "STORED AS PARQUET")
    assert lake.rows("SELECT count(*), max(name) FROM nothing") == [["0", None]]


def test_a_file_that_is_not_parquet_fails(lake: AthenaLake) -> None:
    lake.put("broken/1.parquet", b"this is no Parquet file at all")
    reason = lake.failure(f"SELECT * FROM {table(lake, 'broken', 'id bigint', 'STORED AS PARQUET')}")
    assert "s3://athena-formats/broken/1.parquet" in reason


def test_openx_json_reads_nested_values_in_any_case(lake: AthenaLake) -> None:
    lines = [
        '{"deviceId": "d1", "Temp": 21.5, "tags": ["a", null], "place": {"Floor": 3}, "levels": {"low": 1}}',
        '{"deviceid": null, "temp": "22", "tags": [], "place": null, "unknown": [1, {"x": 2}]}\r',
        "",
        '{"DEVICEID": "d\\"3\\u00e9"}',
    ]
    lake.put("nested/1.json", "\n".join(lines))
    columns = "deviceid string, temp double, tags array<string>, place struct<floor:int>, levels map<string,int>"
    table(lake, "nested", columns, OPENX)
    assert lake.rows("SELECT * FROM nested ORDER BY temp, deviceid") == [
        ["d1", "21.5", "[a, null]", "{floor=3}", "{low=1}"],
        [None, "22.0", "[]", None, None],
        ['d"3é', None, None, None, None],
        [None, None, None, None, None],
    ]
    assert lake.rows("SELECT count(*), sum(place.floor), max(levels['low']) FROM nested") == [["4", "3", "1"]]


def test_json_numbers_and_timestamps_are_read_exactly(lake: AthenaLake) -> None:
    lake.put(
        "exact/1.json",
        '{"n": 9007199254740993, "d": 12.34, "at": "2025-10-15T01:02:03.456Z", "text": 1, "ok": true}\n'
        '{"n": -1, "d": "0.10", "at": "2025-10-15 01:02:03", "text": {"a": 1}, "ok": "false"}\n',
    )
    table(lake, "exact", "n bigint, d decimal(10,2), at timestamp, text string, ok boolean", OPENX)
    assert lake.rows("SELECT * FROM exact ORDER BY n DESC") == [
        ["9007199254740993", "12.34", "2025-10-15 01:02:03.456", "1", "true"],
        ["-1", "0.10", "2025-10-15 01:02:03.000", '{"a":1}', "false"],
    ]


@pytest.mark.parametrize("value", ['"warm"', "1.5", "99999999999", "[1]"])
def test_a_json_value_of_another_type_fails_the_query(lake: AthenaLake, value: str) -> None:
    name = f"bad_{abs(hash(value)) % 10**8}"
    lake.put(f"{name}/1.json", f'{{"n": 1}}\n{{"n": {value}}}\n')
    table(lake, name, "n int", OPENX)
    assert "HIVE_BAD_DATA: Error parsing field value" in lake.failure(f"SELECT sum(n) FROM {name}")
    assert lake.rows(f"SELECT count(*) FROM {name}") == [["2"]]


def test_a_malformed_json_line_fails_unless_the_table_ignores_it(lake: AthenaLake) -> None:
    for name in ("strict_json", "lenient_json"):
        lake.put(f"{name}/1.json", '{"n": 1}\n{"n": \nnot json\n[1]\n{"n": 2}')
    table(lake, "strict_json", "n int", OPENX)
    table(lake, "lenient_json", "n int", f"{OPENX} WITH SERDEPROPERTIES ('ignore.malformed.json'='true')")
    assert lake.failure("SELECT sum(n) FROM strict_json").startswith(
        "HIVE_CURSOR_ERROR: Row is not a valid JSON Object"
    )
    assert lake.rows("SELECT sum(n), count(n), count(*) FROM lenient_json") == [["3", "2", "5"]]


def test_gzip_text_is_read_by_its_extension_members_and_all(lake: AthenaLake) -> None:
    lake.put("zipped/1.json.gz", gzip.compress(b'{"n": 1}\n') + gzip.compress(b'{"n": 2}'))
    lake.put("zipped/2.json", b'\xef\xbb\xbf{"n": 4}\r\n{"n": 8}')
    table(lake, "zipped", "n int", OPENX)
    assert lake.rows("SELECT sum(n), count(*) FROM zipped") == [["15", "4"]]


def test_gzip_without_its_extension_and_cut_short_fail(lake: AthenaLake) -> None:
    lake.put("misnamed/1.json", gzip.compress(b'{"n": 1}\n'))
    lake.put("cut/1.json.gz", gzip.compress(b'{"n": 1}\n' * 1000)[:-20])
    assert "call it .gz" in lake.failure(f"SELECT n FROM {table(lake, 'misnamed', 'n int', OPENX)}")
    assert "HIVE_CURSOR_ERROR" in lake.failure(f"SELECT n FROM {table(lake, 'cut', 'n int', OPENX)}")


def test_lazy_simple_pads_and_drops_fields_and_nulls_what_it_cannot_read(lake: AthenaLake) -> None:
    text = 'id,name,score,at\n1,"a",1.5,2025-10-15 01:02:03.4\n2,\\N\nx,b,oops,2025-10-15T00:00:00,extra\n\n'
    lake.put("lazy/1.csv", text)
    table(
        lake,
        "lazy",
        "id int, name string, score double, at timestamp",
        "ROW FORMAT DELIMITED FIELDS TERMINATED BY ','",
        properties="'skip.header.line.count'='1'",
    )
    assert lake.rows("SELECT * FROM lazy ORDER BY score, id, name") == [
        ["1", '"a"', "1.5", "2025-10-15 01:02:03.400"],
        ["2", None, None, None],
        [None, "b", None, None],
        [None, None, None, None],
    ]


def test_lazy_simple_escapes_collections_and_control_characters(lake: AthenaLake) -> None:
    lake.put("collections/1.txt", b"a\\,b\\\\,1|2|,k:1|l:2,x|7\nplain,,,\n")
    table(
        lake,
        "collections",
        "name string, numbers array<int>, levels map<string,int>, place struct<site:string,floor:int>",
        r"ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY '\\' COLLECTION ITEMS TERMINATED BY '|' "
        "MAP KEYS TERMINATED BY ':'",
    )
    rows = lake.rows("SELECT * FROM collections ORDER BY name")
    assert rows[0] == ["a,b\\", "[1, 2, null]", "{k=1, l=2}", "{site=x, floor=7}"]
    lake.put("control/1.txt", b"a\x01b\n\xff\x01c\n")
    table(lake, "control", "x string, y string", "STORED AS TEXTFILE")
    assert lake.rows("SELECT * FROM control ORDER BY y") == [["a", "b"], ["\ufffd", "c"]]


def test_open_csv_reads_quotes_and_fails_on_what_is_not_a_number(lake: AthenaLake) -> None:
    lake.put("quoted/1.csv", 'h1,h2,h3\n"1","a, ""b"" \\"c\\"",20000\n2,,20001\n')
    header = "'skip.header.line.count'='1'"
    table(lake, "quoted", "id int, name string, day date", OPEN_CSV, properties=header)
    assert lake.rows("SELECT * FROM quoted ORDER BY id") == [
        ["1", 'a, "b" "c"', "2024-10-04"],
        ["2", "", "2024-10-05"],
    ]
    lake.put("quoted_bad/1.csv", '"1"\n""\n')
    reason = lake.failure(f"SELECT sum(id) FROM {table(lake, 'quoted_bad', 'id int', OPEN_CSV)}")
    assert "Error parsing field value ''" in reason


def test_a_serde_that_is_not_built_is_refused(lake: AthenaLake) -> None:
    lake.put("grok/1.txt", "x")
    form = "ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe' WITH SERDEPROPERTIES ('input.format'='%{WORD:w}')"
    assert "cannot read SerDe com.amazonaws.glue.serde.GrokSerDe" in lake.failure(
        f"SELECT * FROM {table(lake, 'grok', 'w string', form)}"
    )


def test_a_lines_object_counts_as_scanned_whole(lake: AthenaLake) -> None:
    body = gzip.compress(b'{"n": 1}\n' * 5000)
    lake.put("counted/1.json.gz", body)
    table(lake, "counted", "n int", OPENX)
    assert lake.run("SELECT sum(n) FROM counted").scanned == len(body)
