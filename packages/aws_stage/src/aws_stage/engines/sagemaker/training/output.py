"""What a job leaves in S3: the archive of a folder, whose bytes are those of its files alone."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path
from typing import Any

from aws_stage.engines.sagemaker.artifacts import split


def folder_of(s3_output_path: str, job: str) -> str:
    """``s3://…/<job>/output``."""
    return f"{s3_output_path.rstrip('/')}/{job}/output"


def holds_files(folder: Path) -> bool:
    """Whether there is anything to upload."""
    return any(path.is_file() for path in folder.rglob("*"))


def upload(s3: Any, folder: Path, address: str) -> None:
    """Pack what ``folder`` holds and put it at ``address``; raises what boto3 raises."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    archive = folder.with_name(f"{folder.name}.tar.gz")
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for path in files:
            member = tarfile.TarInfo(str(path.relative_to(folder)))
            member.size, member.mode = path.stat().st_size, 0o644
            with path.open("rb") as content:
                tar.addfile(member, content)
    bucket, key = split(address)
    s3.upload_file(str(archive), bucket, key)
    archive.unlink()
