"""What one object is: its format, its compression, its columns, and about how many records it holds."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from aws_stage.engines.glue_crawler import delimited, json_lines, parquet
from aws_stage.engines.glue_crawler.hive_types import Columns
from aws_stage.engines.glue_crawler.objects import Bucket, StoredObject

_HEAD = 256 * 1024
"""Bytes of a text object that are read; Glue's classifiers, too, look at the beginning alone."""

_MAX_TEXT = 4 * 1024 * 1024
_MAX_LINES = 2000
_CHUNK = 16 * 1024
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Profile:
    """``records`` counts a Parquet object's rows and estimates a text's; ``options`` are the format's (delimiter)."""

    format: str
    compression: str
    columns: Columns
    records: int
    options: dict[str, str] = field(default_factory=dict)


def read(bucket: Bucket, item: StoredObject) -> Profile | None:
    """The profile of an object; None when no built-in classifier knows it. Raises ArrayError for a JSON array."""
    head = bucket.head(item.key, _HEAD)
    if head.startswith(parquet.MAGIC):
        try:
            columns, rows = parquet.read(bucket, item)
        except ValueError:
            return None
        return Profile("parquet", "none", columns, rows)
    compression = "gzip" if head.startswith(_GZIP_MAGIC) else "none"
    text = _decompressed(head) if compression == "gzip" else head
    lines = _lines(text, whole=len(head) >= item.size)
    if not lines:
        return None
    records = max(1, round(len(lines) * item.size / max(1, _bytes_of(lines, text, len(head)))))
    json_lines.check_no_array(lines)
    columns_found = json_lines.read(lines)
    if columns_found is not None:
        return Profile("json", compression, columns_found, records)
    table = delimited.read(lines)
    if table is None:
        return None
    return Profile("csv", compression, table.columns, records - table.has_header, _csv_options(table))


def _csv_options(table: delimited.Delimited) -> dict[str, str]:
    options = {"delimiter": table.delimiter, "areColumnsQuoted": str(table.is_quoted).lower(), "columnsOrdered": "true"}
    return options | ({"skip.header.line.count": "1"} if table.has_header else {})


def _decompressed(head: bytes) -> bytes:
    """The beginning of a gzip's text, all its members; a damaged or cut stream gives what can be read of it."""
    text = bytearray()
    decompressor = zlib.decompressobj(wbits=31)
    for start in range(0, len(head), _CHUNK):
        data = head[start : start + _CHUNK]
        while data and len(text) < _MAX_TEXT:
            try:
                text += decompressor.decompress(data)
            except zlib.error:
                return bytes(text)
            data = decompressor.unused_data
            if decompressor.eof:
                decompressor = zlib.decompressobj(wbits=31)
    return bytes(text)


def _lines(text: bytes, whole: bool) -> list[str]:
    """The non-empty lines of a text, a cut last one left out; none when it is not UTF-8."""
    if not whole or len(text) >= _MAX_TEXT:
        text = text[: text.rfind(b"\n") + 1] or text
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        decoded = text.decode("utf-8", "replace")
        if decoded.count("\ufffd") * 10 > len(decoded):
            return []
    return [line.rstrip("\r") for line in decoded.split("\n") if line.strip()][:_MAX_LINES]


def _bytes_of(lines: list[str], text: bytes, stored: int) -> float:
    """How many stored bytes the lines took, from their share of the text that the stored head gave."""
    used = sum(len(line.encode()) + 1 for line in lines)
    return stored * min(1.0, used / max(1, len(text)))
