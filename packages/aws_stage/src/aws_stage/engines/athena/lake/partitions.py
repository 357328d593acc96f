"""Which partitions a query reads, and the objects in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trino_on_duckdb import QueryError, hive_to_athena

from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.lake.catalogue import (
    Catalogue,
    HiveColumn,
    RegisteredPartition,
    Storage,
    Table,
    check_kind,
)
from aws_stage.engines.athena.lake.objects import ObjectStore, S3Object, is_data
from aws_stage.engines.athena.lake.projection import (
    Injected,
    ProjectedValue,
    is_projected,
    projected_location,
    projected_values,
)

NULL_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""How Hive writes a partition whose key is NULL."""
FEW = 16
"""Up to so many partitions are listed one by one; more by one listing of the folder that they share."""


class Predicate(Protocol):
    """What the query says of the partition keys."""

    def select(self, partitions: Iterable[Mapping[str, str | None]]) -> list[Mapping[str, str | None]]:
        """Those of these that can be needed; a key that is left out is unknown, None is NULL."""
        ...

    def equal_values(self, key: str) -> set[str] | None:
        """The texts that equality conditions allow for a key; None when there is no such condition."""
        ...


@dataclass(frozen=True)
class Partition:
    """One partition to read: its column values in the order of the keys, its folder, how its files are written."""

    values: tuple[str, ...]
    location: Location
    storage: Storage


def partitions_of(catalogue: Catalogue, table: Table, predicate: Predicate, now: datetime) -> list[Partition]:
    """The partitions of a table that the predicate keeps; a table without keys is one partition without values."""
    check_kind(table)
    if not table.partition_keys:
        return [Partition((), _location(table, table.storage.location), table.storage)]
    if is_projected(table):
        return list(_projected(table, predicate, now))
    names = _key_names(table)
    registered = {partition.values: partition for partition in catalogue.partitions(table.name)}
    mappings = [dict(zip(names, map(_null, values), strict=True)) for values in registered]
    kept = []
    for mapping in predicate.select(mappings):
        _check_values(table, mapping)
        found = registered[tuple(NULL_VALUE if mapping[name] is None else str(mapping[name]) for name in names)]
        _check_schema(table, found)
        storage = found.storage if found.storage.serde else table.storage
        kept.append(Partition(found.values, _location(table, found.storage.location), storage))
    return kept


def objects_in(store: ObjectStore, partitions: Sequence[Partition]) -> Iterator[tuple[Partition, S3Object]]:
    """Every data object of the partitions; a partition whose folder does not exist has none."""
    if len(partitions) <= FEW:
        for partition in partitions:
            for found in store.data(partition.location):
                yield partition, found
        return
    folders: dict[str, list[Partition]] = {}
    for partition in partitions:
        folders.setdefault(str(partition.location.folder), []).append(partition)
    for bucket in sorted({partition.location.bucket for partition in partitions}):
        keys = [partition.location.folder.key for partition in partitions if partition.location.bucket == bucket]
        shared = os.path.commonprefix(keys).rpartition("/")[0]  # noqa: RUF071  a key prefix, cut at its last slash
        for found in store.everything(Location(bucket, shared)):
            for folder in _folders_above(str(found.location)):
                if folder in folders and is_data(found, folder):
                    for partition in folders[folder]:
                        yield partition, found


def _folders_above(name: str) -> Iterator[str]:
    """``s3://b/x/`` and ``s3://b/`` for ``s3://b/x/file``."""
    for index in range(len(name) - 1, len("s3://"), -1):
        if name[index] == "/":
            yield name[: index + 1]


def _projected(table: Table, predicate: Predicate, now: datetime) -> Iterator[Partition]:
    choices = {
        key: _injected(table, key, predicate) if isinstance(values, Injected) else values
        for key, values in projected_values(table, now).items()
    }

    # Key by key, so that a year that is not needed never meets its days.
    kept: list[Mapping[str, str | None]] = [{}]
    for key, values in choices.items():
        kept = predicate.select([{**chosen, key: value.value} for chosen in kept for value in values])
    texts = {key: {value.value: value.text for value in values} for key, values in choices.items()}
    for chosen in kept:
        named = {key: str(value) for key, value in chosen.items()}
        location = projected_location(table, {key: texts[key][value] for key, value in named.items()})
        yield Partition(tuple(named.values()), _location(table, location), table.storage)


def _injected(table: Table, key: str, predicate: Predicate) -> list[ProjectedValue]:
    values = predicate.equal_values(key)
    if values is None:
        raise QueryError(
            "CONSTRAINT_VIOLATION",
            f"For the injected projected partition column {key}, the WHERE clause must contain only static equality "
            f"conditions, and at least one such condition must be present. ({table.name.database}.{table.name.name})",
        )
    return [ProjectedValue(value, value) for value in sorted(values)]


def _null(value: str) -> str | None:
    return None if value == NULL_VALUE else value


def _key_names(table: Table) -> list[str]:
    return [key.name for key in table.partition_keys]


def _location(table: Table, text: str) -> Location:
    try:
        return Location.parse(text)
    except ValueError as error:
        name = f"{table.name.database}.{table.name.name}"
        raise QueryError("HIVE_METASTORE_ERROR", f"Table {name}: its location {error}") from error


_VALUES = {
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint"), re.compile(r"[+-]?\d+")),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
}
"""How the values of these types of keys are written."""


def _check_values(table: Table, values: Mapping[str, str | None]) -> None:
    """Fail, as Athena does, for a value that is not of its key's type."""
    for key in table.partition_keys:
        pattern, value = _VALUES.get(key.type), values[key.name]
        if pattern is not None and value is not None and not pattern.fullmatch(value):
            raise QueryError(
                "HIVE_INVALID_PARTITION_VALUE",
                f"Invalid partition value '{value}' for {hive_to_athena(key.type).upper()} partition key: "
                f"{key.name}={value}",
            )


_WIDENING = {
    "tinyint": {"smallint", "int", "bigint"},
    "smallint": {"int", "bigint"},
    "int": {"bigint"},
    "float": {"double"},
}


def _check_schema(table: Table, partition: RegisteredPartition) -> None:
    """Fail, as Athena does, when the partition was registered with a column type that the table's cannot hold."""
    declared: dict[str, HiveColumn] = {column.name: column for column in table.columns}
    for column in partition.columns:
        ours = declared.get(column.name)
        if ours is None or ours.type == column.type or ours.type in _WIDENING.get(column.type, ()):
            continue
        if any("<" in kind or "(" in kind for kind in (ours.type, column.type)):
            continue
        names = "/".join(f"{key}={value}" for key, value in zip(_key_names(table), partition.values, strict=True))
        raise QueryError(
            "HIVE_PARTITION_SCHEMA_MISMATCH",
            "There is a mismatch between the table and partition schemas. The types are incompatible and cannot be "
            f"coerced. The column '{column.name}' in table '{table.name.database}.{table.name.name}' is declared as "
            f"type '{ours.type}', but partition '{names}' declared column '{column.name}' as type '{column.type}'.",
        )
