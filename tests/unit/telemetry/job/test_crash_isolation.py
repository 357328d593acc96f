"""Finding the objects that kill their workers: which jobs are run, and what counts as a death. The deaths themselves
are in tests/spark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.aws.s3_location import S3Location
from datastreamer.telemetry.job import crash_isolation
from datastreamer.telemetry.job.accounts import LineCount
from datastreamer.telemetry.job.crash_isolation import WorkerDiedError, is_death, validate_all
from datastreamer.telemetry.manifest import RawObject

VALIDATED, PARKED = 1, 2


class Jobs:
    """Plays Spark: a job dies when it validates one of the ``deadly`` objects, and ``transient`` times besides."""

    def __init__(self, deadly: set[int], transient: int = 0) -> None:
        self.deadly = deadly
        self.transient = transient
        self.run: list[Sequence[int]] = []

    def __call__(self, _spark: Any, _objects: Any, numbers: Sequence[int], work: Any) -> list[LineCount]:
        self.run.append(numbers)
        if work == VALIDATED and self.transient:
            self.transient -= 1
            raise WorkerDiedError("by chance")
        if work == VALIDATED and self.deadly & set(numbers):
            raise WorkerDiedError("of an object")
        return [LineCount(number, None if work == VALIDATED else "crashed_the_reader", None, 1) for number in numbers]


def outcome(jobs: Jobs, count: int) -> dict[int, str | None]:
    objects = [RawObject(f"{number}", "", number, "2025-10-15T08:00:00+00:00") for number in range(count)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crash_isolation, "_in_tasks", jobs)
        patch.setattr(crash_isolation, "_validating", lambda *_: VALIDATED)
        patch.setattr(crash_isolation, "_parking", lambda *_: PARKED)
        patch.setattr(crash_isolation, "_lives", lambda _spark: True)
        spark: Any = None
        validated = validate_all(spark, "raw", objects, S3Location("state", "staged/"))
    assert len({folder.uri for folder in validated.readings + validated.rejected}) == len(
        validated.readings + validated.rejected
    )
    assert sorted(item.object for item in validated.counts) == list(range(count))
    return {item.object: item.reason for item in validated.counts}


@given(st.integers(1, 70).flatmap(lambda count: st.tuples(st.just(count), st.sets(st.integers(0, count - 1)))))
def test_exactly_the_deadly_objects_are_parked_and_every_other_one_is_read_once(case: tuple[int, set[int]]) -> None:
    count, deadly = case
    found = outcome(Jobs(deadly), count)
    assert {number for number, reason in found.items() if reason == "crashed_the_reader"} == deadly


@given(st.integers(1, 5000).flatmap(lambda count: st.tuples(st.just(count), st.integers(0, count - 1))))
def test_one_deadly_object_costs_a_logarithm_of_jobs(case: tuple[int, int]) -> None:
    count, deadly = case
    jobs = Jobs({deadly})
    outcome(jobs, count)
    assert len(jobs.run) <= 2 + 2 * math.ceil(math.log2(count))


@given(st.integers(1, 40), st.integers(0, 4))
def test_a_worker_that_dies_by_chance_costs_time_and_no_object(count: int, deaths: int) -> None:
    """Unless an object that is alone meets it; then it is parked, not lost."""
    jobs = Jobs(set(), transient=deaths)
    parked = [number for number, reason in outcome(jobs, count).items() if reason]
    assert len(parked) <= max(0, deaths - math.floor(math.log2(count)))


@pytest.mark.parametrize(
    ("failure", "death"),
    [
        (
            "Job aborted: Lost task 0.0: org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)",
            True,
        ),
        ("most recent failure: ExecutorLostFailure (executor 2 exited caused by one of the running tasks)", True),
        ("Lost task 1.0 in stage 3.0: java.net.SocketException: Connection reset", True),
        ("org.apache.spark.api.python.PythonException: Traceback: ReaderCrashedError: out of memory", True),
        ("org.apache.spark.api.python.PythonException: botocore.exceptions.ClientError: SlowDown", False),
        ("org.apache.spark.api.python.PythonException: ConnectionResetError: java.net.SocketException", False),
        ("Total size of serialized results of 16 tasks (1 GiB) is bigger than spark.driver.maxResultSize", False),
    ],
)
def test_a_death_is_told_from_other_failures(failure: str, death: bool) -> None:
    assert is_death(failure) is death
