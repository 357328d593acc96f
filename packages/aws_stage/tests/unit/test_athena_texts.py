"""DuckDB's SQL writes values exactly as the dialect's Python does."""

from __future__ import annotations

import math
import struct
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from aws_stage.engines.athena.running.texts import text_sql
from trino_on_duckdb import render


def doubles() -> list[float]:
    """Edges, and numbers of every size and length."""
    draw = Random(20251015)
    found = [0.0, -0.0, 1e-3, 9.99e-4, 1e-4, -2.5e-4, 1e-5, 9999999.999, 1e7, -1e7, 2e7, 1e15, 1e16, 1e21, 5e-324]
    found += [math.nan, math.inf, -math.inf, 1.7976931348623157e308]
    for _ in range(20_000):
        found.append(struct.unpack("d", struct.pack("Q", draw.getrandbits(64)))[0])
        found.append(draw.uniform(-1, 1) * 10.0 ** draw.randint(-8, 20))
        found.append(float(draw.randint(-(10**18), 10**18)))
        found.append(round(draw.uniform(-1e9, 1e9), 2))
    return found


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("type_text", "values"),
    [
        ("double", doubles()),
        ("bigint", [0, -1, 2**63 - 1, -(2**63), None]),
        ("boolean", [True, False, None]),
        ("varchar", ["", 'a"b', "c,\n", "é", None]),
        ("decimal(10,3)", [Decimal("0.000"), Decimal("-1.500"), Decimal("1234567.891"), Decimal("0.001")]),
        ("date", [date(2025, 10, 15), date(1, 1, 1), date(9999, 12, 31)]),
        (
            "timestamp(3)",
            [naive("2025-10-15T01:02:03.456"), naive("1969-12-31T23:59:59.001"), naive("0001-01-01T00:00:00")]
            + [naive("2025-01-01T00:00:00") + timedelta(milliseconds=step) for step in range(1000)],
        ),
    ],
)
def test_sql_and_python_write_the_same_text(type_text: str, values: list[Any]) -> None:
    arrow = {
        "double": pa.float64(),
        "bigint": pa.int64(),
        "boolean": pa.bool_(),
        "varchar": pa.string(),
        "decimal(10,3)": pa.decimal128(10, 3),
        "date": pa.date32(),
        "timestamp(3)": pa.timestamp("us"),
    }[type_text]
    with duckdb.connect() as connection:
        connection.register("given", pa.table({"c0": pa.array(values, arrow, from_pandas=False)}))
        written = [row[0] for row in connection.execute(f"SELECT {text_sql('c0', type_text)} FROM given").fetchall()]
    assert written == [render(value, type_text) for value in values]


@pytest.mark.parametrize("type_text", ["array(bigint)", "map(varchar, bigint)", "row(a bigint)", "real", "varbinary"])
def test_other_types_are_left_to_python(type_text: str) -> None:
    assert text_sql("c0", type_text) is None
