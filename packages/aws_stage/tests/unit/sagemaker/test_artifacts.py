"""Archives are unpacked inside their folder or not at all."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.sagemaker.artifacts import ArtifactError, install, split


def packed(*members: tarfile.TarInfo) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return content.getvalue()


def member(name: str, **fields: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = fields.pop("size", 0)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


@pytest.mark.parametrize(
    "hostile",
    [
        member("../outside", size=3),
        member("/outside", size=3),
        member("link", type=tarfile.SYMTYPE, linkname="../outside"),
        member("link", type=tarfile.LNKTYPE, linkname="../outside"),
    ],
    ids=lambda info: f"{info.name}-{info.type!r}",
)
def test_an_artifact_that_would_leave_its_folder_is_refused_with_the_member(
    tmp_path: Path, hostile: tarfile.TarInfo
) -> None:
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(packed(hostile))
    with pytest.raises(ArtifactError, match=f"Failed to extract the model data archive: '{hostile.name}'"):
        install(archive, tmp_path / "deep" / "model")
    assert [path.name for path in tmp_path.rglob("*outside*")] == []


def test_a_bomb_is_refused_before_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aws_stage.engines.sagemaker.artifacts._LARGEST", 1000)
    (tmp_path / "a.tar.gz").write_bytes(packed(member("small", size=900), member("large", size=200)))
    with pytest.raises(ArtifactError, match="more than 1000 bytes"):
        install(tmp_path / "a.tar.gz", tmp_path / "model")
    assert not (tmp_path / "model" / "large").exists()


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    whole = packed(member("a", size=100_000))
    (tmp_path / "a.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArtifactError, match="Failed to extract"):
        install(tmp_path / "a.tar.gz", tmp_path / "model")


@pytest.mark.parametrize("address", ["s3://bucket", "s3://bucket/", "s3://bucket/folder/", "https://bucket/key", "key"])
def test_an_address_names_an_object(address: str) -> None:
    with pytest.raises(ArtifactError, match="write s3://bucket/key"):
        split(address)
    assert split("s3://bucket/a/b.tar.gz") == ("bucket", "a/b.tar.gz")
