"""Validating raw objects in Spark's tasks, whatever becomes of the processes that do it.

Lines come from anywhere and are read by native code, so a worker may die of one: of a crash, or of too little memory.
Spark tries again and gives up, and so would every later run. So the objects are halved until the one that kills is
alone. It is parked, every line as it is, and all others are validated: one such object among n costs at most 2 log2(n)
more jobs.

Only a death is treated so. What S3 refuses fails the run, which may be repeated; so does a worker that dies at a line
known to be good, for then it is the worker that is broken and no object is to blame.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from pyspark.sql import SparkSession

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import DatastreamerError
from datastreamer.telemetry.job.accounts import LineCount
from datastreamer.telemetry.job.raw_reader import ReaderCrashedError, name_object, pack, read_objects, reject_all
from datastreamer.telemetry.job.validation import validate_block
from datastreamer.telemetry.manifest import RawObject

logger = logging.getLogger("datastreamer.crash_isolation")

_PYTHON_EXCEPTION: Final = "org.apache.spark.api.python.PythonException"
_DEATHS: Final = (
    "Python worker exited unexpectedly",
    "ExecutorLostFailure",
    "java.io.EOFException",
    "java.net.SocketException",
)
"""How Spark says that a worker is gone: by its own words, or by the connection that broke (BasePythonRunner)."""

_GOOD_LINE: Final = (
    b'{"event_id":"probe","device_id":"probe","timestamp":"2025-10-15T08:30:00.123Z","temperature":21.5,"other":[1]}'
)

_Task = Callable[[Sequence[int], str], list[LineCount]]
"""What to do with the objects of these numbers; the name is for the files that it writes."""


@dataclass
class ValidatedObjects:
    """What was read: ``counts``, and the folders (each with ``readings/`` and ``rejected/``) that have its files."""

    counts: list[LineCount] = field(default_factory=list)
    readings: list[S3Location] = field(default_factory=list)
    rejected: list[S3Location] = field(default_factory=list)

    def add(self, counts: Sequence[LineCount], folder: S3Location) -> None:
        """Take in what one job gave."""
        self.counts += counts
        if any(count.lines for count in counts if count.reason is None):
            self.readings.append(folder.folder("readings"))
        if any(count.lines for count in counts if count.reason is not None):
            self.rejected.append(folder.folder("rejected"))


class WorkerDiedError(DatastreamerError):
    """A worker died, or broke off for a reason that lies in what it read."""


def validate_all(
    spark: SparkSession, bucket: str, objects: Sequence[RawObject], scratch: S3Location
) -> ValidatedObjects:
    """Validate every line of ``objects``; ``scratch`` is an empty folder to work in.

    Raises what a job raises that failed of anything but a death, and WorkerDiedError when a worker does not live
    through good lines either.
    """
    work = _Isolation(spark, bucket, objects, scratch)
    work.validate(range(len(objects)))
    return work.validated


class _Isolation:
    def __init__(self, spark: SparkSession, bucket: str, objects: Sequence[RawObject], scratch: S3Location) -> None:
        self.validated = ValidatedObjects()
        self._spark = spark
        self._bucket = bucket
        self._objects = objects
        # A job that failed leaves files, and may go on to write some, in a folder that nobody reads.
        self._folders = (scratch.folder(f"{number:06d}") for number in itertools.count())
        self._workers_live = False

    def validate(self, numbers: Sequence[int], *, suspected: bool = False) -> bool:
        """Validate the objects of these numbers; False when one of them had to be parked.

        ``suspected``: one of them kills, so that all together need not be tried again.
        """
        if not suspected or len(numbers) == 1:
            folder = next(self._folders)
            try:
                counts = _in_tasks(
                    self._spark, self._objects, numbers, _validating(self._bucket, self._objects, folder)
                )
            except WorkerDiedError as death:
                logger.warning("%s", death)
                if len(numbers) == 1:
                    self._workers_live = self._workers_live or _lives(self._spark)
                    if not self._workers_live:
                        raise
                    self._park(numbers[0])
                    return False
            else:
                self.validated.add(counts, folder)
                return True
        middle = len(numbers) // 2
        first_lives = self.validate(numbers[:middle])
        second_lives = self.validate(numbers[middle:], suspected=first_lives)
        return first_lives and second_lives

    def _park(self, number: int) -> None:
        found, folder = self._objects[number], next(self._folders)
        counts: list[LineCount] = []
        try:
            counts = _in_tasks(self._spark, self._objects, [number], _parking(self._bucket, self._objects, folder))
        except WorkerDiedError as death:
            logger.warning("%s", death)
        uri = f"s3://{self._bucket}/{found.key}"
        if any(count.lines for count in counts):
            logger.error("%s kills the workers that validate it: its lines are parked unchecked", uri)
        else:
            logger.error("%s kills the workers that read it: it is parked by its name", uri)
            folder = next(self._folders)
            counts = [name_object(self._bucket, found, number, folder, "named")]
        self.validated.add(counts, folder)


def _validating(bucket: str, objects: Sequence[RawObject], folder: S3Location) -> _Task:
    return lambda numbers, name: read_objects(bucket, objects, numbers, folder, name, validate=validate_block)


def _parking(bucket: str, objects: Sequence[RawObject], folder: S3Location) -> _Task:
    return lambda numbers, name: read_objects(bucket, objects, numbers, folder, name, validate=reject_all)


def _in_tasks(
    spark: SparkSession, objects: Sequence[RawObject], numbers: Sequence[int], work: _Task
) -> list[LineCount]:
    """What ``work`` gave, shared among tasks; raises WorkerDiedError, and what else a job may raise."""
    some = [objects[number] for number in numbers]
    tasks = [[numbers[place] for place in task] for task in pack(some, spark.sparkContext.defaultParallelism)]

    def run(places: Iterable[int]) -> Iterator[LineCount]:
        for place in places:
            yield from work(tasks[place], f"{place:06d}")

    try:
        return spark.sparkContext.parallelize(range(len(tasks)), len(tasks)).mapPartitions(run).collect()
    except Exception as error:
        if is_death(str(error)):
            raise WorkerDiedError(f"a worker died while it read {len(numbers)} objects: {error}") from error
        raise


def is_death(failure: str) -> bool:
    """Whether a job that failed with this message failed of a worker's death, or of what would have come to that."""
    if _PYTHON_EXCEPTION in failure:
        return ReaderCrashedError.__name__ in failure
    return any(sign in failure for sign in _DEATHS)


def _lives(spark: SparkSession) -> bool:
    """Whether a worker validates good lines, of known fields and of others."""

    def validate(_places: Iterable[int]) -> Iterator[int]:
        accepted, _ = validate_block([_GOOD_LINE, _GOOD_LINE.replace(b',"other":[1]', b"")], 1, datetime.now(UTC))
        yield sum(batch.num_rows for batch in accepted)

    try:
        return spark.sparkContext.parallelize([0], 1).mapPartitions(validate).collect() == [2]
    except Exception:
        logger.exception("a worker dies at good lines too: no object is to blame")
        return False
