"""What start-up makes of an S3 write that a kill interrupted. Object ``a`` has its metadata in ``a.meta.json``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_stage.errors import ConfigurationError
from aws_stage.patches.s3.objects import check_metadata, finish_interrupted_writes

OLD = {"a": b"old", "a.meta.json": json.dumps({"size": 3}).encode()}
NEW_METADATA = json.dumps({"size": 30}).encode()


def _after(folder: Path, files: dict[str, bytes]) -> dict[str, bytes]:
    bucket = folder / "000000000000" / "bucket" / "dir"
    bucket.mkdir(parents=True)
    for name, content in files.items():
        (bucket / name).write_bytes(content)
    finish_interrupted_writes(folder)
    check_metadata(folder)
    return {path.name: path.read_bytes() for path in bucket.iterdir()}


@pytest.mark.parametrize(
    "aside",
    [
        {"a.tmp": b"ne"},
        {"a.tmp": b"new", "a.meta.json.tmp": NEW_METADATA[:5]},
        {"a.tmp": b"new", "a.meta.json.tmp": NEW_METADATA},
        {"a.meta.json.tmp": NEW_METADATA[:5]},
    ],
)
def test_before_the_object_is_in_place_the_old_one_stands(tmp_path: Path, aside: dict[str, bytes]) -> None:
    assert _after(tmp_path, {**OLD, **aside}) == OLD


def test_once_the_object_is_in_place_its_metadata_follows(tmp_path: Path) -> None:
    files = _after(tmp_path, {**OLD, "a": b"new", "a.meta.json.tmp": NEW_METADATA})
    assert files == {"a": b"new", "a.meta.json": NEW_METADATA}


def test_a_first_write_that_was_interrupted_leaves_nothing(tmp_path: Path) -> None:
    assert _after(tmp_path, {"a.tmp": b"new", "a.meta.json.tmp": NEW_METADATA}) == {}


def test_metadata_that_cannot_be_parsed_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"a\.meta\.json is damaged"):
        _after(tmp_path, {**OLD, "a.meta.json": b'{"size": 3'})
