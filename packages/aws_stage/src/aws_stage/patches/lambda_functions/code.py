"""The zips of functions are in the manifest, and one that is missing or altered is never taken for none.

ministack writes a zip under its own SHA-256, and goes on without a function's code when it cannot read it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from aws_stage.patches.replace import replace
from aws_stage.storage.manifest.manifest import Manifest


def apply(manifest: Manifest) -> None:
    from ministack.services import lambda_svc

    folder = Path(lambda_svc.CODE_BLOB_DIR)

    def write(code: bytes) -> str:
        name = hashlib.sha256(code).hexdigest()
        path = folder / f"{name}.zip"
        if not manifest.is_listed(path):
            folder.mkdir(parents=True, exist_ok=True)
            manifest.write(path, code)
        return name

    replace(lambda_svc, "_write_code_blob", write)

    on_disk: set[str] | None = None

    def prune(referenced: set[str]) -> None:
        """Called before the service's file is written: until then that file names what the call before this named."""
        nonlocal on_disk
        for path in folder.glob("*.zip"):
            if on_disk is not None and path.stem not in referenced | on_disk:
                manifest.drop(path)
                path.unlink()
        on_disk = set(referenced)

    replace(lambda_svc, "_prune_orphan_code_blobs", prune)
