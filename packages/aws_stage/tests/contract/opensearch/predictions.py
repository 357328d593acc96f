"""Documents as the taxi pipeline has them, with what is awkward: missing fields, an hour that comes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {
        "@timestamp": {"type": "date"},
        "trip_id": {"type": "keyword"},
        "model_version": {"type": "keyword"},
        "fare_amount": {"type": "double"},
        "predicted_fare": {"type": "float"},
        "residual": {"type": "double"},
        "is_outlier": {"type": "boolean"},
        "outlier": {"type": "byte"},
        "zone": {"type": "short"},
        "passengers": {"type": "integer"},
        "sequence": {"type": "long"},
        "place": {"properties": {"borough": {"type": "keyword"}, "row": {"type": "integer"}}},
        "scored_at": {"type": "date", "format": "yyyy-MM-dd HH:mm:ss||epoch_millis"},
    },
}

BEGIN = datetime(2026, 10, 31, 20, 0, tzinfo=UTC)
"""New York puts its clocks back at 06:00 UTC of the next day."""


def document(number: int) -> dict[str, Any]:
    """Every 7 minutes one; every seventh is an outlier, every eleventh has no passengers, every fifth no place."""
    moment = BEGIN + timedelta(minutes=7 * number)
    fare = round(5 + (number * 37 % 100) / 4 - (20 if number % 50 == 0 else 0), 2)
    found: dict[str, Any] = {
        "@timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "trip_id": f"trip-{number:04d}",
        "model_version": str(1 + number % 3),
        "fare_amount": fare,
        "predicted_fare": fare + number % 5 - 2,
        "residual": float(2 - number % 5),
        "is_outlier": number % 7 == 0,
        "outlier": int(number % 7 == 0),
        "zone": number % 13,
        "sequence": number * 1_000_000_007,
        "scored_at": moment.strftime("%Y-%m-%d %H:%M:%S"),
    }
    if number % 11:
        found["passengers"] = number % 4
    if number % 5:
        found["place"] = {"borough": ("Bronx", "Queens", "Brooklyn")[number % 3], "row": number % 4}
    return found


def bulk(index: str, numbers: range) -> list[dict[str, Any]]:
    """The body of a bulk request."""
    lines: list[dict[str, Any]] = []
    for number in numbers:
        lines += [{"index": {"_index": index, "_id": f"d{number}"}}, document(number)]
    return lines
