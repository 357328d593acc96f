"""S3: what is acknowledged is on disk whole, what is on disk is read whole, and a range costs a range.

ministack keeps objects in files, but writes an object and its metadata as two independent files, answers 200 when a
write fails, answers an empty body when a read fails, ignores metadata that it cannot parse, keeps every version's bytes
in memory as well, and reads a whole object for each range of it.
"""

from __future__ import annotations

import json
import logging
import mmap
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_stage.errors import ConfigurationError
from aws_stage.patches.replace import replace
from aws_stage.storage.manifest.contents import UNFINISHED
from aws_stage.storage.manifest.manifest import Manifest

logger = logging.getLogger("aws_stage.s3")

MAPPED_BYTES = 256 * 1024
"""A range of an object at least this large is read through a memory map."""

_FILE_FAILURES = tuple(f"Failed to {what}" for what in ("persist", "delete persist", "load persist", "read persist"))
_SIDECAR = ".meta.json"


def apply(s3: Any, manifest: Manifest) -> None:
    """Let the module ``s3`` write and read objects by way of the manifest."""
    replace(s3, "logger", _Strict(s3.logger))
    replace(s3, "_persist_object", _persisting(s3, manifest))
    _read_ranges_through_maps(s3, manifest)


def import_without_loading(folder: Path) -> Any:
    """The module, before it has read ``folder``: it does so at import, and goes on with what it could read."""
    os.environ["S3_DATA_DIR"] = str(folder.with_name("nowhere"))
    from ministack.services import s3

    os.environ["S3_DATA_DIR"] = str(folder)
    if s3._buckets._data:
        raise RuntimeError("ministack's S3 was imported before it was patched")
    replace(s3, "DATA_DIR", str(folder))
    return s3


def finish_interrupted_writes(folder: Path) -> None:
    """Bring an object and its metadata together again where a kill came between the two.

    Both are first written aside, then put in place, the object first. So metadata alone, still aside and whole, belongs
    to the object that is in place; anything else that is still aside was not acknowledged.
    """
    for path in folder.rglob(f"*{_SIDECAR}{UNFINISHED}"):
        final = path.with_name(path.name.removesuffix(UNFINISHED))
        data = final.with_name(final.name.removesuffix(_SIDECAR) + UNFINISHED)
        if data.exists() or not _is_whole(path):
            path.unlink()
        else:
            path.replace(final)
            logger.warning("%s: finished a write that was interrupted", final)
    for path in folder.rglob(f"*{UNFINISHED}"):
        path.unlink()


def check_metadata(folder: Path) -> None:
    """Raises ConfigurationError for metadata that cannot be parsed: ministack would go on without it."""
    for path in folder.rglob(f"*{_SIDECAR}"):
        if not _is_whole(path):
            raise ConfigurationError(
                f"{path} is damaged: it does not hold an object's metadata. The local stage does not start over "
                "damaged state. Restore the state folder from a copy, or give the metadata up: aws-stage forget "
                f"'s3/{path.relative_to(folder)}'"
            )


def _is_whole(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except ValueError:
        return False


class _Strict(logging.LoggerAdapter[logging.Logger]):
    """Raises where ministack would only warn that a file was not written or read; the caller then gets an error."""

    def __init__(self, original: logging.Logger) -> None:
        super().__init__(original, {})

    def warning(self, msg: object, *args: object, **kwargs: Any) -> None:
        text = str(msg)
        if text.startswith(_FILE_FAILURES):
            raise OSError(text % args)
        super().warning(msg, *args, **kwargs)


def _persisting(s3: Any, manifest: Manifest) -> Callable[[str, str, dict[str, Any]], None]:
    def persist_object(bucket: str, key: str, obj: dict[str, Any]) -> None:
        base = str(Path(s3.DATA_DIR) / s3.get_account_id() / bucket)
        path = Path(s3._object_disk_path(bucket, key))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sidecar = path.with_name(path.name + _SIDECAR)
        metadata = {**s3._object_meta_from_record(obj), **s3._key_history_meta(bucket, key), "key": key}
        body = {} if obj.get("body") is None else {path: obj["body"]}
        manifest.write_all({**body, sidecar: json.dumps(metadata).encode()})
        obj["body"] = None
        for version in s3._object_versions.get((bucket, key)) or []:
            if version["version_id"] == (obj.get("version_id") or "null"):
                version["data"] = None  # its bytes are the object's file
        s3._remove_key_files(s3._other_key_disk_path(base, key, str(path)))

    return persist_object


def _read_ranges_through_maps(s3: Any, manifest: Manifest) -> None:
    ranged = False
    verified: dict[str, tuple[int, int]] = {}

    def get_object(bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None) -> Any:
        nonlocal ranged
        ranged = bool(headers.get("range"))
        try:
            return original_get(bucket, key, headers, query)
        finally:
            ranged = False

    def read_body(bucket: str, key: str, obj: dict[str, Any]) -> Any:
        if obj.get("body") is not None:
            return original_read(bucket, key, obj)
        path = Path(s3._object_disk_path(bucket, key))
        if not ranged or obj.get("size", 0) < MAPPED_BYTES:
            content = original_read(bucket, key, obj)
            manifest.verify(path, content)
            return content
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            status = os.fstat(file.fileno())
        # Each replacement is a new file: one that was found whole is not read whole for its every range.
        identity = (status.st_ino, status.st_mtime_ns)
        if verified.get(str(path)) != identity:
            with memoryview(mapped) as view:
                manifest.verify(path, view)
            verified[str(path)] = identity
        return mapped

    original_get = replace(s3, "_get_object", get_object)
    original_read = replace(s3, "_read_body", read_body)
