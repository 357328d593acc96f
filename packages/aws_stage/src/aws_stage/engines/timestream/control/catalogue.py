"""Databases and tables as the stage's store keeps them, and as the API describes them."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from aws_stage.engines.timestream.errors import not_found
from aws_stage.storage.store import Store

_DATABASE = "database"
_TABLE = "table"


@dataclass(frozen=True)
class Database:
    """A database; times are seconds since the epoch."""

    name: str
    arn: str
    kms_key: str
    created: float
    updated: float
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A table. ``uid`` tells it from an earlier one of its name; times are seconds since the epoch."""

    database: str
    name: str
    uid: str
    arn: str
    created: float
    updated: float
    memory_hours: int
    magnetic_days: int
    magnetic_writes: dict[str, Any]
    schema: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def takes_late(self) -> bool:
        """Whether records that are older than the memory store are taken into the magnetic store."""
        return bool(self.magnetic_writes["EnableMagneticStoreWrites"])

    @property
    def required_dimension(self) -> str | None:
        """The dimension of the partition key that every record must have."""
        [key] = self.schema["CompositePartitionKey"]
        return key["Name"] if key.get("EnforcementInRecord") == "REQUIRED" else None

    def described(self) -> dict[str, Any]:
        """The ``Table`` of the API."""
        return {
            "Arn": self.arn,
            "TableName": self.name,
            "DatabaseName": self.database,
            "TableStatus": "ACTIVE",
            "RetentionProperties": {
                "MemoryStoreRetentionPeriodInHours": self.memory_hours,
                "MagneticStoreRetentionPeriodInDays": self.magnetic_days,
            },
            "CreationTime": self.created,
            "LastUpdatedTime": self.updated,
            "MagneticStoreWriteProperties": self.magnetic_writes,
            "Schema": self.schema,
        }


class Catalogue:
    """What there is. Changes are made under ``lock``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.lock = threading.RLock()

    def databases(self) -> list[Database]:
        """Every database, by name."""
        return [Database(**document) for _, document in self._store.items(_DATABASE)]

    def tables(self, database: str | None = None) -> list[Table]:
        """Every table, or those of a database, by name."""
        found = (Table(**document) for _, document in self._store.items(_TABLE))
        return [table for table in found if database in (None, table.database)]

    def database(self, name: str) -> Database:
        """The database; raises ResourceNotFoundException."""
        document = self._store.get(_DATABASE, name)
        if document is None:
            raise not_found("database", name)
        return Database(**document)

    def table(self, database: str, name: str) -> Table:
        """The table; raises ResourceNotFoundException."""
        document = self._store.get(_TABLE, f"{database}/{name}")
        if document is None:
            self.database(database)
            raise not_found("table", name)
        return Table(**document)

    def has_database(self, name: str) -> bool:
        """Whether the name is taken."""
        return self._store.get(_DATABASE, name) is not None

    def has_table(self, database: str, name: str) -> bool:
        """Whether the name is taken."""
        return self._store.get(_TABLE, f"{database}/{name}") is not None

    def by_arn(self, arn: str) -> Database | Table:
        """The resource that an ARN names; raises ResourceNotFoundException."""
        path = arn.partition(":database/")[2]
        database, _, table = path.partition("/table/")
        found = self.table(database, table) if table else self.database(database)
        if found.arn != arn:
            raise not_found("resource", arn)
        return found

    def put(self, resource: Database | Table) -> None:
        """Create or replace a database or a table."""
        if isinstance(resource, Database):
            self._store.put(_DATABASE, resource.name, asdict(resource))
        else:
            self._store.put(_TABLE, f"{resource.database}/{resource.name}", asdict(resource))

    def tag(self, arn: str, tags: dict[str, str]) -> None:
        """Give the resource exactly these tags."""
        self.put(replace(self.by_arn(arn), tags=tags))

    def remove(self, resource: Database | Table) -> None:
        """Forget a database or a table."""
        if isinstance(resource, Database):
            self._store.delete(_DATABASE, resource.name)
        else:
            self._store.delete(_TABLE, f"{resource.database}/{resource.name}")
