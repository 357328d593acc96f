"""What a table has learnt is stored and read back whole."""

from __future__ import annotations

from aws_stage.engines.timestream.store.schema import Measure, Schema


def test_a_schema_is_read_back_as_it_was() -> None:
    schema = Schema("1").with_column("device_id", "dimension", "VARCHAR").with_column("t", "attribute", "DOUBLE")
    schema = schema.with_measure("metrics", Measure("MULTI", ("device_id",)))
    assert Schema.decode(schema.encode()) == schema
    assert [column.held_as for column in schema.columns.values()] == ["c0", "c1"]
