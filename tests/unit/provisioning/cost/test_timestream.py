"""Writes are counted in kilobytes of a call, storage by each store's rules, queries by the compute that they hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datastreamer.provisioning.cost.timestream import SeriesLoad, record_size, timestream_costs

SECONDS = 730 * 3600
LOAD = SeriesLoad(records_per_second=100, record_bytes=200)


def usd(part: str, load: SeriesLoad = LOAD, memory_hours: int = 24, magnetic_days: int = 365) -> float:
    return next(c.usd for c in timestream_costs(load, memory_hours, magnetic_days) if c.part == f"Timestream, {part}")


def test_a_record_is_as_large_as_in_awss_own_example() -> None:
    dimensions = {"region": "us-east-1", "az": "1d", "vpc": "vpc-1a2b3c4d", "hostname": "host-24Gju"}
    # 8 for the time, 15 + 4 + 15 + 18 for the dimensions, 15 for the name; there the value has no name of its own.
    assert record_size(dimensions, "cpu_utilization", []) + 8 == 83
    assert record_size({}, "", ["température"]) == 8 + 12 + 8


def test_a_call_is_rounded_up_to_a_kilobyte_as_a_whole() -> None:
    # One call a second of 100 x 200 bytes: 20 kilobytes (19.53), of which a million cost 0.50.
    assert usd("writes") == pytest.approx(SECONDS * 20 / 1e6 * 0.5)
    # One record a call: a hundred calls a second of a kilobyte each.
    assert usd("writes", replace(LOAD, records_per_call=1)) == pytest.approx(SECONDS * 100 / 1e6 * 0.5)
    # AWS's own example: 12 records of 83 bytes are one write.
    twelve = SeriesLoad(records_per_second=12, record_bytes=83, records_per_call=12)
    assert usd("writes", twelve) == pytest.approx(SECONDS / 1e6 * 0.5)


def test_the_memory_store_is_billed_for_every_hour_of_what_it_holds() -> None:
    # 100 x 86,400 x 200 bytes a day are 1.728 GB: x 730 h x 0.036.
    assert usd("memory store") == pytest.approx(45.41184)
    assert usd("memory store", memory_hours=12) == pytest.approx(22.70592)


def test_the_magnetic_store_is_billed_for_what_has_come_so_far_and_is_kept() -> None:
    assert usd("magnetic store", replace(LOAD, months=1)) == pytest.approx(1.728 * 730 / 24 * 0.03)
    assert usd("magnetic store", replace(LOAD, months=60)) == pytest.approx(1.728 * 365 * 0.03)


def test_a_query_holds_four_units_for_half_a_minute_and_many_share_them() -> None:
    # 1,000 x 30 s x 4 units are 33.33 hours: x 0.518.
    assert usd("queries", replace(LOAD, queries_per_month=1000)) == pytest.approx(17.2666667)
    # One a second, each of 0.2 s: four units all month.
    steady = replace(LOAD, queries_per_month=SECONDS, query_seconds=0.2)
    assert usd("queries", steady) == pytest.approx(4 * 730 * 0.518)
    # Three seconds of work a second take three times as much.
    assert usd("queries", replace(steady, query_seconds=3)) == pytest.approx(3 * 4 * 730 * 0.518)
