"""S3: every file that ministack writes or removes by itself is in the manifest.

Older versions and delete markers are written, and all files removed, by functions of ministack's own.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from aws_stage.patches.replace import replace
from aws_stage.storage.manifest.manifest import Manifest

_SIDECAR = ".meta.json"


def apply(s3: Any, manifest: Manifest) -> None:
    def write(path: str, data: bytes | str, *, text: bool = False) -> None:  # noqa: ARG001  a text is a str
        manifest.write(Path(path), data.encode() if isinstance(data, str) else bytes(data))

    replace(s3, "_atomic_write", write)

    def remove(path: str | None) -> None:
        files = [file for file in (Path(path), Path(path + _SIDECAR)) if file.is_file()] if path else []
        if files:
            manifest.drop(*files)
        for file in files:
            file.unlink()

    replace(s3, "_remove_key_files", remove)

    def delete_version(bucket: str, key: str, version_id: str) -> None:
        found = s3._version_disk_path(bucket, key, version_id)
        if found is not None and Path(found).exists():
            manifest.drop(Path(found))
            Path(found).unlink()

    replace(s3, "_delete_version_file", delete_version)

    def delete_bucket(name: str) -> None:
        folder = Path(s3.DATA_DIR)
        versions = folder / s3._VERSIONS_DIR / s3.get_account_id() / name
        for inside in (folder / s3.get_account_id() / name, versions):
            manifest.drop_under(inside)
        original_delete_bucket(name)
        shutil.rmtree(versions, ignore_errors=True)

    original_delete_bucket = replace(s3, "_delete_persisted_bucket", delete_bucket)

    def version_body(bucket: dict[str, Any], name: str, key: str, version: dict[str, Any]) -> Any:
        content = original_version_body(bucket, name, key, version)
        if content is not None and s3._version_file_exists(name, key, version["version_id"]):
            manifest.verify(Path(s3._version_disk_path(name, key, version["version_id"])), content)
        return content

    original_version_body = replace(s3, "_version_body", version_body)
