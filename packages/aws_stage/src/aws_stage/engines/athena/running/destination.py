"""Writing a query's rows into a folder, partition by partition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trino_on_duckdb import QueryError, Translation

from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.ddl.partitions import escape
from aws_stage.engines.athena.lake.partitions import NULL_VALUE
from aws_stage.engines.athena.lake.relations import Lake
from aws_stage.engines.athena.lake.target import FileFormat, Target, Written, partitions_in, where_partition
from aws_stage.engines.athena.lake.text import identifier
from aws_stage.engines.athena.running.context import QueryContext

MOST_PARTITIONS = 100
"""New partitions that one CTAS or INSERT may write (docs.aws.amazon.com/athena/latest/ug/ctas-insert-into.html)."""
_RESULT = "written_rows"

Values = tuple[str, ...]


@dataclass(frozen=True)
class Destination:
    """A folder, its format, its keys, and the partitions already ``known`` (None: any number may be new)."""

    folder: Location
    format: FileFormat
    keys: Sequence[str]
    known: set[Values] | None


def write(
    context: QueryContext, lake: Lake, translation: Translation, to: Destination
) -> tuple[Written, dict[Values, str]]:
    """Write the rows of a query; gives what was written, and the folder of each partition."""
    moment = context.session.now.strftime("%Y%m%d_%H%M%S")
    target = Target(context.store, lake.files, str(context.spill), f"{moment}_{context.id[:5]}", context.put_options())
    data = [column for column in translation.columns if column.name not in to.keys]
    if not to.keys:
        target.write(lake.connection, translation.sql, data, to.folder, to.format)
        return target.written, {}
    lake.connection.execute(f"CREATE TEMP TABLE {_RESULT} AS {translation.sql}")
    named = {
        tuple(NULL_VALUE if value is None else value for value in values): values
        for values in partitions_in(lake.connection, _RESULT, to.keys)
    }
    if to.known is not None and len(named.keys() - to.known) > MOST_PARTITIONS:
        raise QueryError(
            "HIVE_TOO_MANY_OPEN_PARTITIONS", f"Exceeded limit of {MOST_PARTITIONS} open writers for partitions/buckets"
        )
    selected = ", ".join(identifier(column.name) for column in data)
    found: dict[Values, str] = {}
    for texts, values in named.items():
        context.cancellation.check()
        path = "/".join(f"{key}={escape(text)}" for key, text in zip(to.keys, texts, strict=True))
        folder = to.folder.child(f"{path}/")
        sql = f"SELECT {selected} FROM {_RESULT} WHERE {where_partition(to.keys, values)}"
        target.write(lake.connection, sql, data, folder, to.format)
        found[texts] = str(folder)
    return target.written, found
