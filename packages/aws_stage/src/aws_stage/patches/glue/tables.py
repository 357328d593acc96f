"""Tables of the catalogue and their versions, as Glue answers for them: what was given, and nothing else."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from aws_stage.kernel.engine import AwsError
from aws_stage.patches.glue.pages import page
from aws_stage.patches.glue.partition_indexes import described
from aws_stage.patches.glue.records import Operation, Record, Records, key_of, missing, now, shown

_PAGE = 100
_SEARCH_PAGE = 1000
_VERSIONS = 100
"""Former versions that are kept of a table; Glue has a quota for an account, and expires none."""


class Tables:
    """The operations of tables and of their versions."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.operations: Mapping[str, Operation] = {
            "CreateTable": self._create,
            "GetTable": lambda data: {"Table": shown(records.table(data["DatabaseName"], data["Name"]))},
            "GetTables": self._get_all,
            "SearchTables": self._search,
            "UpdateTable": self._update,
            "DeleteTable": self._delete,
            "BatchDeleteTable": self._delete_batch,
            "GetTableVersion": self._version,
            "GetTableVersions": self._get_versions,
            "DeleteTableVersion": self._delete_version,
            "BatchDeleteTableVersion": self._delete_versions,
        }

    def _create(self, data: Record) -> Record:
        self._records.database(data["DatabaseName"])
        key = f"{data['DatabaseName']}/{data['TableInput']['Name']}"
        if key in self._records.tables:
            raise AwsError("AlreadyExistsException", "Table already exists.")
        _refuse_open_formats(data)
        table, indexes = self._table(data, now(), "1"), list[Record]()
        for given in data.get("PartitionIndexes") or []:
            indexes.append(described(table, indexes, given))
        self._records.tables[key] = table
        if indexes:
            self._records.indexes[key] = indexes
        return {}

    def _update(self, data: Record) -> Record:
        """Replace the whole definition; what it was becomes a version, unless SkipArchive."""
        _refuse_open_formats(data)
        table = self._records.table(data["DatabaseName"], data["TableInput"]["Name"])
        key, version = key_of(table), str(table.get("VersionId") or "1")
        if data.get("VersionId") not in (None, version):
            raise AwsError(
                "ConcurrentModificationException",
                f"Update table failed due to concurrent modifications: version {version} is the latest.",
            )
        if not data.get("SkipArchive"):
            former = [*self._records.versions.get(key, []), copy.deepcopy(table)]
            self._records.versions[key] = former[-_VERSIONS:]
        self._records.tables[key] = self._table(data, table["CreateTime"], str(int(version) + 1))
        return {}

    def _table(self, data: Record, created: int, version: str) -> Record:
        return {
            "PartitionKeys": [],
            "Parameters": {},
            **data["TableInput"],
            "DatabaseName": data["DatabaseName"],
            "CreateTime": created,
            "UpdateTime": now(),
            "IsRegisteredWithLakeFormation": False,
            "VersionId": version,
            **self._records.stamp(),
        }

    def _get_all(self, data: Record) -> Record:
        found: Iterable[Record] = self._records.tables_of(data["DatabaseName"])
        if data.get("Expression"):
            pattern = _pattern(data["Expression"])
            found = [table for table in found if pattern.fullmatch(table["Name"])]
        found, more = page(found, lambda table: [table["Name"]], data, _PAGE)
        return {"TableList": [shown(table) for table in found], **more}

    def _search(self, data: Record) -> Record:
        """By SearchText alone, which is looked for in all that a table has."""
        for member in ("Filters", "SortCriteria"):
            if data.get(member):
                raise AwsError("OperationNotSupportedException", f"SearchTables with {member} is not supported here")
        text = str(data.get("SearchText") or "").strip('"').lower()
        found = [table for table in self._records.tables.values() if text in json.dumps(table, default=str).lower()]
        found, more = page(found, lambda table: [table["DatabaseName"], table["Name"]], data, _SEARCH_PAGE)
        return {"TableList": [shown(table) for table in found], **more}

    def _delete(self, data: Record) -> Record:
        self._records.forget_table(self._records.table(data["DatabaseName"], data["Name"]))
        return {}

    def _delete_batch(self, data: Record) -> Record:
        self._records.database(data["DatabaseName"])
        errors = []
        for name in data["TablesToDelete"]:
            try:
                self._records.forget_table(self._records.table(data["DatabaseName"], name))
            except AwsError as error:
                errors.append({"TableName": name, "ErrorDetail": _detail(error)})
        return {"Errors": errors}

    def _all_versions(self, data: Record) -> list[Record]:
        table = self._records.table_of(data)
        return [*self._records.versions.get(key_of(table), []), table]

    def _version(self, data: Record) -> Record:
        """A version by its id; the latest where none is named."""
        versions = self._all_versions(data)
        wanted = data.get("VersionId") or versions[-1].get("VersionId")
        for table in versions:
            if table.get("VersionId") == wanted:
                return {"TableVersion": _as_version(table)}
        raise missing(f"Version {wanted} of table {data['TableName']} not found.")

    def _get_versions(self, data: Record) -> Record:
        """Newest first."""
        found, more = page(self._all_versions(data), lambda table: [-int(table.get("VersionId") or 1)], data, _PAGE)
        return {"TableVersions": [_as_version(table) for table in found], **more}

    def _delete_version(self, data: Record) -> Record:
        table = self._records.table_of(data)
        if data["VersionId"] == table.get("VersionId"):
            raise AwsError("InvalidInputException", "The latest version of a table cannot be deleted.")
        former = self._records.versions.get(key_of(table), [])
        left = [version for version in former if version.get("VersionId") != data["VersionId"]]
        if len(left) == len(former):
            raise missing(f"Version {data['VersionId']} of table {data['TableName']} not found.")
        self._records.versions[key_of(table)] = left
        return {}

    def _delete_versions(self, data: Record) -> Record:
        self._records.table_of(data)
        errors = []
        for version in data["VersionIds"]:
            try:
                self._delete_version({**data, "VersionId": version})
            except AwsError as error:
                errors.append({"TableName": data["TableName"], "VersionId": version, "ErrorDetail": _detail(error)})
        return {"Errors": errors}


def _refuse_open_formats(data: Record) -> None:
    """Glue would write or change the metadata of an Iceberg table in S3."""
    for member in ("OpenTableFormatInput", "UpdateOpenTableFormatInput"):
        if data.get(member):
            raise AwsError("InvalidInputException", f"{member} is not supported by the local stage: no Iceberg tables")


def _as_version(table: Mapping[str, Any]) -> Record:
    return {"Table": shown(table), "VersionId": table.get("VersionId") or "1"}


def _detail(error: AwsError) -> Record:
    return {"ErrorCode": error.code, "ErrorMessage": error.message}


def _pattern(expression: str) -> Any:
    """A regular expression in which ``*`` also stands for any text, as awswrangler and Hive write it."""
    import re2

    try:
        return re2.compile("(?i)" + re.sub(r"(?<![.\])])\*", ".*", expression))
    except re2.error as error:
        raise AwsError("InvalidInputException", f"Expression {expression!r} is not a pattern: {error}") from error
