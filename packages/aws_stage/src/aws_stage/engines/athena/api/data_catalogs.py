"""Data catalogs: the one that every account has, and what Athena shows of its databases and tables."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.athena.api.requests import invalid, page, required
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.settings import ACCOUNT_ID

NAME = "AwsDataCatalog"


class DataCatalogs:
    """``AwsDataCatalog``, which is the stage's Glue Data Catalog. There are no others."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.operations: dict[str, Handler] = {
            "ListDataCatalogs": self.list_catalogs,
            "GetDataCatalog": self.get,
            "ListDatabases": self.list_databases,
            "GetDatabase": self.get_database,
            "ListTableMetadata": self.list_tables,
            "GetTableMetadata": self.get_table,
        }

    def list_catalogs(self, call: Call) -> dict[str, Any]:
        catalogs, more = page([{"CatalogName": NAME, "Type": "GLUE"}], call.payload, 50)
        return {"DataCatalogsSummary": catalogs, **more}

    def get(self, call: Call) -> dict[str, Any]:
        _only_ours(str(required(call.payload, "Name")))
        return {"DataCatalog": {"Name": NAME, "Type": "GLUE", "Parameters": {"catalog-id": ACCOUNT_ID}}}

    def list_databases(self, call: Call) -> dict[str, Any]:
        _only_ours(str(required(call.payload, "CatalogName")))
        pages = self._stage.client("glue").get_paginator("get_databases").paginate()
        databases = [_database(found) for answer in pages for found in answer["DatabaseList"]]
        databases, more = page(sorted(databases, key=lambda found: str(found["Name"])), call.payload, 50)
        return {"DatabaseList": databases, **more}

    def get_database(self, call: Call) -> dict[str, Any]:
        _only_ours(str(required(call.payload, "CatalogName")))
        name = str(required(call.payload, "DatabaseName"))
        try:
            return {"Database": _database(self._stage.client("glue").get_database(Name=name.lower())["Database"])}
        except ClientError as error:
            raise _metadata_error(error) from error

    def list_tables(self, call: Call) -> dict[str, Any]:
        _only_ours(str(required(call.payload, "CatalogName")))
        database = str(required(call.payload, "DatabaseName")).lower()
        wanted = self._expression(call.payload.get("Expression"))
        glue = self._stage.client("glue")
        try:
            pages = list(glue.get_paginator("get_tables").paginate(DatabaseName=database))
        except ClientError as error:
            raise _metadata_error(error) from error
        tables = sorted(
            (found for answer in pages for found in answer["TableList"]), key=lambda found: str(found["Name"])
        )
        tables, more = page([found for found in tables if wanted.fullmatch(found["Name"])], call.payload, 50)
        return {"TableMetadataList": [_table(found) for found in tables], **more}

    def get_table(self, call: Call) -> dict[str, Any]:
        _only_ours(str(required(call.payload, "CatalogName")))
        database = str(required(call.payload, "DatabaseName")).lower()
        name = str(required(call.payload, "TableName")).lower()
        try:
            return {
                "TableMetadata": _table(self._stage.client("glue").get_table(DatabaseName=database, Name=name)["Table"])
            }
        except ClientError as error:
            raise _metadata_error(error) from error

    def _expression(self, text: str | None) -> re.Pattern[str]:
        try:
            return re.compile(text.replace("*", ".*").replace("..*", ".*") if text else ".*", re.IGNORECASE)
        except re.error as error:
            raise invalid(f"Expression {text!r} is not a regular expression: {error}") from error


def _only_ours(name: str) -> None:
    if name.lower() != NAME.lower():
        raise invalid(f"Data catalog {name} was not found: the local stage has {NAME} only.")


def _metadata_error(error: ClientError) -> AwsError:
    """What Glue refused, in the envelope that Athena puts it in: clients look for the code of Glue's error there."""
    said, answer = error.response["Error"], error.response["ResponseMetadata"]
    where = f"Service: AmazonDataCatalog; Status Code: {answer['HTTPStatusCode']}; Error Code: {said['Code']}"
    request = f"Request ID: {answer['RequestId']}; Proxy: null"
    return AwsError("MetadataException", f"{said.get('Message', '')} ({where}; {request})")


def _database(found: dict[str, Any]) -> dict[str, Any]:
    members = ("Name", "Description", "Parameters")
    return {member: found[member] for member in members if found.get(member) is not None}


def _table(found: dict[str, Any]) -> dict[str, Any]:
    descriptor = found.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}
    parameters = dict(found.get("Parameters") or {})
    shown = {
        "inputformat": descriptor.get("InputFormat"),
        "outputformat": descriptor.get("OutputFormat"),
        "location": descriptor.get("Location"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
        **{f"serde.param.{name}": value for name, value in (serde.get("Parameters") or {}).items()},
    }
    parameters.update({name: value for name, value in shown.items() if value is not None})
    answer: dict[str, Any] = {
        "Name": found["Name"],
        "TableType": found.get("TableType", ""),
        "Columns": [_column(column) for column in descriptor.get("Columns") or ()],
        "PartitionKeys": [_column(column) for column in found.get("PartitionKeys") or ()],
        "Parameters": parameters,
    }
    for member, source in (("CreateTime", "CreateTime"), ("LastAccessTime", "LastAccessTime")):
        if found.get(source) is not None:
            answer[member] = found[source]
    return answer


def _column(column: dict[str, Any]) -> dict[str, str]:
    return {member: column[member] for member in ("Name", "Type", "Comment") if column.get(member)}
