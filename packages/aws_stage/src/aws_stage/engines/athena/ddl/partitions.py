"""ALTER TABLE … PARTITION, MSCK REPAIR TABLE and SHOW PARTITIONS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.ddl.catalog_access import CatalogAccess, failed, glue_errors, task_failed
from aws_stage.engines.athena.lake.catalogue import Table
from aws_stage.engines.athena.lake.objects import ObjectStore
from aws_stage.engines.athena.statements.tree import (
    AddPartitions,
    DropPartitions,
    PartitionSpec,
    RenamePartition,
    RepairTable,
    ShowPartitions,
)

_BATCH = 100
"""Partitions that Glue takes in one BatchCreatePartition (API model)."""
_UNSAFE = " \"#%'*/:=?\\{[]^"
"""Characters that Hive escapes in a partition's folder name, beside control characters."""


def add_partitions(access: CatalogAccess, statement: AddPartitions) -> Sequence[str]:
    table = _partitioned(access.base_table(statement.name))
    wanted: dict[tuple[str, ...], str] = {}
    for spec, location in statement.partitions:
        values = _values(table, spec)
        wanted[values] = location or f"{table.storage.location.rstrip('/')}/{partition_path(table, values)}/"
    known = {partition.values for partition in access.catalogue.partitions(table.name)}
    again = [values for values in wanted if values in known]
    if again and not statement.if_not_exists:
        raise task_failed("AlreadyExistsException(message:Partition already exists.)")
    register_partitions(access, table, {values: place for values, place in wanted.items() if values not in known})
    return []


