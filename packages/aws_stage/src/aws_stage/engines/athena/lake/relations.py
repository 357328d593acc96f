"""A table of the catalogue as a DuckDB relation over the objects that a query needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Protocol
from urllib.parse import quote

import duckdb
from trino_on_duckdb import Column, QueryError, Relation, duckdb_type, hive_to_athena, hive_to_duckdb

from aws_stage.engines.athena.lake.catalogue import Catalogue, HiveColumn, Storage, Table
from aws_stage.engines.athena.lake.filesystem import QueryFiles
from aws_stage.engines.athena.lake.objects import ObjectStore, S3Object
from aws_stage.engines.athena.lake.partitions import Partition, Predicate, objects_in, partitions_of
from aws_stage.engines.athena.lake.serdes import lines, parquet
from aws_stage.engines.athena.lake.serdes.delimited import LazySimple, OpenCsv
from aws_stage.engines.athena.lake.serdes.json_rows import JsonRows
from aws_stage.engines.athena.lake.serdes.lines import Framing
from aws_stage.engines.athena.lake.serdes.properties import HEADER_LINES, header_lines, lazy_properties, lazy_warning
from aws_stage.engines.athena.lake.text import identifier, partitioning
from aws_stage.engines.athena.statements.formats import (
    INPUT_FORMATS,
    LAZY_SIMPLE,
    OPEN_CSV,
    OPENX_JSON,
    PARQUET,
)

_PATH = "__path"
_KEY = "__key"
_SIZE = "__size"
_MODIFIED = "__modified"
_HIDDEN = (
    Column("$path", "varchar"),
    Column("$file_size", "bigint"),
    Column("$file_modified_time", "timestamp(3) with time zone"),
)


class _LineSerde(Protocol):
    """A SerDe of text lines."""

    def row(self) -> str: ...

    def field(self, column: HiveColumn, position: int, /) -> str: ...

    def value(self, column: HiveColumn, field: str, /) -> str: ...


@dataclass
class Lake:
    """What one query reads with: the catalogue, S3, its connection and its files.

    ``warnings`` gets a sentence for each table that is read as on AWS, and hardly as its maker expects.
    """

    catalogue: Catalogue
    store: ObjectStore
    files: QueryFiles
    connection: duckdb.DuckDBPyConnection
    now: datetime
    warnings: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._serial = count()

    def relation(self, table: Table, predicate: Predicate) -> Relation:
        """The rows of ``table`` in the partitions that the predicate keeps."""
        _check_names(table)
        partitions = partitions_of(self.catalogue, table, predicate, self.now)
        by_serde: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[Partition, S3Object]]] = {}
        for partition, found in objects_in(self.store, partitions):
            storage = partition.storage
            check_format(table, storage)
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
        hidden = (
            f'{_PATH} AS "$path", {_SIZE} AS "$file_size", make_timestamp({_MODIFIED} * 1000) AS "$file_modified_time"'
        )
        hive = {f"{_KEY}{index}": hive_to_duckdb(key.type) for index, key in enumerate(table.partition_keys)}
        hive |= {_SIZE: "BIGINT", _MODIFIED: "BIGINT", _PATH: "VARCHAR"}
        for scan, expressions in self._scans(table, storage, group, hive):
            columns = [
                f"{expression} AS {identifier(column.name)}"
                for expression, column in zip(expressions, table.columns, strict=True)
            ]
            yield f"SELECT {', '.join([*columns, *keys, hidden])} FROM {scan}"

    def _scans(
        self, table: Table, storage: Storage, group: Sequence[tuple[Partition, S3Object]], hive: Mapping[str, str]
    ) -> Iterator[tuple[str, list[str]]]:
        """What to scan, and the SQL of the table's columns over it; ``hive`` are the types of what paths say."""
        options = partitioning(hive)
        if storage.serde == PARQUET:
            names = [self.files.add(self._path(*item), item[1]) for item in group]
            for members, expressions in parquet.selections(
                self.connection, names, table.columns, self.files.location_of
            ):
                scan = parquet.scan(members, options)
                if len(members) == 1:
                    scan = f"(SELECT * REPLACE ({', '.join(map(_hidden, hive))}) FROM {scan})"
                yield scan, expressions
            return
        serde, framing = _line_serde(table, storage)
        said = lazy_warning(storage.parameters) if storage.serde == LAZY_SIMPLE else None
        if said:
            self.warnings.add(f"table {table.name.database}.{table.name.name}: {said}")
        names = [self.files.add_lines(self._path(*item), item[1], framing) for item in group]
        rows = f"(SELECT {serde.row()} AS __row, * EXCLUDE (__line) FROM {lines.scan(names, options)})"
        fields = [f"{serde.field(column, position)} AS __{position}" for position, column in enumerate(table.columns)]
        scan = f"(SELECT {', '.join([*fields, '* EXCLUDE (__row)'])} FROM {rows})"
        yield scan, [serde.value(column, f"__{position}") for position, column in enumerate(table.columns)]

    def _path(self, partition: Partition, found: S3Object) -> str:
        """A path of ours for an object, in which DuckDB finds the partition's values and the object's own place."""
        folders = "".join(f"{_KEY}{index}={_encoded(value)}/" for index, value in enumerate(partition.values))
        about = f"{_SIZE}={found.size}/{_MODIFIED}={int(found.modified.timestamp() * 1000)}/"
        return f"{next(self._serial)}/{folders}{about}{_PATH}={_encoded(str(found.location))}/part"


