"""Giving up state on purpose: what ``aws-stage forget`` and ``adopt`` do. The stage must be down.

Nothing is destroyed: what is given up is moved to a folder beside the state folder.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_stage.errors import ConfigurationError
from aws_stage.storage.manifest.contents import UNFINISHED, UNKNOWN, Content, Kind, content_of
from aws_stage.storage.manifest.manifest import FILE, LENGTHS, Manifest, paths_below

_SIDECAR = ".meta.json"


@dataclass(frozen=True)
class GivenUp:
    """A file that the next start does without; ``moved`` says where what was left of it is, None when nothing was."""

    path: str
    content: Content
    moved: Path | None


def forget(state: Path, names: Sequence[str]) -> list[GivenUp]:
    """Give up files, or every file below folders; ``names`` are below the state folder ``state``.

    Raises ConfigurationError for a name that is neither listed nor there, before anything is given up.
    """
    manifest = Manifest(state)
    try:
        wanted = dict.fromkeys(path for name in names for path in _files_of(manifest, _below(manifest, name)))
        aside = state.with_name("given-up") / time.strftime("%Y%m%dT%H%M%S")
        return [_give_up(manifest, path, aside) for path in wanted]
    finally:
        manifest.close()


def adopt(state: Path) -> list[Path]:
    """Begin a new manifest that takes what is there for whole; returns where the old one is, if there was one.

    Raises ConfigurationError where files are of another version of the stage, which nobody would read any more.
    """
    unknown = sorted(
        path for path in paths_below(state) if not path.endswith(UNFINISHED) and content_of(path) is UNKNOWN
    )
    if unknown:
        raise ConfigurationError(
            f"{state} has files that this version of the local stage does not know ({', '.join(unknown[:3])}"
            f"{', …' if len(unknown) > 3 else ''}): it is of another version, or they are not the stage's. Start the "
            "stage of that version again, or move them away to go on without what they hold."
        )
    aside = state.with_name("given-up") / time.strftime("%Y%m%dT%H%M%S")
    moved = [found for name in (FILE, f"{FILE}-journal", LENGTHS) if (found := _set_aside(state, name, aside))]
    Manifest(state, adopt=True).close()
    return moved


def _below(manifest: Manifest, name: str) -> str:
    path = Path(name)
    try:
        found = manifest.path_of(path if path.is_absolute() else manifest.folder / path)
    except ValueError as error:
        raise ConfigurationError(f"{name}: only files below {manifest.folder} can be given up") from error
    if ".." in Path(found).parts or found in (FILE, LENGTHS):
        raise ConfigurationError(f"{name}: only files that the manifest lists can be given up")
    return found.rstrip("/")


def _files_of(manifest: Manifest, path: str) -> list[str]:
    here = manifest.folder / path
    found = set(manifest.listed(path))
    if here.is_dir():
        found |= {manifest.path_of(file) for file in here.rglob("*") if file.is_file()}
    elif here.exists():
        found.add(path)
    if not found:
        raise ConfigurationError(f"{path}: there is no such file in {manifest.folder}, and none is missing")
    for body in [each for each in found if content_of(each).kind is Kind.BODY and not each.startswith("s3/.versions/")]:
        found |= {*manifest.listed(body + _SIDECAR)}  # an object that has lost its bytes needs no metadata
    return sorted(found)


def _give_up(manifest: Manifest, path: str, aside: Path) -> GivenUp:
    if content_of(path).kind is Kind.APPENDED:
        _follow(manifest.folder / path, manifest.acknowledged(path))
    manifest.drop(manifest.folder / path)
    moved = _set_aside(manifest.folder, path, aside)
    _set_aside(manifest.folder, f"{path}-journal", aside)  # of a database: it would be played back into a new one
    return GivenUp(path, content_of(path), moved)


def _set_aside(state: Path, path: str, aside: Path) -> Path | None:
    file = state / path
    if not file.exists():
        return None
    target = aside / path
    target.parent.mkdir(parents=True, exist_ok=True)
    file.replace(target)
    return target


def _follow(file: Path, acknowledged: int) -> None:
    """Let a log go on after a segment: no ordinal, and so no sequence number or checkpoint, is ever given twice.

    Each record has more than one byte, so that the ordinals of the lost ones end before ``first + acknowledged``.
    """
    first = int(file.stem)
    later = sorted(int(path.stem) for path in file.parent.glob("*.log") if int(path.stem) > first)
    successor = file.with_name(f"{later[0] if later else first + max(acknowledged, 1):020d}.log")
    successor.touch(0o600)
    successor.with_suffix(".gap").touch(0o600)
    file.with_suffix(".idx").unlink(missing_ok=True)
