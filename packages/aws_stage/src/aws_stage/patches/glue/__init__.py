"""Glue's Data Catalog: ministack keeps and persists it, and its operations are answered here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aws_stage.kernel import constraints
from aws_stage.kernel.engine import AwsError
from aws_stage.patches.glue.databases import Databases
from aws_stage.patches.glue.partition_indexes import PartitionIndexes
from aws_stage.patches.glue.partitions import Partitions
from aws_stage.patches.glue.records import Records, folded
from aws_stage.patches.glue.tables import Tables
from aws_stage.patches.replace import wrap

_FOLDED_FOR_MINISTACK = frozenset(
    {
        *("CreateDatabase", "DeleteDatabase"),
        *(
            f"{verb}ColumnStatisticsFor{what}"
            for verb in ("Update", "Get", "Delete")
            for what in ("Table", "Partition")
        ),
        *(f"{verb}UserDefinedFunction" for verb in ("Create", "Update", "Get", "Delete")),
        "GetUserDefinedFunctions",
    }
)
"""ministack does these, with names in lower case and their constraints checked."""


def apply() -> None:
    from ministack.services import glue

    records = Records(glue)
    parts = (Databases(records), Tables(records), Partitions(records), PartitionIndexes(records))
    operations = {name: operation for part in parts for name, operation in part.operations.items()}

    def handle(original: Callable[..., Any], *request: Any) -> Any:
        """``request``: the method, path, headers, body and query of a call, as ministack passes them."""
        method, path, headers, body, query = request
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        if name not in operations and name not in _FOLDED_FOR_MINISTACK:
            return original(method, path, headers, body, query)
        data = json.loads(body or b"{}")
        try:
            constraints.check("glue", name, data)
            records.check_catalog(name, data.get("CatalogId"))
            with records.lock:
                if name in operations:
                    return glue.json_response(operations[name](folded(data)))
                if name == "DeleteDatabase":
                    _forget_tables(records, folded(data)["Name"])
                return original(method, path, headers, json.dumps(folded(data)).encode(), query)
        except AwsError as error:
            return glue.error_response_json(error.code, error.message, error.status)

    wrap(glue, "_handle_request_sync", handle)


def _forget_tables(records: Records, database: str) -> None:
    """Glue deletes what is in a database with it, versions too."""
    for table in records.tables_of(database):
        records.forget_table(table)
