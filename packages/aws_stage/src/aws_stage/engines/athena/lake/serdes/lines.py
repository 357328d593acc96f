"""Text files as lines that DuckDB's CSV reader takes for single values, whatever is in them."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

from trino_on_duckdb import QueryError

from aws_stage.engines.athena.lake.text import texts

DELIMITER = "\U0010ffff"
"""The CSV delimiter that we give DuckDB: a code point that Unicode keeps out of text, so that a line is one value."""
SEPARATOR = "\U0010fffe"
"""Between the fields of a line that was split here: another such code point."""
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of a line; a longer one fails the query."""
CHUNK = 1024 * 1024
"""Characters decoded at a time."""
_GZIP_MAGIC = b"\x1f\x8b"
_FORBIDDEN = str.maketrans({DELIMITER: "\ufffd", SEPARATOR: "\ufffd"})


@dataclass(frozen=True)
class Quoting:
    """The characters of OpenCSVSerde."""

    separator: str
    quote: str
    escape: str


@dataclass(frozen=True)
class Framing:
    """How an object becomes lines: without its first ``skip``, and split by ``quoting`` as OpenCSV does."""

    skip: int = 0
    quoting: Quoting | None = None


def write_lines(source: BinaryIO, name: str, framing: Framing, out: BinaryIO) -> None:
    """Decompress, decode and reframe a text object into ``out``.

    As Hadoop does: ``\\n``, ``\\r`` and ``\\r\\n`` end lines, a byte order mark is dropped, bytes that are not UTF-8
    become U+FFFD, the extension says how the object is compressed. Raises QueryError where it cannot be read.
    """
    try:
        text = io.TextIOWrapper(_decompressed(source, name), encoding="utf-8-sig", errors="replace", newline=None)
        for _ in range(framing.skip):
            text.readline()
        for piece in _pieces(text) if framing.quoting is None else _records(text, framing.quoting):
            out.write(piece.encode())
    except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
        raise QueryError("HIVE_CURSOR_ERROR", f"{name}: {error}") from error


def scan(names: Sequence[str], partitioning: str) -> str:
    """The DuckDB table function that gives ``__line`` for each line of these files."""
    return (
        f"read_csv({texts(names)}, delim = '{DELIMITER}', quote = '', escape = '', comment = '', header = false, "
        f"auto_detect = false, columns = {{'__line': 'VARCHAR'}}, new_line = '\\n', compression = 'none', "
        f"max_line_size = {LONGEST_LINE}, buffer_size = {2 * LONGEST_LINE}, {partitioning})"
    )


def _decompressed(source: BinaryIO, name: str) -> BinaryIO:
    extension = name.rpartition(".")[2].lower()
    if extension == "gz":
        return cast("BinaryIO", gzip.GzipFile(fileobj=source, mode="rb"))
    if extension == "bz2":
        return cast("BinaryIO", bz2.BZ2File(source, mode="rb"))
    if extension in ("zst", "snappy", "lz4", "deflate", "lzo"):
        raise QueryError("NOT_SUPPORTED", f"{name}: the local stage reads text files plain, .gz or .bz2")
    buffered = io.BufferedReader(cast("io.RawIOBase", source))
    if buffered.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC):
        raise QueryError(
            "HIVE_CURSOR_ERROR",
            f"{name} is gzip, but Athena goes by the name and would read it as plain text: call it .gz",
        )
    return cast("BinaryIO", buffered)


def _pieces(text: io.TextIOWrapper) -> Iterator[str]:
    while piece := text.read(CHUNK):
        yield piece.translate(_FORBIDDEN) if DELIMITER in piece or SEPARATOR in piece else piece


def _records(text: io.TextIOWrapper, quoting: Quoting) -> Iterator[str]:
    """Each line split into fields as opencsv does, and joined again with SEPARATOR."""
    for line in text:
        bare = line.rstrip("\n").translate(_FORBIDDEN)
        reader = csv.reader(
            [bare],
            delimiter=quoting.separator,
            quotechar=quoting.quote,
            escapechar=quoting.escape,
            doublequote=True,
            strict=False,
        )
        fields = next(reader, [""])
        yield SEPARATOR.join(fields).replace("\n", "") + "\n"
