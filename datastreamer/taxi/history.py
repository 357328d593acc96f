"""History that is made, not downloaded: a month of simulated trips as a file like TLC's.

The simulator is a sensor's; of the pipeline, this module alone knows it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from datastreamer.errors import UsageError
from datastreamer.events.trip import Field, Kind
from datastreamer.sensor.taxi.simulation import Columns, simulate_day, trips_by_day
from datastreamer.taxi.month import Month
from datastreamer.taxi.tlc import columns_of, file_name, parquet_schema

PARQUET: Final = "parquet"
CSV: Final = "csv"


@dataclass(frozen=True)
class MonthFile:
    """A file that was written: ``rows`` trips of ``month``, ``size`` bytes."""

    month: Month
    path: Path
    rows: int
    size: int


def write_month(
    folder: Path,
    month: Month,
    trips: int,
    *,
    seed: int,
    dirt: float = 1.0,
    suffix: str = PARQUET,
    overwrite: bool = False,
    done: Callable[[int], None] = lambda _rows: None,
) -> MonthFile:
    """Write ``trips`` simulated trips of ``month`` into ``folder``, with the columns and types that TLC gave the month.

    Equal arguments give equal rows. ``dirt`` multiplies the real shares of dirt. ``done`` is called with the number of
    rows of each day. Raises UsageError for a month before the tariffs, and when the file is there and not to be
    overwritten; a file is there whole or not at all.
    """
    path = folder / file_name(month, suffix)
    if path.exists() and not overwrite:
        raise UsageError(f"{path} is there already; give another folder, or --overwrite")
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    schema = parquet_schema(month)
    try:
        with _writer(part, schema, suffix) as writer:
            for table in _days(month, trips, seed=seed, dirt=dirt, schema=schema):
                writer.write_table(_as_text(table) if suffix == CSV else table)
                done(table.num_rows)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return MonthFile(month, path, trips, path.stat().st_size)


def _days(month: Month, trips: int, *, seed: int, dirt: float, schema: pa.Schema) -> Iterator[pa.Table]:
    days = month.days()
    for day, count in zip(days, trips_by_day(days, trips), strict=True):
        yield _table(simulate_day(day, count, seed=seed, dirt=dirt), month, schema)


def _table(columns: Columns, month: Month, schema: pa.Schema) -> pa.Table:
    arrays = [
        _array(columns[field.column], field, kind) for field, kind in zip(columns_of(month), schema.types, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: NDArray[Any], field: Field, kind: pa.DataType) -> pa.Array:
    if pa.types.is_null(kind):
        return pa.nulls(len(values))
    if field.kind is Kind.TIME:
        return pa.array(values, kind)
    missing = values == "" if field.kind is Kind.TEXT else np.isnan(values)
    if pa.types.is_integer(kind):
        values = np.where(missing, 0, values).astype(np.int64)
    return pa.array(values, kind, mask=missing)


def _as_text(table: pa.Table) -> pa.Table:
    """Times as TLC's CSV files have them; Arrow would write microseconds."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            text = np.datetime_as_string(table[place].to_numpy(), unit="s")
            table = table.set_column(place, field.name, pa.array(np.char.replace(text, "T", " ")))
    return table


def _writer(path: Path, schema: pa.Schema, suffix: str) -> Any:
    if suffix == PARQUET:
        return pq.ParquetWriter(path, schema, compression="zstd")
    text = pa.schema([(f.name, pa.string() if pa.types.is_timestamp(f.type) else f.type) for f in schema])
    return pa_csv.CSVWriter(path, text, write_options=pa_csv.WriteOptions(quoting_style="none"))
