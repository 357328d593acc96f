"""A table of the catalogue as a DuckDB relation over the objects that a query needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Protocol
from urllib.parse import quote

import duckdb
from trino_on_duckdb import Column, QueryError, Relation, hive_to_athena, hive_to_duckdb

from aws_stage.engines.athena.lake.catalogue import Catalogue, HiveColumn, Storage, Table
from aws_stage.engines.athena.lake.filesystem import QueryFiles
from aws_stage.engines.athena.lake.objects import ObjectStore, S3Object
from aws_stage.engines.athena.lake.partitions import Partition, Predicate, objects_in, partitions_of
from aws_stage.engines.athena.lake.serdes import lines, parquet
from aws_stage.engines.athena.lake.serdes.delimited import LazySimple, OpenCsv
from aws_stage.engines.athena.lake.serdes.json_rows import JsonRows
from aws_stage.engines.athena.lake.serdes.lines import Framing
from aws_stage.engines.athena.lake.text import identifier, partitioning
from aws_stage.engines.athena.statements.formats import (
    HIVE_JSON,
    HIVE_JSON_2,
    LAZY_SIMPLE,
    OPEN_CSV,
    OPENX_JSON,
    PARQUET,
)

_PATH = "__path"
_KEY = "__key"
_HIDDEN = (Column("$path", "varchar"),)


class _LineSerde(Protocol):
    """A SerDe of text lines."""

    def row(self) -> str: ...

    def field(self, column: HiveColumn, position: int, /) -> str: ...

    def value(self, column: HiveColumn, field: str, /) -> str: ...


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
        by_serde: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[Partition, S3Object]]] = {}
        for partition, found in objects_in(self.store, partitions):
            storage = partition.storage
            kind = storage.serde, tuple(sorted(storage.parameters.items()))
            by_serde.setdefault(kind, []).append((partition, found))
        selects = [select for group in by_serde.values() for select in self._selects(table, group)]
        if not selects:
            selects = [_nothing(table)]
        columns = [
            Column(column.name, hive_to_athena(column.type)) for column in (*table.columns, *table.partition_keys)
        ]
        return Relation(f"({' UNION ALL '.join(selects)})", tuple(columns), _HIDDEN)

    def _selects(self, table: Table, group: Sequence[tuple[Partition, S3Object]]) -> Iterator[str]:
        storage = group[0][0].storage
        keys = [f"{_KEY}{index} AS {identifier(key.name)}" for index, key in enumerate(table.partition_keys)]
        hidden = f'{identifier(_PATH)} AS "$path"'
        hive = {f"{_KEY}{index}": hive_to_duckdb(key.type) for index, key in enumerate(table.partition_keys)}
        hive[_PATH] = "VARCHAR"
        for scan, expressions in self._scans(table, storage, group, partitioning(hive)):
            columns = [
                f"{expression} AS {identifier(column.name)}"
                for expression, column in zip(expressions, table.columns, strict=True)
            ]
            yield f"SELECT {', '.join([*columns, *keys, hidden])} FROM {scan}"

    def _scans(
        self, table: Table, storage: Storage, group: Sequence[tuple[Partition, S3Object]], options: str
    ) -> Iterator[tuple[str, list[str]]]:
        """What to scan, and the SQL of the table's columns over it."""
        if storage.serde == PARQUET:
            names = [self.files.add(self._path(*item), item[1]) for item in group]
            for members, expressions in parquet.selections(
                self.connection, names, table.columns, self.files.location_of
            ):
                yield parquet.scan(members, options), expressions
            return
        serde, framing = _line_serde(table, storage)
        names = [self.files.add_lines(self._path(*item), item[1], framing) for item in group]
        rows = f"(SELECT {serde.row()} AS __row, * EXCLUDE (__line) FROM {lines.scan(names, options)})"
        fields = [f"{serde.field(column, position)} AS __{position}" for position, column in enumerate(table.columns)]
        scan = f"(SELECT {', '.join([*fields, '* EXCLUDE (__row)'])} FROM {rows})"
        yield scan, [serde.value(column, f"__{position}") for position, column in enumerate(table.columns)]

    def _path(self, partition: Partition, found: S3Object) -> str:
        """A path of ours for an object, in which DuckDB finds the partition's values and the object's own place."""
        folders = "".join(f"{_KEY}{index}={_encoded(value)}/" for index, value in enumerate(partition.values))
        return f"{next(self._serial)}/{folders}{_PATH}={_encoded(str(found.location))}/part"


def _encoded(value: str) -> str:
    """A value in a path. DuckDB takes ``null`` in any case for NULL, unless its first letter is escaped."""
    return f"%{ord(value[0]):02X}{value[1:]}" if value.lower() == "null" else quote(value, safe="")


def _nothing(table: Table) -> str:
    columns = [
        f"CAST(NULL AS {hive_to_duckdb(column.type)}) AS {identifier(column.name)}"
        for column in (*table.columns, *table.partition_keys)
    ]
    return f'SELECT {", ".join(columns)}, CAST(NULL AS VARCHAR) AS "$path" WHERE false'


def _line_serde(table: Table, storage: Storage) -> tuple[_LineSerde, Framing]:
    """The SerDe of text files; QueryError NOT_SUPPORTED for one that is not built here."""
    skip = table.parameters.get("skip.header.line.count") or storage.parameters.get("skip.header.line.count") or "0"
    if not skip.isdecimal():
        raise QueryError("INVALID_TABLE_PROPERTY", f"skip.header.line.count {skip!r} is not a whole number")
    if table.parameters.get("skip.footer.line.count", "0") != "0":
        raise QueryError("NOT_SUPPORTED", "skip.footer.line.count is not supported by the local stage")
    properties = {name: value for name, value in storage.parameters.items() if name != "skip.header.line.count"}
    if storage.serde in (OPENX_JSON, HIVE_JSON, HIVE_JSON_2):
        return JsonRows(properties), Framing(int(skip))
    if storage.serde == LAZY_SIMPLE:
        return LazySimple(properties), Framing(int(skip))
    if storage.serde == OPEN_CSV:
        serde = OpenCsv(properties)
        return serde, Framing(int(skip), serde.quoting)
    name = f"{table.name.database}.{table.name.name}"
    raise QueryError("NOT_SUPPORTED", f"Table {name}: the local stage cannot read SerDe {storage.serde or '(none)'}")
