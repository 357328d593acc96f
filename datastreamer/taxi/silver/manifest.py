"""Manifests: what each committed run made of a month, kept for ever beside the tables.

``<state>/manifests/2025-01/000001.json`` is put once, only if absent, and never changed. The newest of a month says
which bronze objects its tables are made of, and then, object by object, rows = silver + sum(quarantined).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datastreamer.errors import ConfigurationError
from datastreamer.taxi.bronze import BronzeObject
from datastreamer.taxi.month import Month


@dataclass(frozen=True)
class ObjectCounts:
    """What became of the rows of one bronze object; ``quarantined``: rows by reason."""

    source_object: str
    etag: str
    rows: int
    silver: int
    quarantined: Mapping[str, int]


@dataclass(frozen=True)
class DataFile:
    """A file of a table: its S3 URIs before and after publication, its ``size`` [bytes]."""

    staged: str
    published: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """``contract`` is the version of the rules, ``sequence`` counts the commits of the ``month`` from 1.

    ``started_at`` and ``ended_at`` are ISO-8601, UTC. ``faults`` are the trips in silver by fault.
    """

    month: str
    sequence: int
    run_id: str
    contract: int
    started_at: str
    ended_at: str
    objects: Sequence[ObjectCounts]
    files: Sequence[DataFile]
    faults: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Rows of all objects."""
        return sum(item.rows for item in self.objects)

    @property
    def silver(self) -> int:
        """Trips in the month's table."""
        return sum(item.silver for item in self.objects)

    @property
    def quarantined(self) -> Mapping[str, int]:
        """Rows in the quarantine, by reason."""
        total: dict[str, int] = {}
        for item in self.objects:
            for reason, rows in item.quarantined.items():
                total[reason] = total.get(reason, 0) + rows
        return total

    def is_of(self, objects: Sequence[BronzeObject], contract: int) -> bool:
        """Whether it is what ``objects`` give by the rules of ``contract``."""
        made_of = {(item.source_object, item.etag) for item in self.objects}
        return self.contract == contract and made_of == {(item.uri, item.etag) for item in objects}

    def to_json(self) -> bytes:
        """As it lies in S3."""
        return json.dumps(dataclasses.asdict(self), separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes, uri: str) -> Manifest:
        """Fields of later versions are passed over. Raises ConfigurationError, naming ``uri``, when it is damaged."""
        try:
            value: dict[str, Any] = json.loads(text)
            value["objects"] = [_from_fields(ObjectCounts, item) for item in value["objects"]]
            value["files"] = [_from_fields(DataFile, item) for item in value["files"]]
            manifest: Manifest = _from_fields(cls, value)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigurationError(
                f"the manifest {uri} is damaged ({error}); put an earlier version of the object back"
            ) from error
        return manifest


def manifest_key(month: Month, sequence: int) -> str:
    """The name of a manifest below the state path; names of a month sort as sequences do."""
    return f"manifests/{month}/{sequence:06d}.json"


def _from_fields(kind: type[Any], value: dict[str, Any]) -> Any:
    known = {item.name for item in dataclasses.fields(kind)}
    return kind(**{name: part for name, part in value.items() if name in known})
