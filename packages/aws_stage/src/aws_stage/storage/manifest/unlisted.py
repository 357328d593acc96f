"""A store by itself, in no stage: its files are in no manifest, so that each judges alone what it finds."""

from __future__ import annotations

from pathlib import Path

from aws_stage.errors import ConfigurationError
from aws_stage.storage.manifest.manifest import Aside, Manifest


class UnlistedLength:
    """Nothing is known beforehand."""

    acknowledged: int | None = None

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, number: int) -> None:
        """Nobody keeps it."""

    def refused(self, error: OSError) -> None:
        """Nobody counts them."""

    def damaged(self, why: str) -> ConfigurationError:
        """The error that says so."""
        return ConfigurationError(f"{self._path} is damaged: {why}. Restore it from a copy.")


class Unlisted:
    """Has what stores use of a manifest."""

    def length(self, path: Path) -> UnlistedLength:
        """Of a growing file."""
        return UnlistedLength(path)

    def place(self, *files: Aside) -> None:
        """Put files in place."""
        for file in files:
            file.put_in_place()

    def write(self, path: Path, content: bytes) -> None:
        """Replace a file whole."""
        file = Aside.of(path, content)
        file.unfinished.write_bytes(content)
        file.put_in_place()

    def drop(self, *paths: Path) -> None:
        """Files are about to be removed."""

    def drop_under(self, folder: Path) -> None:
        """Files are about to be removed."""

    def verify(self, path: Path, content: bytes | memoryview) -> None:
        """Nothing to hold it against."""


UNLISTED = Unlisted()
StoreManifest = Manifest | Unlisted
