"""Tables: create, describe, list, change and delete."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aws_stage.engines.timestream.control.catalogue import Catalogue, Table
from aws_stage.engines.timestream.control.names import check_name, checked
from aws_stage.engines.timestream.control.pages import page_of
from aws_stage.engines.timestream.errors import conflict, invalid
from aws_stage.kernel.engine import Call, Stage

DEFAULT_RETENTION = {"MemoryStoreRetentionPeriodInHours": 6, "MagneticStoreRetentionPeriodInDays": 73_000}
DEFAULT_SCHEMA: dict[str, Any] = {"CompositePartitionKey": [{"Type": "MEASURE"}]}
"""What CreateTable takes for what it is not given (developer guide, "Quotas" and "Customer-defined partition keys")."""


class Tables:
    """The operations of tables. ``shrunk`` is called before a table's retention changes, ``removed`` after it is gone,
    each with the table as it was."""

    def __init__(
        self, stage: Stage, catalogue: Catalogue, shrunk: Callable[[Table], None], removed: Callable[[Table], None]
    ) -> None:
        self._stage = stage
        self._catalogue = catalogue
        self._shrunk = shrunk
        self._removed = removed

    def create(self, call: Call) -> dict[str, Any]:
        """CreateTable: active at once."""
        payload = checked(call)
        name = check_name("table", payload["TableName"])
        retention = payload.get("RetentionProperties") or DEFAULT_RETENTION
        now = self._stage.clock.now().timestamp()
        with self._catalogue.lock:
            database = self._catalogue.database(payload["DatabaseName"])
            if self._catalogue.has_table(database.name, name):
                raise conflict("table", name)
            table = Table(
                database=database.name,
                name=name,
                uid=uuid.uuid4().hex,
                arn=f"{database.arn}/table/{name}",
                created=now,
                updated=now,
                memory_hours=retention["MemoryStoreRetentionPeriodInHours"],
                magnetic_days=retention["MagneticStoreRetentionPeriodInDays"],
                magnetic_writes=payload.get("MagneticStoreWriteProperties") or {"EnableMagneticStoreWrites": False},
                schema=_schema(payload.get("Schema") or DEFAULT_SCHEMA),
                tags={tag["Key"]: tag["Value"] for tag in payload.get("Tags") or []},
            )
            self._catalogue.put(table)
        return {"Table": table.described()}

    def describe(self, call: Call) -> dict[str, Any]:
        """DescribeTable."""
        payload = checked(call)
        return {"Table": self._catalogue.table(payload["DatabaseName"], payload["TableName"]).described()}

    def list(self, call: Call) -> dict[str, Any]:
        """ListTables, of one database or of all."""
        payload = checked(call)
        database = payload.get("DatabaseName")
        if database is not None:
            self._catalogue.database(database)
        found, more = page_of(self._catalogue.tables(database), payload)
        return {"Tables": [table.described() for table in found], **more}

    def update(self, call: Call) -> dict[str, Any]:
        """UpdateTable: what it names is replaced. What has expired by then does not come back."""
        payload = checked(call)
        with self._catalogue.lock:
            table = self._catalogue.table(payload["DatabaseName"], payload["TableName"])
            changed = replace(table, updated=self._stage.clock.now().timestamp())
            if payload.get("RetentionProperties"):
                retention = payload["RetentionProperties"]
                self._shrunk(table)
                changed = replace(
                    changed,
                    memory_hours=retention["MemoryStoreRetentionPeriodInHours"],
                    magnetic_days=retention["MagneticStoreRetentionPeriodInDays"],
                )
            if payload.get("MagneticStoreWriteProperties"):
                changed = replace(changed, magnetic_writes=payload["MagneticStoreWriteProperties"])
            if payload.get("Schema"):
                changed = replace(changed, schema=_changed_schema(table.schema, _schema(payload["Schema"])))
            self._catalogue.put(changed)
        return {"Table": changed.described()}

    def delete(self, call: Call) -> dict[str, Any]:
        """DeleteTable: with its records, at once."""
        payload = checked(call)
        with self._catalogue.lock:
            table = self._catalogue.table(payload["DatabaseName"], payload["TableName"])
            self._catalogue.remove(table)
            self._removed(table)
        return {}


def _schema(wanted: dict[str, Any]) -> dict[str, Any]:
    """A partition key; raises where it is not one (developer guide, "Customer-defined partition keys")."""
    keys = wanted.get("CompositePartitionKey") or []
    if len(keys) != 1:
        raise invalid("A composite partition key has exactly one key.")
    [key] = keys
    if key["Type"] == "MEASURE":
        if key.get("Name") or key.get("EnforcementInRecord"):
            raise invalid("A partition key of type MEASURE has neither a name nor an enforcement.")
        return {"CompositePartitionKey": [{"Type": "MEASURE"}]}
    if not key.get("Name"):
        raise invalid("A partition key of type DIMENSION needs a name.")
    return {"CompositePartitionKey": [{"EnforcementInRecord": "OPTIONAL", **key}]}


def _changed_schema(held: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The schema with another enforcement, which is all of it that can change."""
    [before], [after] = held["CompositePartitionKey"], wanted["CompositePartitionKey"]
    if (before["Type"], before.get("Name")) != (after["Type"], after.get("Name")):
        raise invalid("The partition key of a table cannot be changed, only whether records must have it.")
    return wanted
