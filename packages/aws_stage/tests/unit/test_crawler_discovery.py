"""What a crawler makes of names, types and lines, without S3."""

from __future__ import annotations

import gzip

import pytest
from aws_stage.engines.glue_crawler import delimited, grouping, json_lines, profile
from aws_stage.engines.glue_crawler.glob import excluded
from aws_stage.engines.glue_crawler.grouping import File
from aws_stage.engines.glue_crawler.hive_types import Array, HiveType, Map, Struct, merged, spelled, widened
from aws_stage.engines.glue_crawler.objects import Location, StoredObject
from aws_stage.engines.glue_crawler.profile import Profile
from aws_stage.engines.glue_crawler.table_input import table_name


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.csv", "a.csv", True),
        ("*.csv", "folder/a.csv", False),
        ("**.csv", "folder/deep/a.csv", True),
        ("*/*.csv", "folder/a.csv", True),
        ("departments/**", "departments/market/jan.json", True),
        ("departments/market*.json", "departments/market-us.json", True),
        ("departments/market*.json", "departments/us/market.json", False),
        ("f?o.json", "foo.json", True),
        ("f?o.json", "f/o.json", False),
        ("[a-c]*.txt", "b1.txt", True),
        ("[!a-c]*.txt", "b1.txt", False),
        ("[!a-c]*.txt", "d1.txt", True),
        ("*.{tmp,bak}", "a.bak", True),
        ("*.{tmp,bak}", "a.txt", False),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        ("a.b", "axb", False),
        (".*", ".hidden", True),
    ],
)
def test_an_exclude_pattern_matches_as_glue_says(glob: str, path: str, matches: bool) -> None:
    assert excluded(path, [glob]) is matches


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("int", "bigint", "bigint"),
        ("bigint", "double", "double"),
        ("float", "double", "double"),
        (None, "boolean", "boolean"),
        (Array("int"), Array("double"), Array("double")),
        (Array(None), Array(Struct((("a", "int"),))), Array(Struct((("a", "int"),)))),
        (Map("string", "int"), Map("string", "bigint"), Map("string", "bigint")),
        (Struct((("a", "int"),)), Struct((("B", "string"),)), Struct((("a", "int"), ("b", "string")))),
    ],
)
def test_two_types_become_the_narrowest_that_holds_both(one: HiveType, other: HiveType, both: HiveType) -> None:
    assert widened(one, other) == both
    assert spelled(widened(other, one)).lower() == spelled(both) or isinstance(both, Struct)


@pytest.mark.parametrize(("one", "other"), [("int", "string"), ("boolean", "int"), (Array("int"), "int")])
def test_what_has_nothing_in_common_becomes_a_string_column(one: HiveType, other: HiveType) -> None:
    with pytest.raises(TypeError):
        widened(one, other)
    assert merged([(("a", one),), (("A", other),)]) == (("a", "string"),)


def file(key: str, *columns: str, kind: str = "parquet", compression: str = "none") -> File:
    found = Profile(kind, compression, tuple((name, "bigint") for name in columns), 1)
    return File(StoredObject(key, 1, "etag"), found)


def found(*files: File, combine: bool = False) -> dict[str, tuple[str, ...]]:
    return {table.root: table.keys for table in grouping.tables("root/", files, combine)}


def test_similar_folders_are_partitions_and_others_are_tables() -> None:
    assert found(file("root/y=1/m=2/a", "x"), file("root/y=1/m=3/b", "x")) == {"root/": ("y", "m")}
    assert found(file("root/2025/10/a", "x"), file("root/2025/11/b", "x")) == {"root/": ("partition_0", "partition_1")}
    assert found(file("root/y=1/a", "x"), file("root/z=1/b", "x")) == {"root/y=1/": (), "root/z=1/": ()}
    assert found(file("root/a/1/f", "x"), file("root/b/f", "x")) == {"root/a/": ("partition_0",), "root/b/": ()}


def test_format_and_compression_part_tables() -> None:
    assert found(file("root/a/1", "x"), file("root/b/1", "x", kind="json")) == {"root/a/": (), "root/b/": ()}
    assert found(file("root/a/1", "x"), file("root/b/1", "x", compression="gzip")) == {"root/a/": (), "root/b/": ()}


