"""Databases, tables and tags of Timestream, as boto3 sees them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import boto3
import pytest
from aws_stage.testing import REGION, RunningStage
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def write(stage: RunningStage) -> Any:
    return stage.client("timestream-write")


def _refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


@pytest.mark.parametrize("api", ["timestream-write", "timestream-query"])
def test_boto3_follows_the_address_that_it_discovers(
    stage: RunningStage, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", stage.endpoint_url)
    new_client: Any = boto3.client
    client = new_client(api, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
    asked: list[bytes] = []
    client.meta.events.register("before-send", lambda request, **_: asked.append(request.headers["X-Amz-Target"]))
    with pytest.raises(ClientError, match="The database nothing does not exist"):
        client.list_tags_for_resource(ResourceARN=f"arn:aws:timestream:{REGION}:000000000000:database/nothing")
    assert [target.decode().rpartition(".")[2] for target in asked] == ["DescribeEndpoints", "ListTagsForResource"]


def test_a_database_is_created_described_listed_changed_and_deleted(write: Any, stage: RunningStage) -> None:
    made = write.create_database(DatabaseName="control.one", Tags=[{"Key": "a", "Value": "1"}])["Database"]
    assert made["Arn"] == f"arn:aws:timestream:{REGION}:000000000000:database/control.one"
    assert made["KmsKeyId"].startswith(f"arn:aws:kms:{REGION}:000000000000:key/")
    assert write.describe_database(DatabaseName="control.one")["Database"] == made
    key = stage.client("kms").create_key()["KeyMetadata"]
    changed = write.update_database(DatabaseName="control.one", KmsKeyId=key["KeyId"])["Database"]
    assert changed["KmsKeyId"] == key["Arn"]
    write.create_table(DatabaseName="control.one", TableName="metrics")
    assert write.describe_database(DatabaseName="control.one")["Database"]["TableCount"] == 1
    names = [each["DatabaseName"] for each in write.list_databases(MaxResults=20)["Databases"]]
    assert "control.one" in names
    with pytest.raises(ClientError) as error:
        write.delete_database(DatabaseName="control.one")
    assert _refused(error)[0] == "ValidationException"
    write.delete_table(DatabaseName="control.one", TableName="metrics")
    write.delete_database(DatabaseName="control.one")
    with pytest.raises(ClientError) as error:
        write.describe_database(DatabaseName="control.one")
    assert _refused(error) == ("ResourceNotFoundException", "The database control.one does not exist.")


def test_a_table_takes_awss_defaults_and_what_is_changed(write: Any) -> None:
    write.create_database(DatabaseName="control-two")
    made = write.create_table(DatabaseName="control-two", TableName="metrics")["Table"]
    assert made["RetentionProperties"] == {
        "MemoryStoreRetentionPeriodInHours": 6,
        "MagneticStoreRetentionPeriodInDays": 73_000,
    }
    assert made["MagneticStoreWriteProperties"] == {"EnableMagneticStoreWrites": False}
    assert made["Schema"] == {"CompositePartitionKey": [{"Type": "MEASURE"}]}
    retention = {"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 365}
    late = {"EnableMagneticStoreWrites": True}
    changed = write.update_table(
        DatabaseName="control-two",
        TableName="metrics",
        RetentionProperties=retention,
        MagneticStoreWriteProperties=late,
    )["Table"]
    assert (changed["RetentionProperties"], changed["MagneticStoreWriteProperties"]) == (retention, late)
    assert write.describe_table(DatabaseName="control-two", TableName="metrics")["Table"] == changed


def test_a_partition_key_stays_but_for_its_enforcement(write: Any) -> None:
    write.create_database(DatabaseName="control-key")
    where = {"DatabaseName": "control-key", "TableName": "metrics"}
    key = {"Type": "DIMENSION", "Name": "device_id", "EnforcementInRecord": "REQUIRED"}
    write.create_table(**where, Schema={"CompositePartitionKey": [key]})
    optional = {**key, "EnforcementInRecord": "OPTIONAL"}
    table = write.update_table(**where, Schema={"CompositePartitionKey": [optional]})["Table"]
    assert table["Schema"] == {"CompositePartitionKey": [optional]}
    with pytest.raises(ClientError) as error:
        write.update_table(**where, Schema={"CompositePartitionKey": [{**key, "Name": "site_id"}]})
    assert _refused(error)[0] == "ValidationException"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"DatabaseName": "control-bad", "TableName": "metrics"}, "ConflictException"),
        ({"DatabaseName": "nowhere", "TableName": "metrics"}, "ResourceNotFoundException"),
        ({"DatabaseName": "control-bad", "TableName": "ab"}, "ValidationException"),
        ({"DatabaseName": "control-bad", "TableName": "with space"}, "ValidationException"),
        (
            {
                "DatabaseName": "control-bad",
                "TableName": "long-memory",
                "RetentionProperties": {
                    "MemoryStoreRetentionPeriodInHours": 8767,
                    "MagneticStoreRetentionPeriodInDays": 1,
                },
            },
            "ValidationException",
        ),
    ],
)
def test_a_table_that_aws_would_not_make_is_refused_as_aws_does(write: Any, wrong: Any, code: str) -> None:
    for make, arguments in (
        (write.create_database, {"DatabaseName": "control-bad"}),
        (write.create_table, {"DatabaseName": "control-bad", "TableName": "metrics"}),
    ):
        with suppress(write.exceptions.ConflictException):  # an earlier case made it
            make(**arguments)
    with pytest.raises(ClientError) as error:
        write.create_table(**wrong)
    assert _refused(error)[0] == code


def test_tables_are_listed_by_the_page(write: Any) -> None:
    write.create_database(DatabaseName="control-pages")
    for number in range(3):
        write.create_table(DatabaseName="control-pages", TableName=f"table-{number}")
    first = write.list_tables(DatabaseName="control-pages", MaxResults=2)
    rest = write.list_tables(DatabaseName="control-pages", MaxResults=2, NextToken=first["NextToken"])
    assert [table["TableName"] for table in first["Tables"] + rest["Tables"]] == ["table-0", "table-1", "table-2"]
    assert "NextToken" not in rest
    with pytest.raises(ClientError) as error:
        write.list_tables(DatabaseName="control-pages", NextToken="made up")
    assert _refused(error)[0] == "ValidationException"


def test_tags_of_databases_and_tables_are_added_replaced_and_removed(write: Any, stage: RunningStage) -> None:
    arn = write.create_database(DatabaseName="control-tags", Tags=[{"Key": "a", "Value": "1"}])["Database"]["Arn"]
    table = write.create_table(DatabaseName="control-tags", TableName="metrics")["Table"]["Arn"]
    for each in (arn, table):
        write.tag_resource(ResourceARN=each, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
        write.untag_resource(ResourceARN=each, TagKeys=["b", "c"])
        for api in ("timestream-write", "timestream-query"):
            assert stage.client(api).list_tags_for_resource(ResourceARN=each)["Tags"] == [{"Key": "a", "Value": "2"}]
    with pytest.raises(ClientError) as error:
        write.tag_resource(ResourceARN=f"{table}s", Tags=[])
    assert _refused(error)[0] == "ResourceNotFoundException"


def test_what_the_stage_does_not_do_is_refused_by_name(stage: RunningStage) -> None:
    with pytest.raises(ClientError, match="does not support timestream:ListScheduledQueries"):
        stage.client("timestream-query").list_scheduled_queries()
    with pytest.raises(ClientError, match="does not support timestream:ListBatchLoadTasks"):
        stage.client("timestream-write").list_batch_load_tasks()
