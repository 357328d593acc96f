"""Glue's Data Catalog, as tools use it: filters, pages, names, versions, and what is refused."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from botocore.exceptions import ClientError

DATABASE = "catalogue"


@pytest.fixture(scope="module")
def glue(stage: RunningStage) -> Iterator[Any]:
    client = stage.client("glue")
    client.create_database(DatabaseInput={"Name": DATABASE})
    yield client
    client.delete_database(Name=DATABASE)


def made(glue: Any, name: str, *keys: str, **more: Any) -> dict[str, Any]:
    """A table of string keys, as the arguments that name it in calls of partitions."""
    columns = [{"Name": key, "Type": "string"} for key in keys]
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": name, "PartitionKeys": columns, **more})
    return {"DatabaseName": DATABASE, "TableName": name}


def days(glue: Any, table: dict[str, Any], count: int) -> None:
    inputs = [{"Values": [f"{day:02d}"], "StorageDescriptor": {"Location": f"s3://b/{day}/"}} for day in range(count)]
    assert glue.batch_create_partition(**table, PartitionInputList=inputs)["Errors"] == []


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_an_expression_selects_partitions(glue: Any) -> None:
    table = made(glue, "filtered", "day")
    days(glue, table, 5)
    found = glue.get_partitions(**table, Expression="day >= '03' OR day = '01'")["Partitions"]
    assert [partition["Values"] for partition in found] == [["01"], ["03"], ["04"]]


def test_an_expression_that_cannot_be_read_gives_no_partitions(glue: Any) -> None:
    table = made(glue, "unread", "day")
    with pytest.raises(ClientError) as error:
        glue.get_partitions(**table, Expression="strftime(day) = '03'")
    assert code(error) == "InvalidInputException"


def test_pages_hold_max_results_and_miss_nothing_that_is_deleted_meanwhile(glue: Any) -> None:
    table = made(glue, "paged", "day")
    days(glue, table, 5)
    seen = []
    for page in glue.get_paginator("get_partitions").paginate(**table, PaginationConfig={"PageSize": 2}):
        assert len(page["Partitions"]) <= 2
        values = [partition["Values"] for partition in page["Partitions"]]
        seen += values
        deleted = glue.batch_delete_partition(**table, PartitionsToDelete=[{"Values": value} for value in values])
        assert deleted["Errors"] == []
    assert seen == [[f"{day:02d}"] for day in range(5)]
    assert glue.get_partitions(**table)["Partitions"] == []


def test_segments_share_the_partitions_out(glue: Any) -> None:
    table = made(glue, "segments", "day")
    days(glue, table, 5)
    parts = [
        glue.get_partitions(**table, Segment={"SegmentNumber": number, "TotalSegments": 2})["Partitions"]
        for number in (0, 1)
    ]
    assert sorted(partition["Values"][0] for part in parts for partition in part) == ["00", "01", "02", "03", "04"]


def test_values_are_as_many_as_keys(glue: Any) -> None:
    table = made(glue, "counted", "y", "m")
    for call in (
        lambda: glue.create_partition(**table, PartitionInput={"Values": ["2024"]}),
        lambda: glue.batch_create_partition(**table, PartitionInputList=[{"Values": ["2024", "1", "2"]}]),
        lambda: glue.get_partition(**table, PartitionValues=["2024"]),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert code(error) == "InvalidInputException"
    assert glue.get_partitions(**table)["Partitions"] == []


def test_what_is_missing_is_entity_not_found(glue: Any) -> None:
    table = made(glue, "there", "day")
    absent = {"DatabaseName": DATABASE, "TableName": "absent"}
    for call in (
        lambda: glue.get_partitions(**absent),
        lambda: glue.create_partition(**absent, PartitionInput={"Values": ["1"]}),
        lambda: glue.delete_partition(**table, PartitionValues=["1"]),
        lambda: glue.get_tables(DatabaseName="absent"),
        lambda: glue.get_table_version(**table, VersionId="9"),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert code(error) == "EntityNotFoundException"
    [failed] = glue.batch_delete_partition(**table, PartitionsToDelete=[{"Values": ["1"]}])["Errors"]
    assert failed["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"


def test_a_partition_is_updated_and_renamed(glue: Any) -> None:
    table = made(glue, "renamed", "day")
    days(glue, table, 2)
    new = {"Values": ["09"], "StorageDescriptor": {"Location": "s3://b/9/"}}
    glue.update_partition(**table, PartitionValueList=["00"], PartitionInput=new)
    assert [item["Values"] for item in glue.get_partitions(**table)["Partitions"]] == [["01"], ["09"]]
    with pytest.raises(ClientError) as error:
        glue.update_partition(**table, PartitionValueList=["09"], PartitionInput={"Values": ["01"]})
    assert code(error) == "AlreadyExistsException"


def test_names_are_folded_to_lower_case(glue: Any) -> None:
    glue.create_table(DatabaseName=DATABASE.upper(), TableInput={"Name": "MixedCase"})
    assert glue.get_table(DatabaseName=DATABASE, Name="mixedcase")["Table"]["Name"] == "mixedcase"
    assert glue.get_table(DatabaseName=DATABASE, Name="MIXEDcase")["Table"]["DatabaseName"] == DATABASE
    with pytest.raises(ClientError) as error:
        glue.create_table(DatabaseName=DATABASE, TableInput={"Name": "mixedCASE"})
    assert code(error) == "AlreadyExistsException"
    glue.delete_table(DatabaseName=DATABASE, Name="MixedCase")


def test_a_table_has_what_it_was_given_and_nothing_else(glue: Any) -> None:
    made(glue, "bare")
    found = glue.get_table(DatabaseName=DATABASE, Name="bare")["Table"]
    assert found.keys().isdisjoint({"Owner", "Description", "TableType", "StorageDescriptor", "ViewOriginalText"})
    made(glue, "retained", Retention=7, Owner="me")
    found = glue.get_table(DatabaseName=DATABASE, Name="retained")["Table"]
    assert (found["Retention"], found["Owner"]) == (7, "me")


def test_an_update_replaces_the_table_and_keeps_its_versions(glue: Any) -> None:
    table = made(glue, "versioned", Description="first", Parameters={"a": "1"})
    named = {"DatabaseName": DATABASE, "TableInput": {"Name": "versioned", "Parameters": {"b": "2"}}}
    glue.update_table(**named)
    found = glue.get_table(DatabaseName=DATABASE, Name="versioned")["Table"]
    assert ("Description" in found, found["Parameters"]) == (False, {"b": "2"})
    glue.update_table(**named, SkipArchive=True)
    versions = glue.get_table_versions(**table)["TableVersions"]
    assert [version["VersionId"] for version in versions] == ["3", "1"]
    assert versions[1]["Table"]["Description"] == "first"
    assert glue.get_table_version(**table)["TableVersion"]["VersionId"] == "3"
    assert glue.get_table_version(**table, VersionId="1")["TableVersion"]["Table"]["Parameters"] == {"a": "1"}
    with pytest.raises(ClientError) as error:
        glue.update_table(**named, VersionId="1")
    assert code(error) == "ConcurrentModificationException"
    glue.delete_table_version(**table, VersionId="1")
    assert [version["VersionId"] for version in glue.get_table_versions(**table)["TableVersions"]] == ["3"]


def test_a_type_with_a_line_end_is_refused(glue: Any) -> None:
    columns = [{"Name": "a", "Type": "array<\n int>"}]
    with pytest.raises(ClientError) as error:
        made(glue, "typed", StorageDescriptor={"Columns": columns})
    assert code(error) == "ValidationException"


def test_tables_are_found_by_text_and_by_pattern(glue: Any) -> None:
    made(glue, "needle_one", Parameters={"team": "Haystack"})
    made(glue, "needle_two")
    assert [table["Name"] for table in glue.search_tables(SearchText="haystack")["TableList"]] == ["needle_one"]
    for pattern in ("needle*", "needle.*"):
        found = glue.get_tables(DatabaseName=DATABASE, Expression=pattern)["TableList"]
        assert [table["Name"] for table in found] == ["needle_one", "needle_two"]


def test_a_table_that_is_made_again_has_neither_partitions_nor_versions(glue: Any) -> None:
    table = made(glue, "again", "day")
    days(glue, table, 1)
    glue.update_table(DatabaseName=DATABASE, TableInput={"Name": "again", "Description": "x"})
    glue.delete_table(DatabaseName=DATABASE, Name="again")
    made(glue, "again", "day")
    assert glue.get_partitions(**table)["Partitions"] == []
    assert len(glue.get_table_versions(**table)["TableVersions"]) == 1


def test_the_catalogue_of_another_account_is_not_the_callers(glue: Any) -> None:
    for call in (
        lambda catalog: glue.get_database(CatalogId=catalog, Name=DATABASE),
        lambda catalog: glue.create_table(CatalogId=catalog, DatabaseName=DATABASE, TableInput={"Name": "elsewhere"}),
    ):
        for catalog, refused in (
            ("111122223333", "AccessDeniedException"),
            ("000000000000:s3tablescatalog/some", "EntityNotFoundException"),
        ):
            with pytest.raises(ClientError) as error:
                call(catalog)
            assert code(error) == refused
    assert glue.get_database(CatalogId="000000000000", Name=DATABASE)["Database"]["CatalogId"] == "000000000000"


def test_partition_indexes_are_of_keys_that_the_table_has(glue: Any) -> None:
    table = made(glue, "indexed", "Year", "month")
    glue.create_partition_index(**table, PartitionIndex={"IndexName": "by_month", "Keys": ["MONTH", "year"]})
    described = [
        {
            "IndexName": "by_month",
            "Keys": [{"Name": "month", "Type": "string"}, {"Name": "year", "Type": "string"}],
            "IndexStatus": "ACTIVE",
        }
    ]
    upper = {"DatabaseName": DATABASE, "TableName": "Indexed"}
    assert glue.get_partition_indexes(**upper)["PartitionIndexDescriptorList"] == described
    for index, refused in (
        ({"IndexName": "other", "Keys": ["day"]}, "InvalidInputException"),
        ({"IndexName": "by_month", "Keys": ["month"]}, "AlreadyExistsException"),
    ):
        with pytest.raises(ClientError) as error:
            glue.create_partition_index(**table, PartitionIndex=index)
        assert code(error) == refused
    for number in (2, 3):
        glue.create_partition_index(**table, PartitionIndex={"IndexName": str(number), "Keys": ["month"]})
    with pytest.raises(ClientError) as error:
        glue.create_partition_index(**table, PartitionIndex={"IndexName": "4", "Keys": ["month"]})
    assert code(error) == "ResourceNumberLimitExceededException"
    for name in ("2", "3"):
        glue.delete_partition_index(**table, IndexName=name)
    assert glue.get_partition_indexes(**table)["PartitionIndexDescriptorList"] == described
    for call in (
        lambda: glue.delete_partition_index(**table, IndexName="2"),
        lambda: glue.get_partition_indexes(DatabaseName=DATABASE, TableName="absent"),
        lambda: glue.create_partition_index(
            DatabaseName=DATABASE, TableName="absent", PartitionIndex={"IndexName": "i", "Keys": ["day"]}
        ),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert code(error) == "EntityNotFoundException"


def test_a_table_is_made_with_its_partition_indexes(glue: Any) -> None:
    keys = [{"Name": "day", "Type": "date"}]
    made_with = {"DatabaseName": DATABASE, "TableInput": {"Name": "made_with_index", "PartitionKeys": keys}}
    with pytest.raises(ClientError) as error:
        glue.create_table(**made_with, PartitionIndexes=[{"IndexName": "i", "Keys": ["hour"]}])
    assert code(error) == "InvalidInputException"
    glue.create_table(**made_with, PartitionIndexes=[{"IndexName": "i", "Keys": ["day"]}])
    indexes = glue.get_partition_indexes(DatabaseName=DATABASE, TableName="made_with_index")
    assert [index["Keys"] for index in indexes["PartitionIndexDescriptorList"]] == [keys]


def test_statistics_and_functions_find_their_table_and_database_by_any_case(glue: Any) -> None:
    table = made(glue, "counted_up")
    statistics = {
        "ColumnName": "a",
        "ColumnType": "int",
        "AnalyzedTime": 1,
        "StatisticsData": {
            "Type": "LONG",
            "LongColumnStatisticsData": {"NumberOfNulls": 0, "NumberOfDistinctValues": 1},
        },
    }
    glue.update_column_statistics_for_table(**table, ColumnStatisticsList=[statistics])
    found = glue.get_column_statistics_for_table(
        DatabaseName=DATABASE.upper(), TableName="Counted_Up", ColumnNames=["a"]
    )
    assert [each["ColumnName"] for each in found["ColumnStatisticsList"]] == ["a"]
    function = {"FunctionName": "f", "ClassName": "c", "OwnerName": "o", "OwnerType": "USER"}
    glue.create_user_defined_function(DatabaseName=DATABASE.upper(), FunctionInput=function)
    assert (
        glue.get_user_defined_function(DatabaseName=DATABASE, FunctionName="f")["UserDefinedFunction"]["ClassName"]
        == "c"
    )
    glue.delete_user_defined_function(DatabaseName=DATABASE, FunctionName="f")


def test_iceberg_tables_are_not_made_as_if_they_were_plain(glue: Any) -> None:
    iceberg = {"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2"}}
    with pytest.raises(ClientError, match="OpenTableFormatInput is not supported by the local stage"):
        glue.create_table(DatabaseName=DATABASE, TableInput={"Name": "ice"}, OpenTableFormatInput=iceberg)
    with pytest.raises(ClientError) as error:
        glue.get_table(DatabaseName=DATABASE, Name="ice")
    assert code(error) == "EntityNotFoundException"


def test_versions_and_partitions_survive_a_kill(new_stage: Callable[[], RunningStage]) -> None:
    stage = new_stage()
    glue = stage.client("glue")
    glue.create_database(DatabaseInput={"Name": "kept"})
    keys = [{"Name": "day", "Type": "string"}]
    glue.create_table(DatabaseName="kept", TableInput={"Name": "t", "PartitionKeys": keys, "Description": "first"})
    glue.update_table(DatabaseName="kept", TableInput={"Name": "t", "PartitionKeys": keys})
    table = {"DatabaseName": "kept", "TableName": "t"}
    glue.batch_create_partition(**table, PartitionInputList=[{"Values": [day]} for day in ("1", "2", "3")])
    glue.batch_delete_partition(**table, PartitionsToDelete=[{"Values": ["2"]}])
    stage.stop(signal.SIGKILL)
    stage.start()
    glue = stage.client("glue")
    assert [item["Values"] for item in glue.get_partitions(**table)["Partitions"]] == [["1"], ["3"]]
    versions = glue.get_table_versions(**table)["TableVersions"]
    assert [(version["VersionId"], version["Table"].get("Description")) for version in versions] == [
        ("2", None),
        ("1", "first"),
    ]