def test_seventy_percent_of_the_columns_make_two_schemas_similar() -> None:
    ten = [f"c{number}" for number in range(10)]
    assert found(file("root/p=1/a", *ten), file("root/p=2/a", *ten[:7])) == {"root/": ("p",)}
    assert len(found(file("root/p=1/a", *ten), file("root/p=2/a", *ten[:6]))) == 2
    assert found(file("root/p=1/a", *ten), file("root/p=2/a", *ten[:6]), combine=True) == {"root/": ("p",)}


def test_files_in_one_folder_that_differ_are_tables_by_file() -> None:
    files = (file("root/a.csv", "x"), file("root/b.csv", "y"))
    assert found(*files) == {"root/a.csv": (), "root/b.csv": ()}


def test_names_are_lower_case_words() -> None:
    assert table_name(Location("My-Bucket", ""), "") == "my_bucket"
    assert table_name(Location("b", "x/Device Telemetry.v1/"), "raw_") == "raw_device_telemetry_v1"


def test_a_few_irregular_lines_do_not_hide_a_table_but_many_do() -> None:
    regular = ["a,b"] + [f"{n},x" for n in range(19)]
    table = delimited.read([*regular, "broken"])
    assert table is not None
    assert (table.columns, table.has_header) == ((("a", "bigint"), ("b", "string")), True)
    assert delimited.read([*regular, *["broken"] * 5]) is None


@pytest.mark.parametrize(
    ("lines", "has_header"),
    [
        (["id,name", "1,a"], True),
        (["id,", "1,"], True),
        (["id,id", "1,2"], False),
        (["id,ID", "1,2"], False),
        (["id, id", "1,2"], False),
        (["col1,", "1,"], False),
        (["x" * 150 + ",b", "1,2"], False),
        (["id,2025", "1,2"], False),
        (["left,right", "a,b"], False),
    ],
)
def test_a_header_is_told_by_glues_rules(lines: list[str], has_header: bool) -> None:
    table = delimited.read(lines)
    assert table is not None
    assert table.has_header is has_header


def test_json_is_told_from_text_by_most_of_its_lines() -> None:
    assert json_lines.read(['{"a": 1}', '{"a": "x"}', "broken"]) == (("a", "string"),)
    assert json_lines.read(['{"a": 1}', "broken", "broken"]) is None
    assert json_lines.read(["[1, 2]", "3"]) is None
    mixed = json_lines.read(['{"a": [1, "x"], "b": 99999999999999999999, "c": []}'])
    assert mixed == (("a", Array("string")), ("b", "string"), ("c", Array(None)))


class OneObject:
    """Stands for a bucket with one object."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def head(self, _key: str, length: int) -> bytes:
        return self.data[:length]


def profiled(data: bytes) -> Profile | None:
    return profile.read(OneObject(data), StoredObject("k", len(data), "etag"))  # type: ignore[arg-type]


def test_a_damaged_gzip_gives_what_can_be_read_of_it() -> None:
    whole = gzip.compress(b'{"a": 1}\n' * 10_000 + bytes(range(256)) * 200, compresslevel=0)
    damaged = profiled(whole[:60_000] + b"garbage" * 10)
    assert damaged is not None
    assert (damaged.format, damaged.compression, damaged.columns) == ("json", "gzip", (("a", "int"),))
    assert profiled(b"\x1f\x8b" + b"nothing like it") is None


def test_the_records_of_a_large_text_are_estimated_from_its_beginning() -> None:
    line = b'{"number": 12345678, "text": "abcdefgh"}\n'
    large = profiled(line * 20_000)
    assert large is not None
    assert large.records == pytest.approx(20_000, rel=0.01)
    small = profiled(line * 3 + line[:-1])
    assert small is not None
    assert small.records == 4


def test_a_header_with_units_gives_its_names() -> None:
    table = delimited.read(["when,temp (\u00b0C),Feuchte [%]", "2024,1.5,40", "2025,2.5,41"])
    assert table is not None
    assert [name for name, _ in table.columns] == ["when", "temp (\u00b0c)", "feuchte [%]"]


def test_a_header_that_ends_with_a_delimiter_names_the_last_column_by_its_place() -> None:
    table = delimited.read(["id,", "1,", "2,"])
    assert table is not None
    assert [name for name, _ in table.columns] == ["id", "col1"]


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a": 2}]', '[\n  {"a": 1},\n  {"a": 2}\n]'])
def test_a_json_array_says_why_it_is_no_table(text: str) -> None:
    with pytest.raises(json_lines.ArrayError, match="one JSON array"):
        json_lines.check_no_array(text.split("\n"))
