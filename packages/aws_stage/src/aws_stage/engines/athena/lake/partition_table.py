"""``"t$partitions"``: a table's registered partitions as rows."""

from __future__ import annotations

from trino_on_duckdb import Column, Relation, hive_to_athena, hive_to_duckdb

from aws_stage.engines.athena.lake.catalogue import Catalogue, Table
from aws_stage.engines.athena.lake.partitions import NULL_VALUE
from aws_stage.engines.athena.lake.text import identifier, literal

SUFFIX = "$partitions"


def partition_table(catalogue: Catalogue, table: Table) -> Relation:
    """The values of a table's keys, one row a partition; projected partitions are registered nowhere, so none is."""
    columns = tuple(Column(key.name, hive_to_athena(key.type)) for key in table.partition_keys)
    names = ", ".join(f"c{index}" for index in range(len(columns)))
    selected = ", ".join(
        f"CAST(c{index} AS {hive_to_duckdb(key.type)}) AS {identifier(key.name)}"
        for index, key in enumerate(table.partition_keys)
    )
    rows = [
        "(" + ", ".join("NULL" if value == NULL_VALUE else literal(value) for value in partition.values) + ")"
        for partition in catalogue.partitions(table.name)
    ]
    listed = ", ".join(rows or ["(" + ", ".join("NULL" for _ in columns) + ")"])
    nothing = "" if rows else " WHERE false"
    return Relation(f"(SELECT {selected} FROM (VALUES {listed}) AS listed({names}){nothing})", columns)
