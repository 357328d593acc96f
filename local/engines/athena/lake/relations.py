"""A table of the catalogue as a DuckDB relation over the objects that a query needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from urllib.parse import quote

import duckdb

from local.engines.athena.dialect import Column, QueryError, Relation, hive_to_athena, hive_to_duckdb
from local.engines.athena.lake import parquet
from local.engines.athena.lake.catalogue import Catalogue, Storage, Table
from local.engines.athena.lake.filesystem import QueryFiles
from local.engines.athena.lake.objects import ObjectStore, S3Object
from local.engines.athena.lake.partitions import Partition, Predicate, objects_in, partitions_of
from local.engines.athena.lake.text import identifier

_PATH = "__path"
_HIDDEN = (Column("$path", "varchar"),)


@dataclass
class Lake:
    """What one query reads with: the catalogue, S3, its connection and its files."""

    catalogue: Catalogue
    store: ObjectStore
    files: QueryFiles
    connection: duckdb.DuckDBPyConnection
    now: datetime

    def __post_init__(self) -> None:
        self._serial = count()

    def relation(self, table: Table, predicate: Predicate) -> Relation:
        """The rows of ``table`` in the partitions that the predicate keeps."""
        partitions = partitions_of(self.catalogue, table, predicate, self.now)
        by_format: dict[str, list[str]] = {}
        for partition, found in objects_in(self.store, partitions):
            name = self._name(table, partition, found)
            by_format.setdefault(_format(table, partition.storage), []).append(name)
        selects = [select for names in by_format.values() for select in self._selects(table, names)]
        if not selects:
            selects = [_nothing(table)]
        columns = [
            Column(column.name, hive_to_athena(column.type)) for column in (*table.columns, *table.partition_keys)
        ]
        return Relation(f"({' UNION ALL '.join(selects)})", tuple(columns), _HIDDEN)

    def _name(self, table: Table, partition: Partition, found: S3Object) -> str:
        """A path of ours for an object, in which DuckDB finds the partition's values and the object's own place."""
        keys = [key.name for key in table.partition_keys]
        values = zip(keys, partition.values, strict=True)
        folders = "".join(f"{quote(key, safe='')}={quote(value, safe='')}/" for key, value in values)
        return self.files.add(
            f"{next(self._serial)}/{folders}{_PATH}={quote(str(found.location), safe='')}/part", found
        )

    def _selects(self, table: Table, names: Sequence[str]) -> list[str]:
        hive_types = {key.name: hive_to_duckdb(key.type) for key in table.partition_keys} | {_PATH: "VARCHAR"}
        keys = [identifier(key.name) for key in table.partition_keys]
        hidden = f'{identifier(_PATH)} AS "$path"'
        selects = []
        for members, expressions in parquet.selections(self.connection, names, table.columns):
            columns = [
                f"{expression} AS {identifier(column.name)}"
                for expression, column in zip(expressions, table.columns, strict=True)
            ]
            selects.append(f"SELECT {', '.join([*columns, *keys, hidden])} FROM {parquet.scan(members, hive_types)}")
        return selects


def _nothing(table: Table) -> str:
    columns = [
        f"CAST(NULL AS {hive_to_duckdb(column.type)}) AS {identifier(column.name)}"
        for column in (*table.columns, *table.partition_keys)
    ]
    return f'SELECT {", ".join(columns)}, CAST(NULL AS VARCHAR) AS "$path" WHERE false'


def _format(table: Table, storage: Storage) -> str:
    if "parquet" in storage.serde.lower():
        return "parquet"
    raise QueryError(
        "NOT_SUPPORTED",
        f"Table {table.name.database}.{table.name.name}: the local stage cannot read SerDe {storage.serde or '(none)'}",
    )
