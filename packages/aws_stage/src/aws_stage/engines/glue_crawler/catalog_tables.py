"""Writes the tables that a crawl found into the Data Catalog, under the crawler's policies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from aws_stage.engines.glue_crawler.catalog_session import CRAWLER, DEPRECATED, CatalogSession
from aws_stage.engines.glue_crawler.grouping import FoundTable
from aws_stage.engines.glue_crawler.objects import Location
from aws_stage.engines.glue_crawler.table_input import data_columns, parameters, table_input, table_name

_WRITABLE = ("Description", "Owner", "Retention", "PartitionKeys", "TableType", "ViewOriginalText", "ViewExpandedText")


class CatalogTables:
    """One crawl's writes of tables; ``prefix`` goes before the names of new ones."""

    def __init__(self, session: CatalogSession, prefix: str) -> None:
        self._session = session
        self._prefix = prefix

    def table(self, name: str) -> dict[str, Any]:
        """Raises glue's EntityNotFoundException."""
        table: dict[str, Any] = self._session.client.get_table(DatabaseName=self._session.database, Name=name)["Table"]
        return table

    def tables(self) -> list[dict[str, Any]]:
        """Every table of the database."""
        pages = self._session.client.get_paginator("get_tables").paginate(DatabaseName=self._session.database)
        return [table for page in pages for table in page["TableList"]]

    def write(self, found: FoundTable, bucket: str) -> str:
        """Create or update the table of ``found``; returns its name."""
        session = self._session
        location = Location(bucket, found.root)
        existing = self._existing(location)
        if existing is not None:
            self.update(existing, found, statistics=True)
            return str(existing["Name"])
        name = self._free_name(location)
        session.client.create_table(
            DatabaseName=session.database, TableInput=table_input(name, location, found, session.crawler)
        )
        session.changes.tables_created.append(name)
        session.log(f"INFO : Created table {name} in database {session.database}")
        return name

    def update(self, table: dict[str, Any], found: FoundTable, statistics: bool) -> None:
        """Bring a table's columns up to what was found, as far as the policy lets, and its ``statistics`` if asked."""
        session = self._session
        known: dict[str, str] = table.get("Parameters") or {}
        storage = table["StorageDescriptor"]
        before = storage.get("Columns") or []
        after = self._wanted_columns(table, found)
        if session.options.update == "LOG":
            if after != before:
                session.log(f"INFO : Table {table['Name']} differs from its data; the policy is LOG, it stays")
            return
        changed = after != before
        found_parameters = parameters(found.files, session.crawler) if statistics or changed else {}
        if not changed and DEPRECATED not in known and found_parameters.items() <= known.items():
            return
        storage = {**storage, "Columns": after, "Parameters": (storage.get("Parameters") or {}) | found_parameters}
        serde = storage.get("SerdeInfo") or {}
        if "paths" in (serde.get("Parameters") or {}):
            paths = ",".join(column["Name"] for column in after)
            storage["SerdeInfo"] = {**serde, "Parameters": {**serde["Parameters"], "paths": paths}}
        kept = {name: value for name, value in known.items() if name != DEPRECATED}
        self._put(table, storage, kept | found_parameters)
        if changed:
            session.changes.tables_updated.append(table["Name"])
            session.log(f"INFO : Updated table {table['Name']} in database {session.database}")

    def _wanted_columns(self, table: dict[str, Any], found: FoundTable) -> list[dict[str, str]]:
        before = table["StorageDescriptor"].get("Columns") or []
        now = data_columns(found, (key["Name"] for key in table.get("PartitionKeys") or ()))
        return _merged_columns(before, now) if self._session.options.merge_new_columns else _kept_comments(before, now)

    def roots(self, target: Location) -> list[str]:
        """Where the tables that this crawler made below ``target`` have their data, as prefixes, the deepest first."""
        below = f"s3://{target.bucket}/"
        found = []
        for table in self.tables():
            location = (table.get("StorageDescriptor") or {}).get("Location") or ""
            is_ours = (table.get("Parameters") or {}).get(CRAWLER) == self._session.crawler
            if is_ours and location.startswith(str(target)) and location.endswith("/"):
                found.append(location.removeprefix(below))
        return sorted(found, key=len, reverse=True)

    def drop(self, targets: Iterable[Location], found: Iterable[str]) -> None:
        """Tables that this crawler made below ``targets`` and whose data is gone: by the delete behavior.

        ``found`` are the locations that do have data.
        """
        alive, roots = set(found), [str(target) for target in targets]
        for table in self.tables():
            location = (table.get("StorageDescriptor") or {}).get("Location") or ""
            is_ours = (table.get("Parameters") or {}).get(CRAWLER) == self._session.crawler
            if not is_ours or location in alive or not any(location.startswith(root) for root in roots):
                continue
            name = table["Name"]
            if self._session.options.delete == "DELETE_FROM_DATABASE":
                self._session.client.delete_table(DatabaseName=self._session.database, Name=name)
                self._session.changes.tables_deleted.append(name)
                self._session.log(f"INFO : Deleted table {name} from database {self._session.database}")
            elif self._session.options.delete == "DEPRECATE_IN_DATABASE":
                if DEPRECATED not in table["Parameters"]:
                    self._put(
                        table, table["StorageDescriptor"], table["Parameters"] | {DEPRECATED: self._session.millis()}
                    )
                    self._session.changes.tables_updated.append(name)
                    self._session.log(f"INFO : Deprecated table {name} in database {self._session.database}")
            else:
                self._session.log(f"INFO : The data of table {name} is gone; the policy is LOG, the table stays")

    def _existing(self, location: Location) -> dict[str, Any] | None:
        for table in self.tables():
            place = (table.get("StorageDescriptor") or {}).get("Location") or ""
            if place.rstrip("/") == str(location).rstrip("/"):
                return table
        return None

    def _free_name(self, location: Location) -> str:
        """The folder's name; with a hash of the location when another table has that name, as Glue does."""
        name = table_name(location, self._prefix)
        if any(table["Name"] == name for table in self.tables()):
            return f"{name}_{hashlib.md5(str(location).encode(), usedforsecurity=False).hexdigest()}"
        return name

    def _put(self, table: dict[str, Any], storage: dict[str, Any], found: dict[str, str]) -> None:
        wanted = {key: table[key] for key in _WRITABLE if table.get(key)}
        wanted |= {"Name": table["Name"], "StorageDescriptor": storage, "Parameters": found}
        self._session.client.update_table(DatabaseName=self._session.database, TableInput=wanted)


def _merged_columns(before: list[dict[str, str]], now: list[dict[str, str]]) -> list[dict[str, str]]:
    """The columns as they are, and the new ones behind them."""
    known = {column["Name"].lower() for column in before}
    return before + [column for column in now if column["Name"] not in known]


def _kept_comments(before: list[dict[str, str]], now: list[dict[str, str]]) -> list[dict[str, str]]:
    """What was found, with the rest of a column's entry (its comment) when name and type are as before."""
    known = {(column["Name"].lower(), column.get("Type")): column for column in before}
    return [known.get((column["Name"], column["Type"]), column) for column in now]
