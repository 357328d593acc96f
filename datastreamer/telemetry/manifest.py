"""Manifests: what each committed run of the job did, kept for ever beside the tables.

``<state path>/manifests/<sequence>.json`` is written once, by a conditional put, and never changed. A sequence number
has one manifest: of the run that committed it, or of the one that gave it up for dead. The lines of a raw object were
read by a committed run if and only if a committed manifest lists it, and then, object by object,

    lines = curated + duplicates + sum(quarantined)
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from datastreamer.telemetry.s3_location import S3Location

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

COMMITTED = "committed"
ABANDONED = "abandoned"
_FOLDER = "manifests/"
_READERS = 16


@dataclass(frozen=True)
class RawObject:
    """A raw object as S3 lists it. ``size``: bytes as stored; ``last_modified``: ISO-8601, UTC."""

    key: str
    etag: str
    size: int
    last_modified: str


@dataclass(frozen=True)
class ObjectCounts:
    """What became of each line of one raw object.

    ``source_object``: its ``s3://`` URI. ``fault``: why it could not be read to its end, else None; ``lines`` are then
    those that could be read. ``quarantined``: lines by reason.
    """

    source_object: str
    etag: str
    size: int
    last_modified: str
    lines: int
    curated: int
    duplicates: int
    quarantined: Mapping[str, int]
    fault: str | None = None


@dataclass(frozen=True)
class DataFile:
    """A file of a table: ``staged`` and ``published`` are its S3 URIs before and after publication; ``size``: bytes."""

    staged: str
    published: str
    size: int


@dataclass(frozen=True)
class IndexSegment:
    """Part of the index of curated event ids: Parquet files below ``uri``, ``rows`` ids."""

    uri: str
    rows: int


@dataclass(frozen=True)
class Manifest:
    """The outcome of one sequence number. ``parent`` is the last committed sequence before it (0: none).

    ``watermark``: latest arrival hour (``yyyy/mm/dd/hh``) of any object read so far. ``full_listing_at``: when every
    raw object was last listed (ISO-8601). ``index``: every segment that is valid after this run.
    """

    sequence: int
    run_id: str
    outcome: str
    parent: int
    started_at: str
    ended_at: str
    watermark: str = ""
    full_listing_at: str = ""
    objects: Sequence[ObjectCounts] = ()
    files: Sequence[DataFile] = ()
    index: Sequence[IndexSegment] = ()
    curated_by_day: Mapping[str, int] = field(default_factory=dict)

    @property
    def lines(self) -> int:
        """Lines read."""
        return sum(item.lines for item in self.objects)

    @property
    def curated(self) -> int:
        """Readings added to the curated table."""
        return sum(item.curated for item in self.objects)

    @property
    def duplicates(self) -> int:
        """Valid readings dropped because an earlier copy is curated."""
        return sum(item.duplicates for item in self.objects)

    @property
    def quarantined(self) -> Mapping[str, int]:
        """Lines quarantined, by reason."""
        total: dict[str, int] = {}
        for item in self.objects:
            for reason, lines in item.quarantined.items():
                total[reason] = total.get(reason, 0) + lines
        return total

    def to_json(self) -> bytes:
        """As it lies in S3."""
        return json.dumps(dataclasses.asdict(self), separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Fields of later versions are passed over."""
        value: dict[str, Any] = json.loads(text)
        for name, kind in (("objects", ObjectCounts), ("files", DataFile), ("index", IndexSegment)):
            value[name] = tuple(_from_fields(kind, item) for item in value.get(name, ()))
        manifest: Manifest = _from_fields(cls, value)
        return manifest


def _from_fields(kind: type[Any], value: dict[str, Any]) -> Any:
    known = {item.name for item in dataclasses.fields(kind)}
    return kind(**{name: part for name, part in value.items() if name in known})


def manifest_key(sequence: int) -> str:
    """The name of a manifest below the state path; names sort as sequences do."""
    return f"{_FOLDER}{sequence:012d}.json"


def read_manifest(client: S3Client, state: S3Location, sequence: int) -> Manifest | None:
    """The manifest of ``sequence``, None while it has none."""
    try:
        body = client.get_object(Bucket=state.bucket, Key=state.key(manifest_key(sequence)))["Body"]
    except client.exceptions.NoSuchKey:
        return None
    return Manifest.from_json(body.read())


def list_manifests(client: S3Client, state_path: str) -> Iterator[Manifest]:
    """Every committed run's manifest, oldest first; ``state_path`` is the job's ``--state_path``."""
    state = S3Location.parse(state_path)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=state.bucket, Prefix=state.key(_FOLDER))
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]

    def read(key: str) -> Manifest:
        return Manifest.from_json(client.get_object(Bucket=state.bucket, Key=key)["Body"].read())

    with ThreadPoolExecutor(_READERS) as pool:
        yield from (manifest for manifest in pool.map(read, sorted(keys)) if manifest.outcome == COMMITTED)
