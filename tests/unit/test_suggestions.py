"""What a refused question may have meant, by the names of the Data Catalog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from datastreamer.cli.suggestions import did_you_mean

OF_AWS = " or requester is not authorized to access requested resources"


@pytest.fixture
def glue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("glue", region_name="ap-northeast-1")
        for database, tables in {
            "lake": {"device_telemetry": ["device_id", "temperature"], "sites": ["site", "temper"]},
            "votes": {"ballots": ["candidate"]},
        }.items():
            client.create_database(DatabaseInput={"Name": database})
            for table, columns in tables.items():
                client.create_table(
                    DatabaseName=database,
                    TableInput={
                        "Name": table,
                        "StorageDescriptor": {"Columns": [{"Name": name, "Type": "string"} for name in columns]},
                        "PartitionKeys": [{"Name": "month", "Type": "string"}],
                    },
                )
        yield client


def suggested(glue: Any, failure: str, sql: str) -> str:
    return did_you_mean(glue, failure, sql, database="lake")


@pytest.mark.parametrize("rest", ["", OF_AWS])
@pytest.mark.parametrize("name", ["temprature", "TEMPRATURE", "t.temprature", "device_telemetry.temprature"])
def test_the_nearest_column_of_the_tables_in_the_statement(glue: Any, name: str, rest: str) -> None:
    failure = f"COLUMN_NOT_FOUND: line 1:8: Column '{name}' cannot be resolved{rest}"
    assert suggested(glue, failure, "SELECT x FROM lake.DEVICE_TELEMETRY t") == " Did you mean 'temperature'?"


def test_partition_keys_are_columns(glue: Any) -> None:
    failure = "COLUMN_NOT_FOUND: line 1:8: Column 'mont' cannot be resolved"
    assert suggested(glue, failure, "SELECT mont FROM sites") == " Did you mean 'month'?"


def test_without_a_near_column_those_that_there_are(glue: Any) -> None:
    failure = "COLUMN_NOT_FOUND: line 1:8: Column 'pressure' cannot be resolved"
    assert suggested(glue, failure, 'SELECT pressure FROM "sites"') == " Columns of sites: site, temper, month"


def test_the_nearest_table_of_the_database_that_was_named(glue: Any) -> None:
    failure = "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.device_telemetri' does not exist"
    assert suggested(glue, failure, "SELECT 1") == " Did you mean 'device_telemetry'?"
    failure = "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.votes.x' does not exist"
    assert suggested(glue, failure, "SELECT 1") == " Tables of votes: ballots"


@pytest.mark.parametrize("name", ["device_telemetri", "lake.device_telemetri"])
def test_ddl_names_a_table_in_the_words_of_hive(glue: Any, name: str) -> None:
    failure = f"FAILED: SemanticException [Error 10001]: Table not found {name}"
    assert suggested(glue, failure, "DESCRIBE x") == " Did you mean 'device_telemetry'?"


def test_the_nearest_database(glue: Any) -> None:
    failure = "SCHEMA_NOT_FOUND: line 1:15: Schema 'vote' does not exist"
    assert suggested(glue, failure, "SELECT 1") == " Did you mean 'votes'?"


def test_nothing_is_suggested_for_another_failure_or_for_columns_of_no_table(glue: Any) -> None:
    assert suggested(glue, "DIVISION_BY_ZERO: Division by zero", "SELECT 1 / 0 FROM sites") == ""
    assert (
        suggested(glue, "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", "SELECT x FROM (VALUES 1)") == ""
    )


def test_a_catalogue_that_does_not_answer_hides_nothing(glue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_operation: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetTables")

    monkeypatch.setattr(glue, "get_paginator", refused)
    assert suggested(glue, "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", "SELECT x FROM sites") == ""
