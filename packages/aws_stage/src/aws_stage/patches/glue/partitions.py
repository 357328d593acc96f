"""Partitions of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_stage.kernel.engine import AwsError
from aws_stage.patches.glue.pages import page
from aws_stage.patches.glue.partition_filter import selected
from aws_stage.patches.glue.records import Operation, Record, Records, key_of, missing, now, shown

_PAGE = 1000


class Partitions:
    """The operations of partitions. All raise EntityNotFoundException where the table is missing."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.operations: Mapping[str, Operation] = {
            "CreatePartition": self._create,
            "BatchCreatePartition": self._create_batch,
            "GetPartition": self._get,
            "GetPartitions": self._get_all,
            "BatchGetPartition": self._get_batch,
            "UpdatePartition": self._update,
            "BatchUpdatePartition": self._update_batch,
            "DeletePartition": self._delete,
            "BatchDeletePartition": self._delete_batch,
        }

    def _create(self, data: Record) -> Record:
        self._add(self._records.table_of(data), [data["PartitionInput"]], self._raised)
        return {}

    def _create_batch(self, data: Record) -> Record:
        errors: list[Record] = []
        self._add(
            self._records.table_of(data),
            data["PartitionInputList"],
            lambda values, error: errors.append({"PartitionValues": values, "ErrorDetail": _detail(error)}),
        )
        return {"Errors": errors}

    def _add(self, table: Record, inputs: Sequence[Record], failed: Any) -> None:
        """Add partitions; one that is there already is ``failed``, one that is wrong refuses the whole call."""
        for given in inputs:
            _check_count(table, given.get("Values") or [])
        listed = self._records.partitions.setdefault(key_of(table), [])
        known = {tuple(partition["Values"]) for partition in listed}
        for given in inputs:
            values = tuple(given["Values"])
            if values in known:
                failed(list(values), AwsError("AlreadyExistsException", "Partition already exists."))
                continue
            known.add(values)
            listed.append(self._partition(table, given, now()))

    @staticmethod
    def _raised(_values: list[str], error: AwsError) -> None:
        raise error

    def _partition(self, table: Record, given: Record, created: int) -> Record:
        named = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"], "CreationTime": created}
        return {**given, **named, **self._records.stamp()}

    def _listed(self, table: Record) -> list[Record]:
        found: list[Record] = self._records.partitions.get(key_of(table), [])
        return found

    def _index(self, table: Record, values: Sequence[str]) -> int:
        _check_count(table, values)
        for index, partition in enumerate(self._listed(table)):
            if partition["Values"] == list(values):
                return index
        raise missing("Partition not found.")

    def _get(self, data: Record) -> Record:
        table = self._records.table_of(data)
        return {"Partition": shown(self._listed(table)[self._index(table, data["PartitionValues"])])}

    def _get_all(self, data: Record) -> Record:
        """Those that meet Expression, in the order of their values."""
        table = self._records.table_of(data)
        wanted = selected(data.get("Expression") or "", table.get("PartitionKeys") or [])
        found = [partition for partition in self._listed(table) if wanted(partition["Values"])]
        segment = data.get("Segment")
        if segment:
            ordered = sorted(found, key=lambda partition: partition["Values"])
            found = ordered[segment["SegmentNumber"] :: segment["TotalSegments"]]
        found, more = page(found, lambda partition: partition["Values"], data, _PAGE)
        answer = [shown(partition) for partition in found]
        if data.get("ExcludeColumnSchema"):
            answer = [_without_columns(partition) for partition in answer]
        return {"Partitions": answer, **more}

    def _get_batch(self, data: Record) -> Record:
        table = self._records.table_of(data)
        known = {tuple(partition["Values"]): partition for partition in self._listed(table)}
        there = [entry for entry in data["PartitionsToGet"] if tuple(entry["Values"]) in known]
        return {
            "Partitions": [shown(known[tuple(entry["Values"])]) for entry in there],
            "UnprocessedKeys": [entry for entry in data["PartitionsToGet"] if entry not in there],
        }

    def _update(self, data: Record) -> Record:
        """Replace a partition's definition, its values too."""
        table, given = self._records.table_of(data), data["PartitionInput"]
        old = data["PartitionValueList"]
        index = self._index(table, old)
        listed = self._listed(table)
        new = given.get("Values") or old
        _check_count(table, new)
        if new != old and any(partition["Values"] == new for partition in listed):
            raise AwsError("AlreadyExistsException", "Partition already exists.")
        created = listed[index].get("CreationTime") or now()
        listed[index] = self._partition(table, {**given, "Values": new}, created)
        return {}

    def _update_batch(self, data: Record) -> Record:
        self._records.table_of(data)
        errors = []
        for entry in data["Entries"]:
            try:
                self._update({**data, **entry})
            except AwsError as error:
                errors.append({"PartitionValueList": entry["PartitionValueList"], "ErrorDetail": _detail(error)})
        return {"Errors": errors}

    def _delete(self, data: Record) -> Record:
        table = self._records.table_of(data)
        del self._listed(table)[self._index(table, data["PartitionValues"])]
        return {}

    def _delete_batch(self, data: Record) -> Record:
        self._records.table_of(data)
        errors = []
        for entry in data["PartitionsToDelete"]:
            try:
                self._delete({**data, "PartitionValues": entry["Values"]})
            except AwsError as error:
                errors.append({"PartitionValues": entry["Values"], "ErrorDetail": _detail(error)})
        return {"Errors": errors}


def _check_count(table: Mapping[str, Any], values: Sequence[str]) -> None:
    """Raise InvalidInputException for more or fewer values than the table has keys."""
    if len(values) != len(table.get("PartitionKeys") or []):
        raise AwsError(
            "InvalidInputException", "The number of partition keys do not match the number of partition values"
        )


def _without_columns(partition: Record) -> Record:
    descriptor = partition.get("StorageDescriptor") or {}
    return {**partition, "StorageDescriptor": {**descriptor, "Columns": []}}


def _detail(error: AwsError) -> Record:
    return {"ErrorCode": error.code, "ErrorMessage": error.message}
