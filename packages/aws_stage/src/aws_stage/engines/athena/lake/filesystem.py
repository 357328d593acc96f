"""The only files that a query can open: the objects of its own tables, under names of our making.

DuckDB gets no access to the machine's files, to the network or to S3. It gets this file system, which knows the objects
that the query's plan named and refuses every other path. Because each byte goes through it, it is also where the bytes
read are counted and the scan limit is held.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any, BinaryIO

from fsspec import AbstractFileSystem

from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.lake.files import File, LinesOfObject, Output, RangedObject, Reading
from aws_stage.engines.athena.lake.objects import S3Object
from aws_stage.engines.athena.lake.serdes.lines import Framing

PROTOCOL = "lake"


class QueryFiles(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A file system of exactly the objects that were added to it, and of the outputs being written."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self._reading = reading
        self._files: dict[str, File] = {}
        self._locations: dict[str, Location] = {}
        self._serial = count()

    def add(self, path: str, found: S3Object) -> str:
        """Make an object readable by ranges as ``lake://<path>``; returns that name."""
        name = f"{PROTOCOL}://{path}"
        self._locations[name] = found.location
        self._files[name] = RangedObject(name, found, self._reading)
        return name

    def add_lines(self, path: str, found: S3Object, framing: Framing) -> str:
        """Make a text object readable as lines; returns its name."""
        name = f"{PROTOCOL}://{path}"
        self._locations[name] = found.location
        self._files[name] = LinesOfObject(name, found, framing, self._reading)
        return name

    @contextmanager
    def writing(self, out: BinaryIO) -> Iterator[str]:
        """Inside, the name given can be opened for writing; what is written goes to ``out``."""
        name = f"{PROTOCOL}://out/{next(self._serial)}"
        self._files[name] = Output(out)
        try:
            yield name
        finally:
            del self._files[name]

    def location_of(self, name: str) -> Location:
        """Where the object of a name lies."""
        return self._locations[name]

    def open(self, path: str, mode: str = "rb", **_options: Any) -> io.RawIOBase:
        return self._file(path).open(mode)

    def info(self, path: str, **_options: Any) -> dict[str, Any]:
        return {"name": path, "size": self._file(path).size, "type": "file"}

    def exists(self, path: str, **_options: Any) -> bool:
        return path in self._files

    def glob(self, path: str, **_options: Any) -> list[str]:
        return [path] if path in self._files else []

    def ls(self, path: str, **_options: Any) -> list[Any]:
        raise PermissionError(f"{path} cannot be listed")

    def modified(self, path: str) -> datetime:
        return self._file(path).modified

    def _file(self, path: str) -> File:
        try:
            return self._files[path]
        except KeyError:
            raise FileNotFoundError(path) from None
