"""Model artifacts: ``model.tar.gz`` from S3, unpacked where a server finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.kernel.archives import ArchiveError, unpack_tar_gz
from aws_stage.storage.manifest.contents import UNFINISHED
from aws_stage.storage.manifest.manifest import Aside, measured
from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest

_LARGEST = 20 * 1024**3
"""Bytes of an unpacked archive: what runs over it is a mistake or a bomb."""


class ArtifactError(Exception):
    """An artifact that cannot be served; the text says why, and is an endpoint's FailureReason."""


def exists(s3: Any, address: str) -> bool:
    """Whether the S3 object is there."""
    bucket, key = split(address)
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return True


def split(address: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``; raises ArtifactError."""
    scheme, _, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket or not key or key.endswith("/"):
        raise ArtifactError(f"Model data {address} is not the address of a model.tar.gz: write s3://bucket/key.")
    return bucket, key


def download(s3: Any, address: str, archive: Path, manifest: StoreManifest = UNLISTED) -> None:
    """Fetch an artifact to ``archive``, unless it is there already. Raises ArtifactError."""
    if archive.exists():
        return
    bucket, key = split(address)
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_name(archive.name + UNFINISHED)
    try:
        s3.download_file(bucket, key, str(unfinished))
        manifest.place(Aside(archive, *measured(unfinished)))
    except (ClientError, BotoCoreError, OSError) as error:
        raise ArtifactError(f"Failed to download model data from {address}: {error}") from error


def install(archive: Path, folder: Path) -> None:
    """Make ``folder`` hold the unpacked ``archive``. Raises ArtifactError."""
    try:
        unpack_tar_gz(archive, folder, _LARGEST)
    except (ArchiveError, OSError) as error:
        raise ArtifactError(f"Failed to extract the model data archive: {error}") from error