def _hidden(name: str) -> str:
    """A value of a path that DuckDB cannot see to be one: over a single file it answers min and max from statistics,
    which it takes from the file's own columns, and fails (duckdb 1.5: "access index 1 within vector of size 1").
    """
    return f"coalesce({name}, NULL) AS {name}"


def _encoded(value: str) -> str:
    """A value in a path. DuckDB takes ``null`` in any case for NULL, unless its first letter is escaped."""
    return f"%{ord(value[0]):02X}{value[1:]}" if value.lower() == "null" else quote(value, safe="")


def _nothing(table: Table) -> str:
    columns = [
        f"CAST(NULL AS {hive_to_duckdb(column.type)}) AS {identifier(column.name)}"
        for column in (*table.columns, *table.partition_keys)
    ]
    hidden = [f"CAST(NULL AS {duckdb_type(column.type)}) AS {identifier(column.name)}" for column in _HIDDEN]
    return f"SELECT {', '.join([*columns, *hidden])} WHERE false"


def _check_names(table: Table) -> None:
    """A crawler may find a partition's column in the files as well; Athena reads no such table."""
    names = [column.name for column in (*table.columns, *table.partition_keys)]
    if len(set(names)) < len(names):
        problem = f"Hive metadata for table {table.name.name} is invalid: Table descriptor contains duplicate columns"
        raise QueryError("HIVE_INVALID_METADATA", problem)


def check_format(table: Table, storage: Storage) -> None:
    """Raise QueryError where files are written in another way than is read and written here.

    The input format finds the rows, the SerDe their columns: CloudTrail's rows lie inside a JSON document, and those of
    SymlinkTextInputFormat in other files.
    """
    name = f"{table.name.database}.{table.name.name}"
    if storage.serde not in INPUT_FORMATS:
        problem = f"Table {name}: the local stage cannot read SerDe {storage.serde or '(none)'}"
        raise QueryError("NOT_SUPPORTED", problem)
    if not storage.input_format:
        raise QueryError("HIVE_UNSUPPORTED_FORMAT", f"Unable to create input format: table {name} has none")
    if storage.input_format != INPUT_FORMATS[storage.serde]:
        raise QueryError(
            "NOT_SUPPORTED",
            f"Table {name}: the local stage cannot read INPUTFORMAT {storage.input_format} with SerDe {storage.serde}",
        )


def _line_serde(table: Table, storage: Storage) -> tuple[_LineSerde, Framing]:
    """The SerDe of text files, one that ``check_format`` lets pass."""
    skip = header_lines(table.parameters, storage.parameters)
    if table.parameters.get("skip.footer.line.count", "0") != "0":
        raise QueryError("NOT_SUPPORTED", "skip.footer.line.count is not supported by the local stage")
    properties = {name: value for name, value in storage.parameters.items() if name != HEADER_LINES}
    if storage.serde == LAZY_SIMPLE:
        return LazySimple(lazy_properties(table.parameters, properties)), Framing(skip)
    if storage.serde == OPEN_CSV:
        serde = OpenCsv(properties)
        return serde, Framing(skip, serde.quoting)
    return JsonRows(properties, is_openx=storage.serde == OPENX_JSON), Framing(skip)
