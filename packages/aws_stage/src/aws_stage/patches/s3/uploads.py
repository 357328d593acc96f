"""S3 multipart uploads in flight: on disk, and out of memory.

ministack holds the parts of an upload in memory alone. Here each part is a file (one line of JSON, then the bytes),
mapped rather than read, and an upload that a restart interrupted can go on.
"""

from __future__ import annotations

import json
import mmap
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_stage.errors import ConfigurationError
from aws_stage.patches.replace import replace
from aws_stage.storage.manifest.unlisted import StoreManifest

_UPLOAD = "upload.json"


def apply(s3: Any, folder: Path, manifest: StoreManifest) -> None:
    """Keep the uploads of the module ``s3`` in ``folder``, and restore those that are there."""
    uploads = Uploads(s3._multipart_uploads, folder, s3.get_account_id, manifest)
    uploads.load()

    def wrap(name: str, after: Callable[[str, Any], None]) -> None:
        def handler(*args: Any, **kwargs: Any) -> Any:
            known = set(s3._multipart_uploads)
            query = next((arg for arg in args if isinstance(arg, dict) and "uploadId" in arg), {})
            answer = original(*args, **kwargs)
            if answer[0] < 300:
                upload_id = s3._qp(query, "uploadId") or next(iter(set(s3._multipart_uploads) - known))
                after(upload_id, s3._qp(query, "partNumber"))
            return answer

        original = replace(s3, name, handler)

    wrap("_create_multipart_upload", lambda upload_id, _: uploads.keep_upload(upload_id))
    wrap("_upload_part", uploads.keep_part)
    wrap("_upload_part_copy", uploads.keep_part)
    wrap("_complete_multipart_upload", lambda upload_id, _: uploads.forget(upload_id))
    wrap("_abort_multipart_upload", lambda upload_id, _: uploads.forget(upload_id))


class Uploads:
    """The uploads of ``live`` (ministack's own dictionary), mirrored in ``folder``."""

    def __init__(self, live: Any, folder: Path, account: Callable[[], str], manifest: StoreManifest) -> None:
        self._live = live
        self._manifest = manifest
        self._folder = folder
        self._account = account

    def load(self) -> None:
        """Restore every upload; raises ConfigurationError when one cannot be read."""
        for file in self._folder.glob(f"*/*/{_UPLOAD}"):
            try:
                upload = {**json.loads(file.read_bytes()), "parts": {}}
                for part in file.parent.glob("*.part"):
                    upload["parts"][int(part.stem)] = _read_part(part)
            except ValueError as error:
                raise ConfigurationError(f"{file.parent} is damaged ({error}): restore it or remove it") from error
            self._live._data[(file.parent.parent.name, file.parent.name)] = upload

    def keep_upload(self, upload_id: str) -> None:
        """Write a new upload down."""
        upload = {name: value for name, value in self._live[upload_id].items() if name != "parts"}
        self._path(upload_id).mkdir(mode=0o700, parents=True)
        self._manifest.write(self._path(upload_id) / _UPLOAD, json.dumps(upload).encode())

    def keep_part(self, upload_id: str, number: Any) -> None:
        """Write a part down and let its file stand for its bytes."""
        parts = self._live[upload_id]["parts"]
        part = parts[int(number)]
        head = json.dumps({name: value for name, value in part.items() if name != "body"}).encode()
        path = self._path(upload_id) / f"{int(number)}.part"
        self._manifest.write(path, head + b"\n" + part["body"])
        parts[int(number)] = _read_part(path)

    def forget(self, upload_id: str) -> None:
        """Remove an upload that is complete or aborted."""
        self._manifest.drop_under(self._path(upload_id))
        shutil.rmtree(self._path(upload_id), ignore_errors=True)

    def _path(self, upload_id: str) -> Path:
        return self._folder / self._account() / upload_id


def _read_part(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        head = file.readline()
    return {**json.loads(head), "body": content[len(head) :]}
