"""Which raw objects no committed run has read.

Keys begin with the hour in which the object's oldest record arrived, so a listing may start at an hour. Firehose tries
to deliver until the record leaves the stream (its retention, 24 hours unless set higher), so an object may appear in
an hour as old as that, and no older. ``lookback_hours`` must be at least the stream's retention.

A key that tells no hour, or one that is still to come (a clock was ahead), breaks this rule. Most such keys sort behind
every hour, so a listing sees them anyway, and takes those that came since the last full listing. A full listing, once a
day or when it is asked for, finds the rest: keys of hours long past.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from datastreamer.aws.s3_location import S3Location
from datastreamer.events.reading import EARLIEST
from datastreamer.telemetry.manifest import COMMITTED, Manifest, RawObject, list_manifests, read_manifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_HOUR = re.compile(r"\d{4}/\d{2}/\d{2}/\d{2}(?=/)", re.ASCII)
_HOUR_FORMAT = "%Y/%m/%d/%H"
_BATCH = 32
_CLOCKS_APART = timedelta(hours=1)
"""How far the job's clock, which dates a full listing, may be from S3's, which dates an object."""


def list_objects(client: S3Client, raw: S3Location, start_hour: str = "") -> Iterator[RawObject]:
    """Objects below ``raw``, in key order, from the hour ``yyyy/mm/dd/hh`` on.

    Folder markers (empty, ending in /) are no objects.
    """
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=raw.bucket, Prefix=raw.prefix, StartAfter=raw.key(start_hour)
    )
    for page in pages:
        for item in page.get("Contents", []):
            if item["Size"] or not item["Key"].endswith("/"):
                moment = item["LastModified"].astimezone(UTC).isoformat()
                yield RawObject(item["Key"], item["ETag"].strip('"'), item["Size"], moment)


def arrival_hour(raw: S3Location, found: RawObject) -> str | None:
    """The hour in the object's key; None for a key that has none, or one later than the object itself."""
    match = _HOUR.match(found.key, len(raw.prefix))
    if match is None or _moment(match[0]) is None:
        return None
    latest = datetime.fromisoformat(found.last_modified) + timedelta(hours=1)
    return match[0] if match[0] <= latest.strftime(_HOUR_FORMAT) else None


def _moment(hour: str) -> datetime | None:
    """The beginning of ``yyyy/mm/dd/hh``; None for what is no hour (30 February), or none in which an object came."""
    try:
        year, month, day, number = map(int, hour.split("/"))
        moment = datetime(year, month, day, number, tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment >= EARLIEST else None


def lookback_start(watermark: str, lookback_hours: int) -> str:
    """The first hour that a listing must look at again."""
    moment = _moment(watermark)
    if moment is None:
        raise ValueError(f"{watermark!r} is no hour")
    return (moment - timedelta(hours=lookback_hours)).strftime(_HOUR_FORMAT)


def find_new(
    client: S3Client, raw: S3Location, state: S3Location, last: Manifest | None, lookback_hours: int, *, full: bool
) -> list[RawObject]:
    """Raw objects that no committed run has read, in order of arrival; ``last`` is the last committed manifest.

    A listing that is not ``full`` begins ``lookback_hours`` before the latest hour read so far. Of objects whose key
    tells no hour it takes those that came since the last full listing.
    """
    if last is None or full or _moment(last.watermark) is None:
        done = _keys(list_manifests(client, state.uri)) if last else set()
        found = [item for item in list_objects(client, raw) if f"s3://{raw.bucket}/{item.key}" not in done]
    else:
        start = lookback_start(last.watermark, lookback_hours)
        since = _full_listing_before(last)
        done = _keys(_committed_since(lambda number: read_manifest(client, state, number), last, start, since))
        found = [
            item
            for item in list_objects(client, raw, start)
            if f"s3://{raw.bucket}/{item.key}" not in done
            and (arrival_hour(raw, item) is not None or datetime.fromisoformat(item.last_modified) >= since)
        ]
    return sorted(found, key=lambda item: (item.last_modified, item.key))


def first_objects(objects: Sequence[RawObject], most_bytes: int) -> Sequence[RawObject]:
    """Those of ``objects`` that came first, up to ``most_bytes`` together (as stored), but at least one."""
    total = 0
    for number, item in enumerate(objects):
        total += item.size
        if number and total > most_bytes:
            return objects[:number]
    return objects


def watermark_after(raw: S3Location, last: Manifest | None, objects: Iterable[RawObject]) -> str:
    """The latest arrival hour of ``objects`` and of all that were read before."""
    hours = [hour for item in objects if (hour := arrival_hour(raw, item))]
    before = [last.watermark] if last and _moment(last.watermark) else []
    return max([*hours, *before], default="")


def _full_listing_before(last: Manifest) -> datetime:
    """A moment before which every object that came was seen by a full listing."""
    if not last.full_listing_at:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.fromisoformat(last.full_listing_at) - _CLOCKS_APART


def _committed_since(
    read: Callable[[int], Manifest | None], last: Manifest, start: str, since: datetime
) -> Iterator[Manifest]:
    """Back from ``last`` to the first run that began before ``since``, and before which nothing from the hour ``start``
    on was read (watermarks only grow)."""
    yield last
    sequence = last.sequence - 1
    with ThreadPoolExecutor(_BATCH) as pool:
        while sequence > 0:
            for manifest in pool.map(read, range(sequence, max(0, sequence - _BATCH), -1)):
                if manifest is None or manifest.outcome != COMMITTED:
                    continue
                began = datetime.fromisoformat(manifest.started_at) + _CLOCKS_APART
                if manifest.watermark < start and began < since:
                    return
                yield manifest
            sequence -= _BATCH


def _keys(manifests: Iterable[Manifest]) -> set[str]:
    return {item.source_object for manifest in manifests for item in manifest.objects}
