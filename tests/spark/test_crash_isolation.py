"""No object may stop the job for good: one that kills the workers is parked, and every other one is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import SparkSession

from datastreamer.sensor.temperature.dirt import DIRT
from datastreamer.telemetry.job import crash_isolation
from datastreamer.telemetry.job.crash_isolation import WorkerDiedError
from datastreamer.telemetry.job.report import log_line, metric_data
from datastreamer.telemetry.manifest import Manifest
from glue_jobs import temperature_etl
from tests.spark import deadly_validation
from tests.spark.lake import Lake, reading

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.stage]


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash_isolation, "validate_block", deadly_validation.validate_block)
    monkeypatch.setattr(crash_isolation, "reject_all", deadly_validation.reject_all)


def run(
    spark: SparkSession, lake: Lake, reached: Callable[[str], None] = lambda _: None, **settings: Any
) -> list[Manifest]:
    return temperature_etl.run(spark, lake.config(**settings), lake.s3, lambda: datetime.now(UTC), reached)


def poison(how: bytes, *, twice: bool = False) -> bytes:
    return reading(f"poison-{how.decode()}")[:-1] + b',"die":"%s"%s}' % (how, b',"twice":1' if twice else b"")


@pytest.mark.usefixtures("deadly")
def test_objects_that_kill_their_workers_are_parked_whole_and_the_others_are_read(
    spark: SparkSession, lake: Lake
) -> None:
    lake.put("2025/10/15/08/a.gz", [reading("good-1"), b"?", reading("same")])
    killers = [
        lake.put(f"2025/10/15/08/{how.decode()}.gz", [reading("beside"), poison(how), b"\xff", b" "])
        for how in (b"segfault", b"no-memory")
    ]
    lake.put("2025/10/15/08/z.gz", [reading("good-2"), b"?", reading("same")])
    lake.parked.update(killers)

    (manifest,) = run(spark, lake)

    lake.check()
    assert (manifest.curated, manifest.duplicates) == (3, 1)
    assert manifest.quarantined == {"crashed_the_reader": 8, "invalid_json": 2}
    line = log_line("local", "run", [manifest])
    assert (sorted(line["crashed_objects"]), line["corrupt_objects"]) == (sorted(killers), {})
    values = {item["MetricName"]: item["Value"] for item in metric_data("local", [manifest])}
    assert values["CrashedObjects"] == 2
    assert run(spark, lake) == []


@pytest.mark.usefixtures("deadly")
def test_an_object_that_cannot_even_be_read_is_parked_by_its_name(spark: SparkSession, lake: Lake) -> None:
    lake.put("2025/10/15/08/good.gz", [reading("good")])
    uri = lake.put("2025/10/15/08/poison.gz", [reading("beside"), poison(b"segfault", twice=True)])
    (manifest,) = run(spark, lake)
    assert [row["event_id"] for row in lake.table("curated")] == ["good"]
    (row,) = lake.table("quarantine")
    assert (row["reason"], row["source_object"], row["line_number"], row["line"], row["line_base64"]) == (
        *("crashed_the_reader", uri, 0),
        *(None, None),
    )
    assert log_line("local", "run", [manifest])["crashed_objects"] == [uri]
    assert [item.fault is not None for item in manifest.objects if item.source_object == uri] == [True]


def test_workers_that_die_of_good_lines_fail_the_run_and_park_nothing(
    spark: SparkSession, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put("2025/10/15/08/a.gz", [reading("a")])
    lake.put("2025/10/15/08/b.gz", [reading("b")])
    monkeypatch.setattr(crash_isolation, "validate_block", deadly_validation.dead)
    with pytest.raises(WorkerDiedError, match="Python worker exited unexpectedly"):
        run(spark, lake)
    assert (lake.table("curated"), lake.table("quarantine")) == ([], [])
    monkeypatch.undo()
    run(spark, lake)
    lake.check()


@pytest.mark.usefixtures("deadly")
def test_an_object_that_is_replaced_while_another_one_is_parked_fails_the_run(spark: SparkSession, lake: Lake) -> None:
    lake.put("2025/10/15/08/a.gz", [reading("a")])
    lake.parked.add(lake.put("2025/10/15/08/poison.gz", [poison(b"exit")]))

    def replace(step: str) -> None:
        if step == "planned":
            lake.put("2025/10/15/08/a.gz", [reading("b")])

    with pytest.raises(Exception, match="PreconditionFailed"):
        run(spark, lake, replace)
    assert (lake.table("curated"), lake.table("quarantine")) == ([], [])
    run(spark, lake)
    lake.check()


def test_lines_that_once_killed_workers_are_quarantined_and_their_neighbours_read(
    spark: SparkSession, lake: Lake
) -> None:
    deep = [reading(f"d{number}")[:-1] + b',"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}" for number in range(3)]
    names = (b"".join(b',"f%d-%d":1' % (number, field) for field in range(20_000)) for number in range(5))
    wide = [reading(f"w{number}")[:-1] + some + b"}" for number, some in enumerate(names)]
    lake.put("2025/10/15/08/a.gz", [reading("a"), *deep, reading("b"), *wide, reading("c")])
    (manifest,) = run(spark, lake)
    lake.check()
    assert (manifest.curated, manifest.quarantined) == (3, {"nested_too_deep": 3, "too_many_fields": 5})
    assert "deep_nesting" in {kind.name for kind in DIRT}