def register_partitions(access: CatalogAccess, table: Table, wanted: Mapping[tuple[str, ...], str]) -> None:
    """Add partitions (values: location) that are not registered yet."""
    inputs = [
        {"Values": list(values), "StorageDescriptor": access.descriptor(table, Location=location)}
        for values, location in wanted.items()
    ]
    for start in range(0, len(inputs), _BATCH):
        with glue_errors():
            answer = access.glue.batch_create_partition(
                DatabaseName=table.name.database,
                TableName=table.name.name,
                PartitionInputList=inputs[start : start + _BATCH],
            )
        for error in answer.get("Errors") or ():
            if error["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException":
                raise task_failed(f"{error['ErrorDetail']['ErrorCode']}({error['ErrorDetail'].get('ErrorMessage')})")


def drop_partitions(access: CatalogAccess, statement: DropPartitions) -> Sequence[str]:
    """Drop the partitions that each spec names; a spec of some keys names all that agree with it. The data stays."""
    table = _partitioned(access.base_table(statement.name))
    keys = [key.name for key in table.partition_keys]
    known = [partition.values for partition in access.catalogue.partitions(table.name)]
    for spec in statement.partitions:
        _known_keys(table, spec)
        agreeing = [values for values in known if all(values[keys.index(key)] == text for key, text in spec.items())]
        if not agreeing and not statement.if_exists:
            raise failed(f"SemanticException [Error 10006]: Partition not found {_shown(spec)}")
        for values in agreeing:
            with glue_errors():
                access.glue.delete_partition(
                    DatabaseName=table.name.database, TableName=table.name.name, PartitionValues=list(values)
                )
    return []


def rename_partition(access: CatalogAccess, statement: RenamePartition) -> Sequence[str]:
    table = _partitioned(access.base_table(statement.name))
    new = _values(table, statement.new)
    if any(partition.values == new for partition in access.catalogue.partitions(table.name)):
        raise task_failed(f"Rename partition: Partition already exists: {_shown(statement.new)}")
    _replace(access, table, _values(table, statement.old), new, {})
    return []


def relocate_partition(access: CatalogAccess, table: Table, spec: PartitionSpec, location: str) -> None:
    """Point a registered partition at another folder."""
    values = _values(_partitioned(table), spec)
    _replace(access, table, values, values, {"Location": location})


def repair_table(access: CatalogAccess, store: ObjectStore, statement: RepairTable) -> Sequence[str]:
    """Register every ``key=value`` folder below the table's location that holds an object and is not registered."""
    table = _partitioned(access.base_table(statement.name))
    known = {partition.values for partition in access.catalogue.partitions(table.name)}
    root = table.storage.location.rstrip("/")
    found: dict[tuple[str, ...], str] = {}
    for item in store.everything(Location.parse(root)):
        path = str(item.location)[len(root) + 1 :]
        values = _values_of_path(table, path)
        if values is not None and values not in known:
            found.setdefault(values, "/".join(path.split("/")[: len(values)]))
    register_partitions(access, table, {values: f"{root}/{path}/" for values, path in found.items()})
    if not found:
        return []
    name = table.name.name
    missing = "\t".join(f"{name}:{path}" for path in found.values())
    repaired = [f"Repair: Added partition to metastore {name}:{path}" for path in found.values()]
    return [f"Partitions not in metastore:\t{missing}", *repaired]


def show_partitions(access: CatalogAccess, statement: ShowPartitions) -> Sequence[str]:
    """The registered partitions; projected ones are not listed, as in Athena."""
    table = _partitioned(access.base_table(statement.name))
    return sorted(partition_path(table, partition.values) for partition in access.catalogue.partitions(table.name))


def partition_path(table: Table, values: Iterable[str]) -> str:
    """``year=2025/month=10`` with Hive's escapes."""
    return "/".join(f"{key.name}={escape(value)}" for key, value in zip(table.partition_keys, values, strict=True))


def escape(value: str) -> str:
    """A partition's value as Hive writes it into a folder name."""
    return "".join(
        quote(letter, safe="") if letter in _UNSAFE[1:] or ord(letter) < 32 or letter == "\x7f" else letter
        for letter in value
    )


def _values_of_path(table: Table, path: str) -> tuple[str, ...] | None:
    folders = path.split("/")[:-1]
    if len(folders) < len(table.partition_keys):
        return None
    values = []
    for key, folder in zip(table.partition_keys, folders, strict=False):
        name, equals, value = folder.partition("=")
        if not equals or name != key.name:  # Athena does not add folders whose names have upper case
            return None
        values.append(unquote(value))
    return tuple(values)


def _replace(
    access: CatalogAccess, table: Table, old: tuple[str, ...], new: tuple[str, ...], changes: Mapping[str, Any]
) -> None:
    for document in _documents(access, table):
        if tuple(document["Values"]) == old:
            descriptor = {**document["StorageDescriptor"], **changes}
            entry = {
                "PartitionValueList": list(old),
                "PartitionInput": {
                    "Values": list(new),
                    "StorageDescriptor": descriptor,
                    "Parameters": document.get("Parameters") or {},
                },
            }
            with glue_errors():
                access.glue.batch_update_partition(
                    DatabaseName=table.name.database, TableName=table.name.name, Entries=[entry]
                )
            return
    raise failed(f"SemanticException [Error 10006]: Partition not found {'/'.join(old)}")


def _documents(access: CatalogAccess, table: Table) -> Iterator[dict[str, Any]]:
    pages = access.glue.get_paginator("get_partitions").paginate(
        DatabaseName=table.name.database, TableName=table.name.name
    )
    for page in pages:
        yield from page["Partitions"]


def _partitioned(table: Table) -> Table:
    if not table.partition_keys:
        raise task_failed(f"Table {table.name.name} is not a partitioned table")
    return table


def _values(table: Table, spec: PartitionSpec) -> tuple[str, ...]:
    """The values of a spec that names every key."""
    _known_keys(table, spec)
    missing = [key.name for key in table.partition_keys if key.name not in spec]
    if missing:
        raise failed(
            f"SemanticException: partition spec {_shown(spec)} doesn't contain all ({len(table.partition_keys)}) "
            f"partition columns: {', '.join(missing)} is missing"
        )
    return tuple(spec[key.name] for key in table.partition_keys)


def _known_keys(table: Table, spec: PartitionSpec) -> None:
    keys = {key.name for key in table.partition_keys}
    for key in spec:
        if key not in keys:
            raise failed(f"SemanticException [Error 10098]: {key} is not a partition column of {table.name.name}")


def _shown(spec: PartitionSpec) -> str:
    return "{" + ", ".join(f"{key}={value}" for key, value in spec.items()) + "}"
