"""The channels of a job: which objects of S3 they are, and how they are laid out on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


class InputError(Exception):
    """Input that cannot be read; the text says why, in AWS's words where they are known."""


@dataclass(frozen=True)
class Part:
    """An object of a channel, and where it lies below the channel's folder."""

    bucket: str
    key: str
    path: PurePosixPath


def parts(s3: Any, source: Mapping[str, Any], region: str, role: str) -> list[Part]:
    """The objects of an ``S3DataSource``; raises InputError when there is none."""
    address = source["S3Uri"]
    try:
        found = list(_manifest(s3, address) if source["S3DataType"] == "ManifestFile" else _prefix(s3, address))
    except (ClientError, BotoCoreError) as error:
        raise InputError(_none_found(address, region, role)) from error
    if not found:
        raise InputError(_none_found(address, region, role))
    return found


def download(s3: Any, found: list[Part], folder: Path) -> None:
    """Fetch the objects of a channel below ``folder``; raises InputError."""
    for part in found:
        path = folder / part.path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            s3.download_file(part.bucket, part.key, str(path))
        except ClientError as error:
            what = error.response["Error"]
            raise InputError(f"Data download failed:{what.get('Code')}: {what.get('Message')}") from error
        except (BotoCoreError, OSError) as error:
            raise InputError(f"Data download failed:{error}") from error


def _prefix(s3: Any, address: str) -> Iterator[Part]:
    """Every object whose key begins with the prefix (SageMaker API reference, "S3DataSource")."""
    bucket, prefix = _split(address)
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            key = each["Key"]
            if key.endswith("/"):
                continue  # what a console makes for a folder
            inside = key.startswith(folder)
            relative = key[len(folder) :] if inside else key[prefix.rfind("/") + 1 :]
            yield Part(bucket, key, _below(relative, key))


def _manifest(s3: Any, address: str) -> Iterator[Part]:
    bucket, key = _split(address)
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        start, *names = json.loads(body)
        bucket, prefix = _split(start["prefix"])
        for name in names:
            yield Part(bucket, prefix + name, _below(name, name))
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"Manifest {address} is not a list of a prefix and of names below it: {error!r}") from error


def _below(relative: str, key: str) -> PurePosixPath:
    path = PurePosixPath(relative.lstrip("/"))
    if ".." in path.parts or "\0" in relative:
        raise InputError(f"Key {key!r} does not name a file inside the channel")
    return path


def _split(address: str) -> tuple[str, str]:
    scheme, _, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise InputError(f"S3Uri {address} is not an address: write s3://bucket/prefix.")
    return bucket, key


def _none_found(address: str, region: str, role: str) -> str:
    bucket = address.partition("://")[2].partition("/")[0]
    return (
        f'No S3 objects found under S3 URL "{address}" given in input data source. Please ensure that the bucket '
        f"exists in the selected region ({region}), that objects exist under that S3 prefix, and that the role "
        f'"{role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )
