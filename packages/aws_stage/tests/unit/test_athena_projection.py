"""Partition projection: the values that a table's properties stand for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from aws_stage.engines.athena.lake.catalogue import Table, read_table
from aws_stage.engines.athena.lake.java_dates import DateFormat
from aws_stage.engines.athena.lake.projection import Injected, projected_location, projected_values
from trino_on_duckdb import QueryError, TableName

NOW = datetime(2025, 3, 31, 12, 30, 5, tzinfo=UTC)


def table(key_type: str = "string", location_template: str | None = None, **properties: str) -> Table:
    parameters = {f"projection.k.{name.replace('_', '.')}": value for name, value in properties.items()}
    if location_template is not None:
        parameters["storage.location.template"] = location_template
    document = {
        "PartitionKeys": [{"Name": "k", "Type": key_type}],
        "Parameters": parameters,
        "StorageDescriptor": {"Location": "s3://b/t/"},
    }
    return read_table(TableName("awsdatacatalog", "d", "t"), document)


def texts(**properties: str) -> list[str]:
    values = projected_values(table(**properties), NOW)["k"]
    assert not isinstance(values, Injected)
    return [value.text for value in values]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"type": "enum", "values": "a, b,c"}, ["a", "b", "c"]),
        ({"type": "integer", "range": "8,11", "digits": "2"}, ["08", "09", "10", "11"]),
        ({"type": "integer", "range": "-1,1"}, ["-1", "0", "1"]),
        ({"type": "integer", "range": "-1,1", "digits": "3"}, ["-001", "000", "001"]),
        ({"type": "integer", "range": "0,10", "interval": "4"}, ["0", "4", "8"]),
        ({"type": "INTEGER", "range": "5,4"}, []),
        (
            {"type": "date", "range": "2024-02-28,2024-03-01", "format": "yyyy-MM-dd"},
            ["2024-02-28", "2024-02-29", "2024-03-01"],
        ),
        ({"type": "date", "range": "NOW-1MONTHS,NOW", "format": "yyyy/MM"}, ["2025/02", "2025/03"]),
        (
            {"type": "date", "range": "NOW-2DAYS,NOW+1DAY", "format": "yyyyMMdd"},
            ["20250329", "20250330", "20250331", "20250401"],
        ),
        (
            {
                "type": "date",
                "range": "2025-01-01-22,2025-01-02-01",
                "format": "yyyy-MM-dd-HH",
                "interval_unit": "HOURS",
            },
            ["2025-01-01-22", "2025-01-01-23", "2025-01-02-00", "2025-01-02-01"],
        ),
        ({"type": "date", "range": "2024,2026", "format": "yyyy", "interval_unit": "YEARS"}, ["2024", "2025", "2026"]),
        (
            {
                "type": "date",
                "range": "2024-01-31,2024-05-31",
                "format": "yyyy-MM-dd",
                "interval": "1",
                "interval_unit": "MONTHS",
            },
            ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"],
        ),
        (
            {
                "type": "date",
                "range": "NOW-7DAYS,NOW",
                "format": "yyyy-MM-dd",
                "interval": "1",
                "interval_unit": "WEEKS",
            },
            ["2025-03-24", "2025-03-31"],
        ),
        (
            {
                "type": "date",
                "range": "2025-01-01T00:00Z,2025-01-01T00:20Z",
                "format": "yyyy-MM-dd'T'HH:mm'Z'",
                "interval": "10",
                "interval_unit": "MINUTES",
            },
            ["2025-01-01T00:00Z", "2025-01-01T00:10Z", "2025-01-01T00:20Z"],
        ),
    ],
)
def test_values(properties: dict[str, str], expected: list[str]) -> None:
    assert texts(**properties) == expected


def test_a_number_or_date_column_gives_its_own_text_and_the_folder_the_projected_one() -> None:
    [value] = projected_values(table("int", type="integer", range="7,7", digits="2"), NOW)["k"]  # type: ignore[misc]
    assert (value.text, value.value) == ("07", "7")
    [day] = projected_values(table("date", type="date", range="NOW,NOW", format="yyyy/MM/dd"), NOW)["k"]  # type: ignore[misc]
    assert (day.text, day.value) == ("2025/03/31", "2025-03-31")


def test_locations_by_template_or_by_folder() -> None:
    assert projected_location(table(), {"k": "v"}) == "s3://b/t/k=v/"
    assert projected_location(table(location_template="s3://c/${k}/x"), {"k": "v"}) == "s3://c/v/x/"
    with pytest.raises(QueryError, match="names a key that the table does not have"):
        projected_location(table(location_template="s3://c/${other}/"), {"k": "v"})


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ({"type": "integer", "range": "1"}, "two values"),
        ({"type": "integer", "range": "1,2", "digits": "x"}, "whole number above 0"),
        ({"type": "integer", "range": "0,9999999"}, "more than 1000000 values"),
        ({"type": "enum"}, "projection.k.values: it is missing"),
        ({"type": "date", "range": "NOW,NOW", "format": "yyyy-MM-dd HH", "interval": "1"}, "interval.unit"),
        ({"type": "date", "range": "NOW,NOW", "format": "yyyy-MMM"}, "pattern letters 'MMM'"),
    ],
)
def test_wrong_properties(properties: dict[str, str], why: str) -> None:
    with pytest.raises(QueryError, match="INVALID_TABLE_PROPERTY") as error:
        texts(**properties)
    assert why in error.value.message


@pytest.mark.parametrize("pattern", ["", "'only text'", "yyyy 'open", "yyyy-ww", "yyyyMMddHHH", "yyyy[MM]"])
def test_patterns_that_are_no_dates(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"date pattern|pattern letters|reserved"):
        DateFormat(pattern)


def test_a_field_that_stands_twice_must_say_the_same_twice() -> None:
    pattern = DateFormat("yyyy/yyyy-MM-d")
    assert pattern.parse("2025/2025-03-4") == datetime(2025, 3, 4, tzinfo=UTC)
    with pytest.raises(ValueError, match="does not fit"):
        pattern.parse("2025/2024-03-4")
