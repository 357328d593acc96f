"""The job's arguments, and how it cuts its work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.telemetry.job.config import Config
from datastreamer.telemetry.job.raw_reader import pack
from datastreamer.telemetry.manifest import COMMITTED, Manifest, RawObject
from datastreamer.telemetry.new_objects import first_objects
from glue_jobs.temperature_etl import _file_count

ARGUMENTS = {
    "raw_path": "s3://data/raw_data/device_sensor/",
    "curated_path": "s3://lake/device_telemetry",
    "quarantine_path": "s3a://lake/device_telemetry_quarantine/",
    "state_path": "s3://lake/_state/temperature_etl/",
    "stage": "prod",
    "JOB_RUN_ID": "jr_1",
}
NOW = datetime(2025, 10, 15, 12, tzinfo=UTC)


def found(*sizes: int) -> list[RawObject]:
    return [RawObject(str(number), "", size, "") for number, size in enumerate(sizes)]


def test_places_are_folders_however_they_are_written() -> None:
    config = Config.from_arguments(ARGUMENTS)
    assert config.curated.uri == "s3://lake/device_telemetry/"
    assert config.quarantine.uri == "s3://lake/device_telemetry_quarantine/"
    assert (config.lookback_hours, config.full_listing) == (48, "daily")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"raw_path": "/tmp/raw"}, "expected an address such as s3://bucket/folder/, found '/tmp/raw'"),  # noqa: S108
        ({"full_listing": "weekly"}, "--full_listing must be daily, always or never, not 'weekly'"),
        ({"lookback_hours": "-1"}, "--lookback_hours must be a number of hours, not '-1'"),
    ],
)
def test_an_argument_that_does_not_fit_is_named(changed: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Config.from_arguments({**ARGUMENTS, **changed})


@pytest.mark.parametrize(
    ("full_listing", "hours_ago", "expected"),
    [
        ("daily", 23, False),
        ("daily", 24, True),
        ("daily", None, True),
        ("always", 0, True),
        ("never", 99, False),
        ("never", None, True),
    ],
)
def test_every_object_is_listed_once_a_day_and_after_a_turn_that_left_some(
    full_listing: str, hours_ago: int | None, expected: bool
) -> None:
    listed = "" if hours_ago is None else (NOW - timedelta(hours=hours_ago)).isoformat()
    last = Manifest(1, "run", COMMITTED, 0, "", "", full_listing_at=listed)
    config = Config.from_arguments({**ARGUMENTS, "full_listing": full_listing})
    assert config.lists_all(last, NOW) is expected


def test_a_turn_takes_the_first_objects_and_at_least_one() -> None:
    assert first_objects(found(5, 5, 5), 10) == found(5, 5)
    assert first_objects(found(50, 5), 10) == found(50)
    assert first_objects(found(5, 5), 10) == found(5, 5)


@pytest.mark.parametrize(
    ("rows", "cores", "files"), [(0, 2, 1), (1_000_000, 2, 1), (1_000_001, 2, 2), (4_900_000, 2, 6), (1, 8, 1)]
)
def test_few_rows_make_one_file_and_many_keep_all_cores_busy(rows: int, cores: int, files: int) -> None:
    assert _file_count(rows, cores) == files


def test_objects_are_shared_evenly_and_all_of_them() -> None:
    tasks = pack(found(*range(1, 200), 90_000_000), 4)
    assert sorted(number for task in tasks for number in task) == list(range(200))
    assert [199] in tasks
    assert max(map(len, tasks)) - min(len(task) for task in tasks if task != [199]) <= 1
    assert len(pack(found(1, 1), 8)) == 2
    assert len(pack(found(*[16 * 2**20] * 9), 2)) == 9
