"""Writes the partitions that a crawl found into the Data Catalog, under the crawler's policies."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.glue_crawler.catalog_session import DEPRECATED, CatalogSession
from aws_stage.engines.glue_crawler.grouping import FoundTable
from aws_stage.engines.glue_crawler.objects import Location
from aws_stage.engines.glue_crawler.table_input import partition_input

_BATCH = 100
"""BatchCreatePartition takes 100 partitions, BatchUpdatePartition as many."""


class CatalogPartitions:
    """One crawl's writes of partitions."""

    def __init__(self, session: CatalogSession) -> None:
        self._session = session

    def write(self, name: str, found: FoundTable, bucket: str, complete: bool) -> None:
        """Register the folders of a partitioned table.

        ``complete`` says that all of its folders were looked at: those that are gone go by the delete behavior.
        """
        if not found.keys:
            return
        table = self._session.client.get_table(DatabaseName=self._session.database, Name=name)["Table"]
        inherited = table["StorageDescriptor"] if self._session.options.inherit_from_table else None
        pages = self._session.client.get_paginator("get_partitions").paginate(
            DatabaseName=self._session.database, TableName=name
        )
        registered = {tuple(item["Values"]): item for page in pages for item in page["Partitions"]}
        new, changed = [], []
        for values, folder in found.partitions.items():
            wanted = partition_input(values, Location(bucket, folder.path), folder, self._session.crawler, inherited)
            if values not in registered:
                new.append(wanted)
            elif self._session.options.update != "LOG" and not _same_partition(registered[values], wanted):
                changed.append(wanted)
        self._create(name, new)
        self._update(name, changed)
        if complete:
            self._drop(name, [item for key, item in registered.items() if key not in found.partitions])

    def _create(self, table: str, inputs: list[dict[str, Any]]) -> None:
        for start in range(0, len(inputs), _BATCH):
            batch = inputs[start : start + _BATCH]
            self._session.client.batch_create_partition(
                DatabaseName=self._session.database, TableName=table, PartitionInputList=batch
            )
            self._session.changes.partitions_created += len(batch)
        if inputs:
            self._session.log(f"INFO : Created {len(inputs)} partitions of table {table}")

    def _update(self, table: str, inputs: list[dict[str, Any]]) -> None:
        for start in range(0, len(inputs), _BATCH):
            batch = inputs[start : start + _BATCH]
            entries = [{"PartitionValueList": item["Values"], "PartitionInput": item} for item in batch]
            self._session.client.batch_update_partition(
                DatabaseName=self._session.database, TableName=table, Entries=entries
            )
            self._session.changes.partitions_updated += len(batch)
        if inputs:
            self._session.log(f"INFO : Updated {len(inputs)} partitions of table {table}")

    def _drop(self, table: str, gone: list[dict[str, Any]]) -> None:
        if not gone:
            return
        if self._session.options.delete == "DELETE_FROM_DATABASE":
            for item in gone:
                self._session.client.delete_partition(
                    DatabaseName=self._session.database, TableName=table, PartitionValues=item["Values"]
                )
            self._session.changes.partitions_deleted += len(gone)
            self._session.log(f"INFO : Deleted {len(gone)} partitions of table {table}")
        elif self._session.options.delete == "DEPRECATE_IN_DATABASE":
            fresh = [item for item in gone if DEPRECATED not in (item.get("Parameters") or {})]
            marked = {DEPRECATED: self._session.millis()}
            self._update(
                table,
                [
                    {
                        "Values": item["Values"],
                        "StorageDescriptor": item["StorageDescriptor"],
                        "Parameters": (item.get("Parameters") or {}) | marked,
                    }
                    for item in fresh
                ],
            )
        else:
            self._session.log(
                f"INFO : The data of {len(gone)} partitions of table {table} is gone; the policy is LOG, they stay"
            )


def _same_partition(registered: dict[str, Any], wanted: dict[str, Any]) -> bool:
    before, after = registered["StorageDescriptor"], wanted["StorageDescriptor"]
    return (
        before.get("Columns") == after["Columns"]
        and before.get("Location") == after["Location"]
        and before.get("SerdeInfo") == after["SerdeInfo"]
        and wanted["Parameters"].items() <= (registered.get("Parameters") or {}).items()
        and DEPRECATED not in (registered.get("Parameters") or {})
    )
