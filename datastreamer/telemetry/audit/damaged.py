"""Damaged raw objects that somebody has seen: said once, for this very object, with a reason.

``<state path>/acknowledged/<SHA-256 of the object's URI>.json`` names the object with its ETag: another object under
the same key is another damage.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.telemetry.manifest import Manifest, ObjectCounts

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FOLDER = "acknowledged/"


@dataclass(frozen=True)
class Acknowledgement:
    """That the damage of ``source_object`` was seen. ``at``: ISO-8601, UTC."""

    source_object: str
    etag: str
    reason: str
    at: str


def damaged_objects(manifests: Iterable[Manifest]) -> Mapping[str, ObjectCounts]:
    """By URI, the raw objects that could not be read to their end."""
    return {item.source_object: item for manifest in manifests for item in manifest.objects if item.fault}


def acknowledge(
    s3: S3Client, state: S3Location, damaged: Mapping[str, ObjectCounts], uri: str, *, reason: str, at: str
) -> Acknowledgement:
    """Write down that the damage of ``uri`` was seen; raises UsageError when it is none of the ``damaged``."""
    if not reason.strip():
        raise UsageError('say why the damage is no longer news: --reason "…"')
    if uri not in damaged:
        known = ", ".join(sorted(damaged)[:5]) or "none"
        raise UsageError(f"the job found no damage in {uri}; damaged are: {known}")
    said = Acknowledgement(uri, damaged[uri].etag, reason.strip(), at)
    key = state.key(f"{_FOLDER}{hashlib.sha256(uri.encode()).hexdigest()}.json")
    s3.put_object(Bucket=state.bucket, Key=key, Body=json.dumps(asdict(said)).encode())
    return said


def acknowledgements(s3: S3Client, state: S3Location) -> Mapping[tuple[str, str], Acknowledgement]:
    """By URI and ETag. Raises ConfigurationError for one that is not whole."""
    found: dict[tuple[str, str], Acknowledgement] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=state.bucket, Prefix=state.key(_FOLDER)):
        for item in page.get("Contents", []):
            body = s3.get_object(Bucket=state.bucket, Key=item["Key"])["Body"].read()
            try:
                said = Acknowledgement(**json.loads(body))
            except (ValueError, TypeError) as error:
                raise ConfigurationError(
                    f"s3://{state.bucket}/{item['Key']} is no acknowledgement ({error}); delete it, and say it again: "
                    "datastreamer telemetry acknowledge"
                ) from error
            found[said.source_object, said.etag] = said
    return found
