"""What a record teaches a table: new columns and measures, or that it does not fit to those that there are."""

from __future__ import annotations

from dataclasses import replace

from aws_stage.engines.timestream.store.schema import Kind, Measure, Schema
from aws_stage.engines.timestream.write import limits
from aws_stage.engines.timestream.write.record import Record, RejectedError

_MOST: dict[Kind, int] = {"dimension": limits.MOST_DIMENSIONS, "attribute": limits.MOST_ATTRIBUTES}
_CALLED: dict[Kind, str] = {"dimension": "dimension", "attribute": "multi-measure attribute", "value": "measure value"}


def learnt(schema: Schema, record: Record) -> Schema:
    """The schema after the record, the same object where it brings nothing new; raises RejectedError."""
    known = schema.measures.get(record.measure)
    if known is None and len(schema.measures) >= limits.MOST_MEASURES:
        raise RejectedError(f"The table has {limits.MOST_MEASURES} measure names already.")
    if known is not None and known.type != record.type:
        raise RejectedError(f"The measure {record.measure} has the type {known.type}, not {record.type}.")
    changed = schema
    for name in record.dimensions:
        changed = _with(changed, name, "dimension", "VARCHAR")
    kind: Kind = "attribute" if record.type == "MULTI" else "value"
    for name, (type_, _) in record.values.items():
        changed = _with(changed, name, kind, type_)
    measure = known or Measure(record.type)
    more = tuple(name for name in record.dimensions if name not in measure.dimensions)
    if known is None or more:
        changed = changed.with_measure(
            record.measure, replace(measure, dimensions=tuple(sorted(measure.dimensions + more)))
        )
    return changed


def _with(schema: Schema, name: str, kind: Kind, type_: str) -> Schema:
    known = schema.columns.get(name)
    if known is None:
        if len(schema.of_kind(kind)) >= _MOST.get(kind, len(schema.columns) + 1):
            raise RejectedError(f"The table has {_MOST[kind]} {_CALLED[kind]}s already.")
        if any(name.lower() == each.lower() for each in schema.columns):
            raise RejectedError(f"The table has a column whose name differs from {name} in case alone.")
        return schema.with_column(name, kind, type_)
    if known.kind != kind:
        raise RejectedError(f"The name {name} is a {_CALLED[known.kind]} in this table, not a {_CALLED[kind]}.")
    if known.type != type_:
        raise RejectedError(f"The {_CALLED[kind]} {name} has the type {known.type}, not {type_}.")
    return schema
