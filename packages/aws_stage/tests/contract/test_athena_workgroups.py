"""Workgroups, saved queries, prepared statements, tags and catalogs through the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from botocore.exceptions import ClientError

from contract.athena_lake import AthenaLake

GROUP = "athena_admin_group"


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    return AthenaLake(stage, "athena_admin")


@pytest.fixture
def athena(lake: AthenaLake) -> Iterator[Any]:
    """A client, with a workgroup that goes away afterwards."""
    lake.athena.create_work_group(
        Name=GROUP,
        Description="for analysts",
        Configuration={
            "ResultConfiguration": {"OutputLocation": "s3://athena-admin/out/"},
            "EnforceWorkGroupConfiguration": True,
            "PublishCloudWatchMetricsEnabled": True,
            "BytesScannedCutoffPerQuery": 1_000_000_000,
        },
        Tags=[{"Key": "STAGE", "Value": "local"}],
    )
    yield lake.athena
    lake.athena.delete_work_group(WorkGroup=GROUP, RecursiveDeleteOption=True)


def arn(name: str) -> str:
    return f"arn:aws:athena:ap-northeast-1:000000000000:workgroup/{name}"


def message(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**request)
    details = error.value.response["Error"]
    return f"{details['Code']}: {details['Message']}"


def test_a_workgroup_comes_back_as_it_was_made(athena: Any) -> None:
    group = athena.get_work_group(WorkGroup=GROUP)["WorkGroup"]
    assert (group["Name"], group["State"], group["Description"]) == (GROUP, "ENABLED", "for analysts")
    assert group["Configuration"] == {
        "ResultConfiguration": {"OutputLocation": "s3://athena-admin/out/"},
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "BytesScannedCutoffPerQuery": 1_000_000_000,
        "RequesterPaysEnabled": False,
        "EngineVersion": {
            "SelectedEngineVersion": "AUTO",
            "EffectiveEngineVersion": "Athena engine version 3",
        },
    }
    names = [summary["Name"] for summary in athena.list_work_groups()["WorkGroups"]]
    assert {"primary", GROUP} <= set(names)


def test_a_workgroup_is_updated_member_by_member(athena: Any) -> None:
    athena.update_work_group(
        WorkGroup=GROUP,
        Description="for all",
        ConfigurationUpdates={
            "RemoveBytesScannedCutoffPerQuery": True,
            "EnforceWorkGroupConfiguration": False,
            "ResultConfigurationUpdates": {
                "OutputLocation": "s3://athena-admin/new/",
                "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "alias/x"},
            },
        },
    )
    group = athena.get_work_group(WorkGroup=GROUP)["WorkGroup"]
    assert "BytesScannedCutoffPerQuery" not in group["Configuration"]
    assert group["Description"] == "for all"
    assert group["Configuration"]["ResultConfiguration"] == {
        "OutputLocation": "s3://athena-admin/new/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "alias/x"},
    }
    athena.update_work_group(
        WorkGroup=GROUP, ConfigurationUpdates={"ResultConfigurationUpdates": {"RemoveEncryptionConfiguration": True}}
    )
    result = athena.get_work_group(WorkGroup=GROUP)["WorkGroup"]["Configuration"]["ResultConfiguration"]
    assert result == {"OutputLocation": "s3://athena-admin/new/"}


def test_a_disabled_workgroup_runs_nothing(athena: Any) -> None:
    athena.update_work_group(WorkGroup=GROUP, State="DISABLED")
    assert "is disabled" in message(athena.start_query_execution, QueryString="SELECT 1", WorkGroup=GROUP)
    athena.update_work_group(WorkGroup=GROUP, State="ENABLED")


def test_workgroups_refuse_what_is_wrong(athena: Any) -> None:
    create = athena.create_work_group
    assert message(create, Name=GROUP) == "InvalidRequestException: WorkGroup is already created"
    assert "must match" in message(create, Name="no spaces")
    assert "not a valid S3 path" in message(
        create, Name="x", Configuration={"ResultConfiguration": {"OutputLocation": "there"}}
    )
    assert "Athena engine version 3 only" in message(
        create, Name="x", Configuration={"EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"}}
    )
    assert "managed query results" in message(
        create, Name="x", Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}}
    )
    encryption = {"EncryptionOption": "CSE_KMS", "KmsKey": "alias/x"}
    assert "does not support CSE_KMS" in message(
        create, Name="x", Configuration={"ResultConfiguration": {"EncryptionConfiguration": encryption}}
    )
    assert message(athena.get_work_group, WorkGroup="nowhere") == (
        "InvalidRequestException: WorkGroup nowhere is not found."
    )
    assert "cannot be deleted" in message(athena.delete_work_group, WorkGroup="primary")


def test_a_workgroup_in_use_is_deleted_only_with_its_content(athena: Any) -> None:
    athena.create_named_query(Name="q", Database="d", QueryString="SELECT 1", WorkGroup=GROUP)
    assert "WorkGroup is not empty" in message(athena.delete_work_group, WorkGroup=GROUP)
    assert len(athena.list_named_queries(WorkGroup=GROUP)["NamedQueryIds"]) == 1


def test_tags_of_a_workgroup(athena: Any) -> None:
    athena.tag_resource(ResourceARN=arn(GROUP), Tags=[{"Key": "OWNER", "Value": "me"}])
    athena.untag_resource(ResourceARN=arn(GROUP), TagKeys=["STAGE"])
    assert athena.list_tags_for_resource(ResourceARN=arn(GROUP))["Tags"] == [{"Key": "OWNER", "Value": "me"}]
    assert "is not found" in message(athena.list_tags_for_resource, ResourceARN=arn("nowhere"))


def test_named_queries_live_by_their_ids(athena: Any) -> None:
    query = {"Name": "hourly", "Description": "trend", "Database": "d", "QueryString": "SELECT 1", "WorkGroup": GROUP}
    query_id = athena.create_named_query(**query, ClientRequestToken="x" * 32)["NamedQueryId"]
    assert athena.create_named_query(**query, ClientRequestToken="x" * 32)["NamedQueryId"] == query_id
    assert athena.get_named_query(NamedQueryId=query_id)["NamedQuery"] == {**query, "NamedQueryId": query_id}
    athena.update_named_query(NamedQueryId=query_id, Name="daily", QueryString="SELECT 2")
    batch = athena.batch_get_named_query(NamedQueryIds=[query_id, "none"])
    assert [found["Name"] for found in batch["NamedQueries"]] == ["daily"]
    assert [missing["NamedQueryId"] for missing in batch["UnprocessedNamedQueryIds"]] == ["none"]
    athena.delete_named_query(NamedQueryId=query_id)
    assert "was not found" in message(athena.get_named_query, NamedQueryId=query_id)


def test_prepared_statements_through_the_api(athena: Any) -> None:
    athena.create_prepared_statement(StatementName="one", WorkGroup=GROUP, QueryStatement="SELECT ?")
    assert "already exists" in message(
        athena.create_prepared_statement, StatementName="one", WorkGroup=GROUP, QueryStatement="SELECT ?"
    )
    athena.update_prepared_statement(StatementName="one", WorkGroup=GROUP, QueryStatement="SELECT ? + 1")
    found = athena.get_prepared_statement(StatementName="one", WorkGroup=GROUP)["PreparedStatement"]
    assert found["QueryStatement"] == "SELECT ? + 1"
    listed = athena.list_prepared_statements(WorkGroup=GROUP)["PreparedStatements"]
    assert [statement["StatementName"] for statement in listed] == ["one"]
    batch = athena.batch_get_prepared_statement(PreparedStatementNames=["one", "two"], WorkGroup=GROUP)
    assert [s["StatementName"] for s in batch["PreparedStatements"]] == ["one"]
    assert [s["StatementName"] for s in batch["UnprocessedPreparedStatementNames"]] == ["two"]
    athena.delete_prepared_statement(StatementName="one", WorkGroup=GROUP)
    assert message(athena.get_prepared_statement, StatementName="one", WorkGroup=GROUP).startswith(
        "ResourceNotFoundException"
    )


def test_the_catalogue_as_athena_shows_it(lake: AthenaLake, athena: Any) -> None:
    lake.rows(
        "CREATE EXTERNAL TABLE shown (id int COMMENT 'key') PARTITIONED BY (day string) STORED AS PARQUET "
        "LOCATION 's3://athena-admin/shown/'"
    )
    assert athena.list_data_catalogs()["DataCatalogsSummary"] == [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}]
    assert athena.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]["Type"] == "GLUE"
    assert "was not found" in message(athena.get_data_catalog, Name="other")
    names = [database["Name"] for database in athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]]
    assert "athena_admin" in names
    where = {"CatalogName": "AwsDataCatalog", "DatabaseName": "athena_admin"}
    assert athena.get_database(**where)["Database"]["Name"] == "athena_admin"
    [listed] = athena.list_table_metadata(**where, Expression="sho*")["TableMetadataList"]
    table = athena.get_table_metadata(**where, TableName="shown")["TableMetadata"]
    assert listed == table
    assert table["Columns"] == [{"Name": "id", "Type": "int", "Comment": "key"}]
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert table["Parameters"]["location"] == "s3://athena-admin/shown/"
    absent = message(athena.get_table_metadata, **where, TableName="nowhere")
    assert re.fullmatch(
        r"MetadataException: .*nowhere.* \(Service: AmazonDataCatalog; Status Code: 400; "
        r"Error Code: EntityNotFoundException; Request ID: [0-9a-f-]{36}; Proxy: null\)",
        absent,
    )


def test_what_the_stage_does_not_serve_is_refused(athena: Any) -> None:
    refused = message(athena.create_data_catalog, Name="lambda_catalog", Type="LAMBDA")
    assert refused.startswith("UnsupportedOperationException")
    assert "docs/local-stage.md" in refused
