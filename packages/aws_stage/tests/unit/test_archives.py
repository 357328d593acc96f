"""Archives are unpacked inside their folder or not at all."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from aws_stage.kernel.archives import LONGEST_HEADER, ArchiveError, check_zip, unpack_tar_gz, unpack_zip

MOST = 1_000_000


def tarred(*members: tarfile.TarInfo) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return content.getvalue()


def member(name: str, **fields: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def zipped(*members: tuple[str, bytes, int]) -> bytes:
    """A zip of names, contents and Unix modes (0 for none, as a zip made elsewhere)."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return content.getvalue()


def link_chain() -> list[tarfile.TarInfo]:
    """CVE-2025-4517: links whose resolved path is longer than a path may be, so that nobody resolves the last one."""
    long, members, path = "d" * 247, [], ""
    for step in "abcdefghijklmnop":
        members.append(member(f"{path}{long}", type=tarfile.DIRTYPE, mode=0o755))
        members.append(member(f"{path}{step}", type=tarfile.SYMTYPE, linkname=long))
        path += f"{long}/"
    chain = "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p"
    members.append(member(f"{chain}/{'l' * 254}", type=tarfile.SYMTYPE, linkname="../" * 16))
    members.append(member("escape", type=tarfile.SYMTYPE, linkname=f"{chain}/{'l' * 254}/../outside"))
    members.append(member("entry", type=tarfile.LNKTYPE, linkname="escape"))
    members.append(member("entry", size=3))
    return members


HOSTILE_TARS = {
    "above": [member("../outside", size=3)],
    "above, later": [member("a/../../outside", size=3)],
    "absolute": [member("/outside", size=3)],
    "absolute folder": [member("/outside", type=tarfile.DIRTYPE)],
    "link above": [member("a", type=tarfile.SYMTYPE, linkname=".."), member("a/outside", size=3)],
    "link inside": [member("a", type=tarfile.SYMTYPE, linkname="b")],
    "absolute link": [member("a", type=tarfile.SYMTYPE, linkname="/"), member("a/outside", size=3)],
    "hard link": [member("a", type=tarfile.LNKTYPE, linkname="../outside"), member("a", size=3)],
    "link chain": link_chain(),
    "device": [member("a", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "block device": [member("a", type=tarfile.BLKTYPE)],
    "pipe": [member("a", type=tarfile.FIFOTYPE)],
}


@pytest.mark.parametrize("kind", HOSTILE_TARS)
def test_a_tar_that_would_leave_its_folder_is_refused(tmp_path: Path, kind: str) -> None:
    archive, folder, outside = tmp_path / "a.tar.gz", tmp_path / "deep" / "folder", tmp_path / "deep" / "outside"
    archive.write_bytes(tarred(*HOSTILE_TARS[kind]))
    outside.parent.mkdir()
    outside.write_text("untouched")
    with pytest.raises(ArchiveError):
        unpack_tar_gz(archive, folder, MOST)
    assert outside.read_text() == "untouched"
    assert [path for path in tmp_path.rglob("*outside*") if path != outside] == []
    assert [path for path in tmp_path.rglob("*") if path.is_symlink()] == []


HOSTILE_ZIPS = {
    "above": [("../outside", b"x", 0)],
    "above, later": [("a/../../outside", b"x", 0)],
    "absolute": [("/outside", b"x", 0)],
    "link": [("a", b"..", stat.S_IFLNK | 0o777), ("a/outside", b"x", 0)],
    "device": [("a", b"", stat.S_IFCHR | 0o666)],
}


@pytest.mark.parametrize("kind", HOSTILE_ZIPS)
def test_a_zip_that_would_leave_its_folder_is_refused(tmp_path: Path, kind: str) -> None:
    content = zipped(*HOSTILE_ZIPS[kind])
    with pytest.raises(ArchiveError):
        check_zip(content, MOST)
    with pytest.raises(ArchiveError):
        unpack_zip(content, tmp_path / "folder", MOST)
    assert list(tmp_path.rglob("*")) == []


def test_files_and_folders_arrive_with_what_they_hold_and_who_may_run_them(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(
        tarred(
            member("./model", size=5, mode=0o666), member("code/", type=tarfile.DIRTYPE), member("code/run", mode=0o755)
        )
    )
    unpack_tar_gz(tmp_path / "a.tar.gz", tmp_path / "tar", MOST)
    unpack_zip(zipped(("model", b"xxxxx", 0o666), ("code/run", b"", 0o755)), tmp_path / "zip", MOST)
    for folder in (tmp_path / "tar", tmp_path / "zip"):
        assert (folder / "model").read_bytes() == b"xxxxx"
        assert stat.S_IMODE((folder / "model").stat().st_mode) == 0o644
        assert stat.S_IMODE((folder / "code" / "run").stat().st_mode) == 0o755


def test_a_bomb_is_refused_before_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(tarred(member("small", size=900), member("large", size=200)))
    with pytest.raises(ArchiveError, match="more than 1000 bytes"):
        unpack_tar_gz(tmp_path / "a.tar.gz", tmp_path / "tar", 1000)
    assert not (tmp_path / "tar" / "large").exists()
    with pytest.raises(ArchiveError, match="more than 1000 bytes"):
        unpack_zip(zipped(("zeros", bytes(100_000), 0)), tmp_path / "zip", 1000)
    assert not (tmp_path / "zip").exists()


def test_a_bomb_of_many_members_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aws_stage.kernel.archives.MOST_MEMBERS", 3)
    (tmp_path / "a.tar.gz").write_bytes(tarred(*(member(f"m{number}") for number in range(4))))
    with pytest.raises(ArchiveError, match="more than 3 files"):
        unpack_tar_gz(tmp_path / "a.tar.gz", tmp_path / "tar", MOST)
    with pytest.raises(ArchiveError, match="more than 3 files"):
        check_zip(zipped(*((f"m{number}", b"", 0) for number in range(4))), MOST)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_bomb_in_a_header_is_refused_before_it_is_read(tmp_path: Path, kind: bytes) -> None:
    header = member("header", type=kind, size=LONGEST_HEADER + 1).tobuf(tarfile.USTAR_FORMAT)
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(header))  # what it names need not even be there
    with pytest.raises(ArchiveError, match="a header names 1048577 bytes"):
        unpack_tar_gz(tmp_path / "a.tar.gz", tmp_path / "tar", MOST)


@pytest.mark.parametrize("damaged", [b"", b"no archive", b"PK\x05\x06"])
def test_what_is_no_archive_is_refused(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "a.tar.gz").write_bytes(damaged)
    with pytest.raises((ArchiveError, OSError)):
        unpack_tar_gz(tmp_path / "a.tar.gz", tmp_path / "tar", MOST)
    with pytest.raises(ArchiveError):
        unpack_zip(damaged, tmp_path / "zip", MOST)
