"""Unpacks archives that somebody else made: what they hold lands in the folder that is meant, or nothing does.

No use is made of ``tarfile``'s or ``zipfile``'s own extraction, whose filters differ by Python's version and have been
got round (CVE-2025-4517: a chain of links that are longer than a path may be). Folders and plain files are all that is
written here: no links, so no name can lead through one, and no devices. Sizes are counted as they are written.
"""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

MOST_MEMBERS = 100_000
"""Files and folders of an archive: more is a mistake or a bomb."""

LONGEST_HEADER = 1024 * 1024
"""Bytes of an extended tar header; tarfile reads it whole, whatever size it names."""

_CHUNK = 1024 * 1024


class ArchiveError(Exception):
    """An archive that is not unpacked; the text says which member is to blame, and why."""


@dataclass(frozen=True)
class _Member:
    path: PurePosixPath
    folder: bool
    mode: int
    content: IO[bytes] | None


def unpack_tar_gz(archive: Path, folder: Path, most_bytes: int) -> None:
    """Unpack a gzipped tar into ``folder``, which is made. Raises ArchiveError, and OSError where writing fails."""
    try:
        with tarfile.open(archive, "r:gz", tarinfo=_PlainHeaders) as tar:
            _write(_tar_members(tar, most_bytes), folder, most_bytes)
    except (tarfile.TarError, EOFError) as error:
        raise ArchiveError(str(error)) from error


def unpack_zip(content: bytes, folder: Path, most_bytes: int) -> None:
    """Unpack a zip, with the modes of its files, into ``folder``, which is made. Raises ArchiveError and OSError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check(archive, most_bytes)
            _write(_zip_members(archive), folder, most_bytes)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:  # damaged, odd, encrypted, cut
        raise ArchiveError(str(error)) from error


def check_zip(content: bytes, most_bytes: int) -> None:
    """Raises ArchiveError for a zip that ``unpack_zip`` would refuse for what its directory says."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check(archive, most_bytes)
    except zipfile.BadZipFile as error:
        raise ArchiveError(str(error)) from error


class _PlainHeaders(tarfile.TarInfo):
    """Headers of members; one that names a size no name or attribute has is refused before it is read."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo | None:
        extended = not (self.isreg() or self.isdir() or self.issym() or self.islnk() or self.isdev())
        if extended and self.size > LONGEST_HEADER:
            raise tarfile.ReadError(f"a header names {self.size} bytes, more than {LONGEST_HEADER}")
        # tarfile's documentation names this class as one to derive from; typeshed leaves the method out.
        found: tarfile.TarInfo | None = super()._proc_member(tar)  # type: ignore[misc]
        return found


def _tar_members(tar: tarfile.TarFile, most_bytes: int) -> Iterator[_Member]:
    left = most_bytes
    for member in tar:
        path = _contained(member.name)
        if not (member.isreg() or member.isdir()):
            raise ArchiveError(f"{member.name!r} is a link or a device; only files and folders are unpacked")
        left -= member.size
        if left < 0:
            raise ArchiveError(_too_large(most_bytes))
        yield _Member(path, member.isdir(), member.mode, tar.extractfile(member))


def _check(archive: zipfile.ZipFile, most_bytes: int) -> None:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise ArchiveError(_too_many())
    for member in members:
        _contained(member.filename)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ArchiveError(f"{member.filename!r} is a link or a device; only files and folders are unpacked")
    if sum(member.file_size for member in members) > most_bytes:
        raise ArchiveError(_too_large(most_bytes))


def _zip_members(archive: zipfile.ZipFile) -> Iterator[_Member]:
    for member in archive.infolist():
        content = None if member.is_dir() else archive.open(member)
        yield _Member(_contained(member.filename), member.is_dir(), member.external_attr >> 16, content)


def _contained(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise ArchiveError(f"{name!r} is not a path inside the archive")
    return path


def _write(members: Iterator[_Member], folder: Path, most_bytes: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    left = most_bytes
    for number, member in enumerate(members, 1):
        if number > MOST_MEMBERS:
            raise ArchiveError(_too_many())
        target = folder / member.path
        if member.folder or member.content is None:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with member.content, target.open("wb") as file:
            while chunk := member.content.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise ArchiveError(_too_large(most_bytes))
                file.write(chunk)
        mode = member.mode & 0o777
        if mode:
            target.chmod(mode & ~0o022 | 0o400)  # nobody else writes to it, and its owner reads it


def _too_large(most_bytes: int) -> str:
    return f"it holds more than {most_bytes} bytes"


def _too_many() -> str:
    return f"it holds more than {MOST_MEMBERS} files and folders"
