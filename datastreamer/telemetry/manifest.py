"""Manifests: what each committed run of the job did, kept for ever beside the tables.

``<state path>/manifests/<sequence>.json`` is written once, by a conditional put, and never changed. A sequence number
has one manifest: of the run that committed it, or of the one that gave it up for dead. The lines of a raw object were
read by a committed run if and only if a committed manifest lists it, and then, object by object,

    lines = curated + duplicates + sum(quarantined)

A manifest has a checksum of itself, so that damage is named and never read as if nothing were wrong. Earlier versions
wrote none, and no checksums of files.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import ConfigurationError

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
    """A file of a table: ``staged`` and ``published`` are its S3 URIs before and after publication; ``size``: bytes.

    ``sha256`` of its bytes, in hexadecimal, and ``rows``: empty and None in manifests of earlier versions.
    """

    staged: str
    published: str
    size: int
    sha256: str = ""
    rows: int | None = None


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
        content = dataclasses.asdict(self)
        return json.dumps({**content, "checksum": _checksum(content)}, separators=(",", ":")).encode()

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


class DamagedManifestError(ConfigurationError):
    """A manifest is not as it was written. ``uri`` is the object's, ``problem`` what is wrong with it."""

    def __init__(self, uri: str, problem: str) -> None:
        super().__init__(
            f"the manifest {uri} is damaged: {problem}. The job's state cannot be told without it; put an earlier "
            "version of the object back (the bucket keeps versions: aws s3api list-object-versions)"
        )
        self.uri = uri
        self.problem = problem


def manifest_of(text: bytes, uri: str) -> Manifest:
    """The manifest that lies at ``uri``; raises DamagedManifestError when it is not as it was written."""
    try:
        value = json.loads(text)
        checksum = value.pop("checksum", None)
        manifest = Manifest.from_json(text)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedManifestError(uri, f"it is no whole manifest ({error})") from error
    if checksum is not None and checksum != _checksum(value):
        raise DamagedManifestError(uri, "it was changed since it was written, as its checksum says")
    if not uri.endswith(manifest_key(manifest.sequence)):
        raise DamagedManifestError(uri, f"it is the one of turn {manifest.sequence}")
    return manifest


def _checksum(content: Mapping[str, Any]) -> str:
    """The SHA-256 of every field, whatever their order; fields that a later version adds count too."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def manifest_key(sequence: int) -> str:
    """The name of a manifest below the state path; names sort as sequences do."""
    return f"{_FOLDER}{sequence:012d}.json"


def read_manifest(client: S3Client, state: S3Location, sequence: int) -> Manifest | None:
    """The manifest of ``sequence``, None while it has none."""
    key = state.key(manifest_key(sequence))
    try:
        body = client.get_object(Bucket=state.bucket, Key=key)["Body"]
    except client.exceptions.NoSuchKey:
        return None
    return manifest_of(body.read(), f"s3://{state.bucket}/{key}")


def list_manifests(client: S3Client, state_path: str) -> Iterator[Manifest]:
    """Every committed run's manifest, oldest first; ``state_path`` is the job's ``--state_path``.

    Raises DamagedManifestError for one that is not as it was written.
    """
    for found in _read_all(client, S3Location.parse(state_path)):
        if isinstance(found, DamagedManifestError):
            raise found
        if found.outcome == COMMITTED:
            yield found


@dataclass(frozen=True)
class Examined:
    """The manifests of committed runs, oldest first, and what is wrong with the others: URI -> problem."""

    committed: Sequence[Manifest]
    damaged: Mapping[str, str]


def examine_manifests(client: S3Client, state_path: str) -> Examined:
    """As ``list_manifests``, but go on past damage; also tells of manifests that are gone, for every turn has one."""
    state = S3Location.parse(state_path)
    committed: list[Manifest] = []
    damaged: dict[str, str] = {}
    sequences: set[int] = set()
    for found in _read_all(client, state):
        if isinstance(found, DamagedManifestError):
            damaged[found.uri] = found.problem
            continue
        sequences.add(found.sequence)
        if found.outcome == COMMITTED:
            committed.append(found)
    for sequence in set(range(1, max(sequences, default=0))) - sequences:
        uri = f"s3://{state.bucket}/{state.key(manifest_key(sequence))}"
        damaged.setdefault(uri, "it is gone, though later turns were taken")
    return Examined(committed, damaged)


def _read_all(client: S3Client, state: S3Location) -> Iterator[Manifest | DamagedManifestError]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=state.bucket, Prefix=state.key(_FOLDER))
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]

    def read(key: str) -> Manifest | DamagedManifestError:
        text = client.get_object(Bucket=state.bucket, Key=key)["Body"].read()
        try:
            return manifest_of(text, f"s3://{state.bucket}/{key}")
        except DamagedManifestError as error:
            return error

    with ThreadPoolExecutor(_READERS) as pool:
        yield from pool.map(read, sorted(keys))
