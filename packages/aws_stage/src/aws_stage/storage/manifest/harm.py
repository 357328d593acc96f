"""Holding the files that are there against those that must be, and saying what is wrong and what can be done."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from pathlib import Path

from aws_stage.storage.manifest.contents import UNFINISHED, Kind, content_of
from aws_stage.storage.manifest.lengths import Lengths

_LISTED = 20
Row = tuple[str, int, int, int | None, int | None, int | None]


@dataclass(frozen=True)
class Harm:
    """``path`` is below the state folder."""

    path: str
    why: str


@dataclass(frozen=True)
class Found:
    """What a look at the folder has shown.

    ``interrupted``: files of which a replacement was cut off; a kill can leave those in either state. ``unlisted``:
    files that nothing is known of.
    """

    harms: list[Harm] = field(default_factory=list)
    interrupted: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)


def found_in(folder: Path, rows: Iterable[Row], lengths: Lengths) -> Found:
    """Hold what is in ``folder`` against what must be."""
    sizes = _sizes(folder)
    unfinished = {path for path in sizes if path.endswith(UNFINISHED)}
    found = Found([], {path.removesuffix(UNFINISHED) for path in unfinished}, sizes.keys() - unfinished)
    for path, size, checksum, old_size, old_checksum, slot in rows:
        found.unlisted.discard(path)
        present, interrupted = sizes.get(path), path in found.interrupted
        if slot is not None:
            why = _grown(path, present, lengths.get(slot))
        elif present is None:
            why = None if interrupted else "it is missing"
        else:
            allowed = {(size, checksum)} | ({(old_size, old_checksum)} if interrupted else set())
            why = _replaced(folder / path, present, allowed, read=content_of(path).kind is Kind.REPLACED)
        if why:
            found.harms.append(Harm(path, why))
    return found


def advice(folder: Path, harms: list[Harm]) -> str:
    """What a person reads when the stage does not start."""
    lines = ["The local stage does not start over damaged state:"]
    for harm in harms[:_LISTED]:
        content = content_of(harm.path)
        lines.append(f"  {folder / harm.path} is damaged: {harm.why}. It held {content.held}.")
    if len(harms) > _LISTED:
        lines.append(f"  … and {len(harms) - _LISTED} more files.")
    lines.append("Restore the state folder, or these files of the same moment, from a copy.")
    if any(harm.path.startswith("manifest.") for harm in harms):
        lines.append(
            "Or take what is there now for whole, as it is: aws-stage adopt (nothing can then tell what is missing)."
        )
        return "\n".join(lines)
    given = [harm.path for harm in harms[:_LISTED]]
    lines.append(f"Or give up exactly what they held: aws-stage forget {' '.join(map(_quoted, given))}")
    lines += [f"  ({path}: {content_of(path).lost})" for path in given[:_LISTED]]
    return "\n".join(lines)


def _quoted(path: str) -> str:
    return path if all(c.isalnum() or c in "._-/+=@%" for c in path) else "'" + path.replace("'", "'\\''") + "'"


def _grown(path: str, present: int | None, acknowledged: int) -> str | None:
    if present is None:
        return "it is missing"
    if content_of(path).kind is Kind.DATABASE:
        return None if present else "it is empty"
    return None if present >= acknowledged else f"it has {present:,} bytes, and {acknowledged:,} were acknowledged"


def _replaced(file: Path, size: int, allowed: Set[tuple[int | None, int | None]], *, read: bool) -> str | None:
    if size not in {each for each, _ in allowed}:
        known = " or ".join(f"{each:,}" for each, _ in allowed if each is not None)
        return f"it has {size:,} bytes, not {known}"
    if read and (size, zlib.crc32(file.read_bytes())) not in allowed:
        return "its bytes are not those that were written"
    return None


def _sizes(folder: Path) -> dict[str, int]:
    """The size of every file below ``folder``, by its path with slashes."""
    found: dict[str, int] = {}
    pending = [""]
    while pending:
        inside = pending.pop()
        with os.scandir(folder / inside) as entries:
            for entry in entries:
                path = f"{inside}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{path}/")
                else:
                    found[path] = entry.stat().st_size
    return found
