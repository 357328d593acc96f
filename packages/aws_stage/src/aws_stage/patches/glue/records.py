"""The catalogue's records in ministack's state, by names as Glue keeps them: in lower case."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from aws_stage.kernel.engine import AwsError

Record = dict[str, Any]
Operation = Callable[[Record], Record]
"""What answers an operation: the call's document in, the answer's out; raises AwsError."""

_FOLDED = ("DatabaseName", "TableName", "Name")
_INPUTS = ("DatabaseInput", "TableInput")


class Records:
    """Databases, tables, their versions and partitions, as ministack keeps and persists them.

    Every operation holds ``lock``: ministack answers each call on a thread of its own.
    """

    def __init__(self, glue: Any) -> None:
        self.lock = threading.RLock()
        self.databases = glue._databases
        self.tables = glue._tables
        self.partitions = glue._partitions
        self.indexes = glue._partition_indexes
        self.versions = glue.AccountRegionScopedDict()
        glue._ALL_STATE["table_versions"] = self.versions
        self._of_tables = (
            glue._partitions,
            self.indexes,
            glue._table_column_statistics,
            glue._partition_column_statistics,
            self.versions,
        )
        self._account = glue.get_account_id

    def check_catalog(self, operation: str, given: object) -> None:
        """Raise for a CatalogId that is not the caller's own: another account's is never open to it here."""
        own = self._account()
        if given in (None, own):
            return
        account, _, catalog = str(given).partition(":")
        if catalog and account == own:
            raise missing(f"Catalog {given} not found.")
        raise AwsError(
            "AccessDeniedException",
            f"The account {own} is not authorized to perform: glue:{operation} on the catalog of {account} because no "
            f"resource-based policy allows the glue:{operation} action",
        )

    def database(self, name: str) -> Record:
        """Raises EntityNotFoundException."""
        found: Record | None = self.databases.get(name)
        if found is None:
            raise missing(f"Database {name} not found.")
        return found

    def table(self, database: str, name: str) -> Record:
        """Raises EntityNotFoundException, for the database if that is what is missing."""
        found: Record | None = self.tables.get(f"{database}/{name}")
        if found is None:
            self.database(database)
            raise missing(f"Table {name} not found.")
        return found

    def table_of(self, data: Mapping[str, Any]) -> Record:
        """The table that a call names by DatabaseName and TableName."""
        return self.table(data["DatabaseName"], data["TableName"])

    def tables_of(self, database: str) -> list[Record]:
        """Every table of a database that exists."""
        self.database(database)
        return [table for key, table in self.tables.items() if key.startswith(f"{database}/")]

    def forget_table(self, table: Record) -> None:
        """A table with all that belongs to it."""
        key = key_of(table)
        del self.tables[key]
        for store in self._of_tables:
            store.pop(key, None)

    def stamp(self) -> Record:
        """What every record has of its catalogue."""
        return {"CatalogId": self._account()}


def key_of(table: Mapping[str, Any]) -> str:
    """The key under which ministack keeps a table and what belongs to it."""
    return f"{table['DatabaseName']}/{table['Name']}"


def missing(message: str) -> AwsError:
    return AwsError("EntityNotFoundException", message)


def now() -> int:
    """The time in seconds since 1970, as Glue's JSON has it."""
    return int(time.time())


def folded(data: Mapping[str, Any]) -> Record:
    """A call with the names of databases and tables in lower case.

    "For Hive compatibility, this is folded to lowercase when it is stored" (API reference, TableInput, DatabaseInput).
    """
    found = dict(data)
    for member in _FOLDED:
        if isinstance(found.get(member), str):
            found[member] = found[member].lower()
    for member in _INPUTS:
        if found.get(member):
            found[member] = {**found[member], "Name": found[member]["Name"].lower()}
    if "TablesToDelete" in found:
        found["TablesToDelete"] = [name.lower() for name in found["TablesToDelete"]]
    return found


def shown(record: Mapping[str, Any]) -> Record:
    """A record as Glue answers it: without the members that it was not given."""
    return {name: value for name, value in record.items() if value is not None and value != ""}
