"""TLC's files into bronze, as they are: examined before the first byte is sent, and no content twice."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from datastreamer.aws.s3_location import S3Location, bucket_and_key
from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.taxi.bronze import CSV, PARQUET, BronzeObject, list_bronze
from datastreamer.taxi.month import Month
from datastreamer.taxi.tlc import FIRST_MONTH, month_of
from datastreamer.taxi.tlc_columns import missing_columns

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK: Final = 8 * 1024 * 1024
_CONTENT: Final = "sha256"
"""Metadata of an object in bronze: the SHA-256 of the file, in hexadecimal."""


class Action(StrEnum):
    """What is to be done with a file."""

    IMPORT = "import"
    REPLACE = "replace"
    """Another content is there under its name, and may be replaced."""
    THERE = "there"
    """Its content is in the month already, under this name or another."""
    CONFLICT = "conflict"
    """Another content is there under its name, and may not be replaced."""


@dataclass(frozen=True)
class TripFile:
    """A file of trips: ``size`` [bytes], ``rows`` (of CSV: lines but the header), the SHA-256 of its content."""

    path: Path
    month: Month
    size: int
    rows: int
    sha256: str

    def key(self, bronze: S3Location) -> str:
        """Its key in bronze."""
        return bronze.key(f"{self.month.partition}{self.path.name}")


@dataclass(frozen=True)
class Step:
    """What is to be done with ``file``; ``uri``: where it goes, or where its content is."""

    file: TripFile
    action: Action
    uri: str


def examine(path: Path, month: Month | None = None) -> TripFile:
    """The file at ``path``; its name says its month unless ``month`` does.

    Raises UsageError for what is not a file of yellow-taxi trips since 2019: neither Parquet nor CSV, unreadable,
    without the columns of its month, without a month.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    of = month or month_of(path.name)
    if of is None:
        raise UsageError(
            f"{path.name} does not say its month as TLC's names do (yellow_tripdata_2025-01.parquet); give --month"
        )
    if of < FIRST_MONTH:
        raise UsageError(f"{path.name}: trips before {FIRST_MONTH} had other columns and are not read")
    names, rows = _columns_and_rows(path)
    missing = missing_columns(names, of)
    if missing:
        raise UsageError(f"{path.name} is not a file of yellow-taxi trips of {of}: it lacks {', '.join(missing)}")
    twice = sorted({name for name in names if [other.lower() for other in names].count(name.lower()) > 1})
    if twice:
        raise UsageError(f"{path.name} has a column more than once: {', '.join(twice)}")
    sha256, lines = _content(path)
    return TripFile(path, of, path.stat().st_size, lines - 1 if rows is None else rows, sha256)


def plan(s3: S3Client, bronze: S3Location, files: Sequence[TripFile], *, replace: bool) -> list[Step]:
    """What is to be done with each of ``files``.

    Raises ConfigurationError when there is no such bucket, UsageError when two files would get one name in bronze.
    """
    try:
        months = list_bronze(s3, bronze).months
    except s3.exceptions.NoSuchBucket as error:
        raise ConfigurationError(
            f"there is no bucket {bronze.bucket}. Make it, or name another place: --bronze s3://bucket/folder/"
        ) from error
    there = {month: _contents(s3, months.get(month, ())) for month in {file.month for file in files}}
    steps: list[Step] = []
    named: dict[str, TripFile] = {}
    for file in files:
        uri = f"s3://{bronze.bucket}/{file.key(bronze)}"
        other = named.setdefault(uri, file)
        if other is not file and other.sha256 != file.sha256:
            raise UsageError(f"{other.path} and {file.path} have one name in {file.month}, and not one content")
        contents = there[file.month]
        same = next((held for held, sha256 in contents.items() if sha256 == file.sha256), None)
        if same is not None:
            steps.append(Step(file, Action.THERE, same))
        elif uri in contents:
            steps.append(Step(file, Action.REPLACE if replace else Action.CONFLICT, uri))
        else:
            steps.append(Step(file, Action.IMPORT, uri))
        contents[steps[-1].uri] = file.sha256
    return steps


def upload(s3: S3Client, step: Step, done: Callable[[int], None]) -> None:
    """Put the file, in parts where it is large; S3 compares what arrives with its checksum. ``done`` is called with the
    bytes of each part, from any thread."""
    bucket, key = bucket_and_key(step.uri)
    s3.upload_file(
        str(step.file.path),
        bucket,
        key,
        ExtraArgs={"Metadata": {_CONTENT: step.file.sha256}, "ChecksumAlgorithm": "SHA256"},
        Callback=done,
    )


def _contents(s3: S3Client, objects: Sequence[BronzeObject]) -> dict[str, str]:
    """The SHA-256 of each object by its URI; empty where it was not imported by ``upload``."""
    found: Mapping[str, str]
    contents = {}
    for item in objects:
        bucket, key = bucket_and_key(item.uri)
        found = s3.head_object(Bucket=bucket, Key=key)["Metadata"]
        contents[item.uri] = found.get(_CONTENT, "")
    return contents


def _columns_and_rows(path: Path) -> tuple[list[str], int | None]:
    suffix = path.suffix.lower().removeprefix(".")
    if suffix == PARQUET:
        try:
            metadata = pq.read_metadata(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise UsageError(f"{path.name} is not a whole Parquet file: {error}") from error
        return metadata.schema.to_arrow_schema().names, metadata.num_rows
    if suffix != CSV:
        raise UsageError(f"{path.name} is neither Parquet nor CSV by its name; TLC publishes nothing else")
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return [name.strip() for name in next(csv.reader(lines), [])], None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path.name} is not CSV in UTF-8: {error}") from error


def _content(path: Path) -> tuple[str, int]:
    """The SHA-256 of a file, and its lines: the last need not end."""
    digest, lines, last = hashlib.sha256(), 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return digest.hexdigest(), lines + (last != b"\n")
