"""The records of one call against those that are stored: which are new, newer, the same, or rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from aws_stage.engines.timestream.store.schema import Schema
from aws_stage.engines.timestream.write.learning import learnt
from aws_stage.engines.timestream.write.record import Record, RejectedError

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  moments are kept in UTC, without a zone
_ARROW = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
}
Key = tuple[int, int]
"""A series' number and a time."""


@dataclass
class _State:
    """A record as it is stored (at ``rowid``) and after the records of the call so far (``record``)."""

    dimensions: dict[str, str]
    measure: str
    version: int
    values: dict[str, Any]
    rowid: int | None = None
    record: Record | None = None

    def is_of(self, record: Record) -> bool:
        return self.measure == record.measure and self.dimensions == record.dimensions


class Batch:
    """``take`` the records in their order, then ``flush``. ``schema`` is what the table has learnt by then."""

    def __init__(self, connection: Any, schema: Schema, records: Sequence[Record]) -> None:
        self.schema = schema
        self._connection = connection
        self._stored = schema
        self._states: dict[Key, list[_State]] = {}
        if schema.measures:
            self._look_up(records)

    def take(self, record: Record) -> None:
        """Store the record in place of an older version; raises RejectedError where what is there is not older."""
        schema = learnt(self.schema, record)
        values = {name: value for name, (_, value) in record.values.items()}
        states = self._states.setdefault((record.series, record.time), [])
        state = next((each for each in states if each.is_of(record)), None)
        if state is None:
            states.append(_State(dict(record.dimensions), record.measure, record.version, values, record=record))
        elif record.version > state.version:
            state.version, state.values, state.record = record.version, values, record
        elif state.values != values:
            raise _existing(record.version, state.version)
        self.schema = schema

    def flush(self) -> None:
        """Write what is new and newer, in the caller's transaction."""
        changed = [state for states in self._states.values() for state in states if state.record is not None]
        gone = [state.rowid for state in changed if state.rowid is not None]
        if gone:
            self._connection.execute(f"DELETE FROM {self.schema.table} WHERE rowid IN (SELECT unnest(?))", [gone])
        if changed:
            self._connection.register("batch", self._arrow([state.record for state in changed if state.record]))
            self._connection.execute(f"INSERT INTO {self.schema.table} BY NAME SELECT * FROM batch")
            self._connection.unregister("batch")

    def _look_up(self, records: Sequence[Record]) -> None:
        """Learn what is stored under the keys of the call. The times limit what is read: records come in their order
        of time, more or less, and DuckDB skips blocks outside."""
        times = [record.time for record in records]
        wanted = pa.table(
            {
                "series": pa.array([record.series for record in records], pa.int64()),
                "time": pa.array(times, pa.timestamp("us")),
            }
        )
        columns = list(self._stored.columns.values())
        held = "".join(f", t.{column.held_as}" for column in columns)
        self._connection.register("wanted", wanted)
        rows = self._connection.execute(
            f'SELECT t.rowid, t.series, t."time", t.measure_name, t.version{held} FROM {self._stored.table} t '
            'SEMI JOIN wanted USING (series, "time") WHERE t."time" BETWEEN ? AND ?',
            [_moment(min(times)), _moment(max(times))],
        ).fetchall()
        self._connection.unregister("wanted")
        for rowid, series, time, measure, version, *values in rows:
            found = {column: value for column, value in zip(columns, values, strict=True) if value is not None}
            dimensions = {column.name: value for column, value in found.items() if column.kind == "dimension"}
            measured = {column.name: value for column, value in found.items() if column.kind != "dimension"}
            state = _State(dimensions, measure, version, measured, rowid)
            self._states.setdefault((series, (time - _EPOCH) // timedelta(microseconds=1)), []).append(state)

    def _arrow(self, records: Sequence[Record]) -> pa.Table:
        arrays: dict[str, Any] = {
            "series": pa.array([record.series for record in records], pa.int64()),
            "version": pa.array([record.version for record in records], pa.int64()),
            "size": pa.array([record.size for record in records], pa.int32()),
            "time": pa.array([record.time for record in records], pa.timestamp("us")),
            "measure_name": pa.array([record.measure for record in records], pa.string()),
        }
        names = {name for record in records for name in (*record.dimensions, *record.values)}
        for name in names:
            column = self.schema.columns[name]
            if column.kind == "dimension":
                values = [record.dimensions.get(name) for record in records]
            else:
                values = [record.values[name][1] if name in record.values else None for record in records]
            arrays[column.held_as] = pa.array(values, _ARROW[column.type])
        return pa.table(arrays)


def _moment(time: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time)


def _existing(version: int, existing: int) -> RejectedError:
    if version == existing:
        return RejectedError(
            "A record already exists with the same time, dimensions, measure name, and record version. A higher record "
            "version must be specified in order to update the measure value. Specifying record version is supported by "
            "the latest SDKs.",
            existing,
        )
    return RejectedError(
        f"The record version {version} is lower than the existing version {existing}. A higher version is required to "
        "update the measure value.",
        existing,
    )
