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
LONGEST_VALUE = 1024
"""Characters of a partition's value that Glue takes (API model, ValueString)."""
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
    named: dict[Values, list[Sequence[str | None]]] = {}
    for values in partitions_in(lake.connection, _RESULT, to.keys):
        named.setdefault(tuple(map(_written, values)), []).append(values)
    if to.known is not None and len(named.keys() - to.known) > MOST_PARTITIONS:
        raise QueryError(
            "HIVE_TOO_MANY_OPEN_PARTITIONS", f"Exceeded limit of {MOST_PARTITIONS} open writers for partitions/buckets"
        )
    selected = ", ".join(identifier(column.name) for column in data)
    found: dict[Values, str] = {}
    for texts, alike in named.items():
        context.cancellation.check()
        path = "/".join(f"{key}={escape(text)}" for key, text in zip(to.keys, texts, strict=True))
        folder = to.folder.child(f"{path}/")
        wanted = " OR ".join(f"({where_partition(to.keys, values)})" for values in alike)
        sql = f"SELECT {selected} FROM {_RESULT} WHERE {wanted}"
        target.write(lake.connection, sql, data, folder, to.format)
        found[texts] = str(folder)
    return target.written, found


def _written(value: str | None) -> str:
    """A key's value as the catalogue and the folder have it; to Hive an empty text is NULL (escapePathName).

    Raises QueryError where the catalogue could not have it.
    """
    if not value:
        return NULL_VALUE
    if len(value) > LONGEST_VALUE:
        raise QueryError(
            "HIVE_INVALID_PARTITION_VALUE",
            f"A partition value of {len(value)} characters is longer than {LONGEST_VALUE}: {value[:40]}…",
        )
    return value
