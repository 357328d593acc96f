"""The manifest: every file that must be there, and what is known of it."""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aws_stage.errors import ConfigurationError
from aws_stage.storage.manifest.contents import UNFINISHED, Kind, content_of
from aws_stage.storage.manifest.database import Database
from aws_stage.storage.manifest.harm import Found, Harm, advice, found_in
from aws_stage.storage.manifest.layout import LAYOUT, refuse_another_layout
from aws_stage.storage.manifest.lengths import Lengths
from aws_stage.storage.manifest.writes import Writes

FILE = "manifest.sqlite"
LENGTHS = "manifest.lengths"

_OWN_SLOT = 0
_SCHEMA = f"""
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER, checksum INTEGER, old_size INTEGER, old_checksum INTEGER, slot INTEGER
) WITHOUT ROWID;
PRAGMA user_version = {LAYOUT}
"""
_COLUMNS = ("path", "size", "checksum", "old_size", "old_checksum", "slot")


@dataclass(frozen=True)
class Aside:
    """A file that was written aside, whole, as ``<path>.tmp``, and is to take its place."""

    path: Path
    size: int
    checksum: int

    @classmethod
    def of(cls, path: Path, content: bytes | memoryview) -> Aside:
        """Of a file with this content."""
        return cls(path, len(content), zlib.crc32(content))

    @property
    def unfinished(self) -> Path:
        """Where it is."""
        return self.path.with_name(self.path.name + UNFINISHED)

    def put_in_place(self) -> None:
        """Rename it."""
        self.unfinished.replace(self.path)


class Length:
    """How much of one growing file was acknowledged: bytes, or the transactions of a database."""

    def __init__(self, manifest: Manifest, path: Path, slot: int, acknowledged: int | None) -> None:
        self._manifest = manifest
        self._path = path
        self._slot = slot
        self._acknowledged = acknowledged

    @property
    def acknowledged(self) -> int | None:
        """The last number noted; None when the file was not listed before, so that nothing is known of it."""
        return self._acknowledged

    def note(self, number: int) -> None:
        """What the file has now is acknowledged: write first, then note, then answer."""
        self._acknowledged = number
        self._manifest.lengths.set(self._slot, number)
        self._manifest.writes.worked(self._path)

    def refused(self, error: OSError) -> None:
        """The disk did not take a write."""
        self._manifest.writes.refused(self._path, error)

    def damaged(self, why: str) -> ConfigurationError:
        """The error for a file that does not hold what was acknowledged."""
        return self._manifest.error([self._manifest.harm(self._path, why)])


