"""Partition indexes: kept and given back. Filters go through every partition with or without one."""

from __future__ import annotations

from collections.abc import Mapping

from aws_stage.kernel.engine import AwsError
from aws_stage.patches.glue.records import Operation, Record, Records, key_of, missing

MAX_INDEXES = 3
"""Of a table: https://docs.aws.amazon.com/glue/latest/dg/partition-indexes.html"""


class PartitionIndexes:
    """The operations of indexes. All raise EntityNotFoundException where the table is missing."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.operations: Mapping[str, Operation] = {
            "CreatePartitionIndex": self._create,
            "GetPartitionIndexes": self._get_all,
            "DeletePartitionIndex": self._delete,
        }

    def _create(self, data: Record) -> Record:
        table, listed = self._records.table_of(data), self._listed(data)
        self._records.indexes[key_of(table)] = [*listed, described(table, listed, data["PartitionIndex"])]
        return {}

    def _get_all(self, data: Record) -> Record:
        return {"PartitionIndexDescriptorList": self._listed(data)}

    def _delete(self, data: Record) -> Record:
        listed = self._listed(data)
        kept = [index for index in listed if index["IndexName"] != data["IndexName"]]
        if len(kept) == len(listed):
            raise missing(f"Index {data['IndexName']} not found.")
        self._records.indexes[key_of(self._records.table_of(data))] = kept
        return {}

    def _listed(self, data: Record) -> list[Record]:
        found: list[Record] = self._records.indexes.get(key_of(self._records.table_of(data)), [])
        return found


def described(table: Record, others: list[Record], given: Record) -> Record:
    """The descriptor of a new index beside ``others``.

    Raises InvalidInputException for keys that the table does not have, AlreadyExistsException and
    ResourceNumberLimitExceededException.
    """
    types = {key["Name"].lower(): key.get("Type") for key in table.get("PartitionKeys") or []}
    keys = [name.lower() for name in given["Keys"]]
    foreign = [name for name in keys if name not in types]
    if foreign:
        raise AwsError("InvalidInputException", f"Index keys are not partition keys of the table: {', '.join(foreign)}")
    if any(other["IndexName"] == given["IndexName"] for other in others):
        raise AwsError("AlreadyExistsException", f"Index {given['IndexName']} already exists.")
    if len(others) == MAX_INDEXES:
        raise AwsError("ResourceNumberLimitExceededException", f"A table has at most {MAX_INDEXES} partition indexes.")
    schema = [{"Name": name, "Type": types[name]} if types[name] else {"Name": name} for name in keys]
    return {"IndexName": given["IndexName"], "Keys": schema, "IndexStatus": "ACTIVE"}
