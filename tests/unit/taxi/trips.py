"""A plain trip as a row of TLC's files, to be changed by tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

PICKUP = datetime(2025, 1, 15, 8, 30)  # noqa: DTZ001  TLC's times have no zone


def row(**changes: Any) -> dict[str, Any]:
    """A Wednesday morning's trip of 2.4 miles in 15 minutes; ``changes`` by TLC's names."""
    return {
        "VendorID": 2,
        "tpep_pickup_datetime": PICKUP,
        "tpep_dropoff_datetime": PICKUP.replace(minute=45),
        "passenger_count": 1,
        "trip_distance": 2.4,
        "RatecodeID": 1,
        "store_and_fwd_flag": "N",
        "PULocationID": 161,
        "DOLocationID": 236,
        "payment_type": 1,
        "fare_amount": 15.6,
        "extra": 0.0,
        "mta_tax": 0.5,
        "tip_amount": 4.22,
        "tolls_amount": 0.0,
        "improvement_surcharge": 1.0,
        "total_amount": 24.57,
        "congestion_surcharge": 2.5,
        "Airport_fee": 0.0,
        "cbd_congestion_fee": 0.75,
        **changes,
    }