class Manifest:
    """Safe to use from any thread. Paths are below ``folder``, the state folder."""

    def __init__(self, folder: Path, *, adopt: bool = False) -> None:
        """Open the manifest of ``folder``, or begin one where there is no state yet (or, to ``adopt`` it, whatever is).

        Raises ConfigurationError when there is state without a whole manifest, when the state is of another version of
        the stage, or when another process uses it.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = Path(os.path.realpath(folder))
        self.writes = Writes(self.folder)
        self._lock = threading.Lock()
        self._prefixes = tuple(dict.fromkeys(f"{given}{os.sep}" for given in (str(folder), str(self.folder))))
        if not adopt:
            self._refuse_state_without_manifest()
        fresh = not (self.folder / FILE).exists()
        self.lengths = Lengths(self.folder / LENGTHS)
        self._files = Database(
            self.folder / FILE,
            _SCHEMA,
            {"files": _COLUMNS},
            _OwnMark(self, None if fresh else self.lengths.get(_OWN_SLOT)),
        )
        refuse_another_layout(self.folder, self._files)
        self._slots = dict(self._files.read("SELECT path, slot FROM files WHERE slot >= 0"))
        self._refuse_short_lengths()
        self._free = sorted({*range(1, self.lengths.slots)} - {*self._slots.values()}, reverse=True)
        self._found = Found()

    def check(self) -> None:
        """Hold every listed file against what is known of it, before any of them is used.

        Raises ConfigurationError that names each file which is missing, shorter than acknowledged, or altered.
        """
        found = found_in(self.folder, self._rows(), self.lengths)
        if found.harms:
            raise self.error(found.harms)
        self._found = found

    def settle(self) -> None:
        """List what writes that a kill cut off have left, once each store has brought its own files in order."""
        for path in self._found.interrupted:
            (self.folder / (path + UNFINISHED)).unlink(missing_ok=True)
        with self._files.transaction():
            for path in self._found.interrupted | self._found.unlisted:
                if content_of(path).kind in (Kind.REPLACED, Kind.BODY):
                    self._list_as_it_is(path)
        self._found = Found()

    def place(self, *files: Aside) -> None:
        """Let files that were written aside take their places, in this order; all are listed first.

        Raises OSError when that cannot be done; what was in place stays listed.
        """
        paths = [self.path_of(file.path) for file in files]
        listed = False
        with self._guarded(files[0].path):
            try:
                with self._files.transaction():
                    for path, file in zip(paths, files, strict=True):
                        self._files.write(
                            "INSERT INTO files VALUES (?, ?, ?, NULL, NULL, NULL) ON CONFLICT (path) DO UPDATE SET "
                            "old_size = size, old_checksum = checksum, "
                            "size = excluded.size, checksum = excluded.checksum",
                            (path, file.size, file.checksum),
                        )
                listed = True
                for file in files:
                    file.put_in_place()
            except OSError:
                # Nothing unfinished may stay: a file would be allowed to be missing for as long as it is there.
                for file in files:
                    file.unfinished.unlink(missing_ok=True)
                if listed:
                    with self._files.transaction():
                        for path in paths:
                            self._list_as_it_is(path)
                raise

    def write(self, path: Path, content: bytes) -> None:
        """Replace a file whole, or create it; raises OSError."""
        self.write_all({path: content})

    def write_all(self, contents: Mapping[Path, bytes]) -> None:
        """Likewise several files: none takes its place before all are written, then they do in this order."""
        files = [Aside.of(path, content) for path, content in contents.items()]
        with self._guarded(files[0].path):
            try:
                for file, content in zip(files, contents.values(), strict=True):
                    file.unfinished.write_bytes(content)
            except OSError:
                for file in files:
                    file.unfinished.unlink(missing_ok=True)
                raise
        self.place(*files)

    def drop(self, *paths: Path) -> None:
        """Files are about to be removed: they need not be there any more."""
        self._drop(paths[0], [self.path_of(path) for path in paths])

    def drop_under(self, folder: Path) -> None:
        """Likewise every file below a folder."""
        self._drop(folder, self.listed(self.path_of(folder)))

    def length(self, path: Path) -> Length:
        """Of a growing file, which exists; it is listed when it was not."""
        name = self.path_of(path)
        slot = self._slots.get(name)
        if slot is not None:
            return Length(self, path, slot, self.lengths.get(slot))
        with self._guarded(path), self._lock:
            if not self._free:
                first = self.lengths.slots
                self.lengths.reserve(first)
                self._free = list(range(self.lengths.slots - 1, first - 1, -1))
            slot = self._free[-1]
            self.lengths.set(slot, 0)
            self._files.write("INSERT INTO files VALUES (?, NULL, NULL, NULL, NULL, ?)", (name, slot))
            self._slots[name] = self._free.pop()
        return Length(self, path, slot, None)

    def verify(self, path: Path, content: bytes | memoryview) -> None:
        """Raise OSError unless ``content`` is what was written to ``path``; a file that is not listed passes."""
        name = self.path_of(path)
        rows = self._files.read("SELECT size, checksum FROM files WHERE path = ?", (name,))
        if rows and rows[0] != (len(content), zlib.crc32(content)):
            raise OSError(5, f"the file is damaged, it is not what was written: {content_of(name).held}", str(path))

    def is_listed(self, path: Path) -> bool:
        """Whether a file must be there."""
        return bool(self._files.read("SELECT 1 FROM files WHERE path = ?", (self.path_of(path),)))

    def listed(self, path: str) -> list[str]:
        """A file, and every file below it if it is a folder, as far as they must be there."""
        sql = "SELECT path FROM files WHERE path = ? OR (path >= ? AND path < ?)"  # "0" follows "/"
        return [found for (found,) in self._files.read(sql, (path, f"{path}/", f"{path}0"))]

    def acknowledged(self, path: str) -> int:
        """What is known of a growing file; 0 when nothing is."""
        slot = self._slots.get(path)
        return 0 if slot is None else self.lengths.get(slot)

    def harm(self, path: Path, why: str) -> Harm:
        """What is wrong with a file."""
        return Harm(self.path_of(path), why)

    def error(self, harms: Iterable[Harm]) -> ConfigurationError:
        """The error that stops the start over ``harms``."""
        return ConfigurationError(advice(self.folder, list(harms)))

    def path_of(self, path: Path) -> str:
        """A path as the manifest has it: below the state folder, with slashes."""
        text = str(path)
        for prefix in self._prefixes:
            if text.startswith(prefix):
                return text.removeprefix(prefix)
        raise ValueError(f"{path} is not below {self.folder}")

    def close(self) -> None:
        """Close its files."""
        self._files.close()

    def _rows(self) -> list[tuple[str, int, int, int | None, int | None, int | None]]:
        return self._files.read(f"SELECT {', '.join(_COLUMNS)} FROM files ORDER BY path")  # noqa: S608

    def _drop(self, told: Path, paths: Sequence[str]) -> None:
        with self._guarded(told), self._files.transaction():
            for path in paths:
                self._files.write("DELETE FROM files WHERE path = ?", (path,))
        with self._lock:
            self._free += [slot for path in paths if (slot := self._slots.pop(path, None)) is not None]

    def _list_as_it_is(self, path: str) -> None:
        file = self.folder / path
        self._files.write("DELETE FROM files WHERE path = ?", (path,))
        if file.exists():
            size, checksum = measured(file)
            self._files.write("INSERT INTO files VALUES (?, ?, ?, NULL, NULL, NULL)", (path, size, checksum))

    @contextmanager
    def _guarded(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.writes.refused(path, error)
            raise
        self.writes.worked(path)

    def _refuse_state_without_manifest(self) -> None:
        file = self.folder / FILE
        if file.exists() and file.stat().st_size:
            if (self.folder / LENGTHS).exists():
                return
            missing = LENGTHS
        elif any(content_of(path).kind is not Kind.DERIVED for path in paths_below(self.folder)):
            missing = FILE
        else:
            return
        raise self.error([Harm(missing, "it is missing or empty, though there is state beside it")])

    def _refuse_short_lengths(self) -> None:
        if max(self._slots.values(), default=0) >= self.lengths.slots:
            raise self.error([Harm(LENGTHS, "it is shorter than it was")])


class _OwnMark:
    """The manifest's own transactions."""

    def __init__(self, manifest: Manifest, acknowledged: int | None) -> None:
        self._manifest = manifest
        self.acknowledged = acknowledged

    def note(self, number: int) -> None:
        self._manifest.lengths.set(_OWN_SLOT, number)
        self._manifest.writes.worked(self._manifest.folder / FILE)

    def refused(self, error: OSError) -> None:
        self._manifest.writes.refused(self._manifest.folder / FILE, error)

    def damaged(self, why: str) -> ConfigurationError:
        return self._manifest.error([Harm(FILE, why)])


def measured(file: Path) -> tuple[int, int]:
    """Size and checksum of a file, read piece by piece."""
    size = checksum = 0
    with file.open("rb") as content:
        while piece := content.read(1024 * 1024):
            size, checksum = size + len(piece), zlib.crc32(piece, checksum)
    return size, checksum


def paths_below(folder: Path) -> Iterator[str]:
    """Every file below a folder, as the manifest names it."""
    for root, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(root, name), folder).replace(os.sep, "/")  # noqa: PTH118  many files
