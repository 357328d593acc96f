"""The schema of delimited text, by the rules of Glue's built-in CSV classifier.

https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html#classifier-builtin
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_stage.engines.glue_crawler.hive_types import Columns, HiveType, widened

DELIMITERS = (",", "|", "\t", ";", "\x01")

_REGULAR = 0.9
"""The share of lines that must have as many columns as the first, so that a few broken ones do not hide the format."""

_COLUMN_NAME = re.compile("[\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\t]+")
"""Glue's own pattern of a column's name (API model, NameString), so units and brackets may stand in it."""
_LONGEST_NAME = 150
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Delimited:
    """What a delimited text turned out to be."""

    columns: Columns
    delimiter: str
    has_header: bool
    is_quoted: bool


def read(lines: Sequence[str]) -> Delimited | None:
    """The delimiter that cuts the lines into the same two or more columns; None when none does or there is one line."""
    if len(lines) < 2:
        return None
    for delimiter in DELIMITERS:
        try:
            rows = list(csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        regular = [row for row in rows if len(row) == len(rows[0])]
        if len(rows[0]) >= 2 and len(regular) >= 2 and len(regular) >= _REGULAR * len(rows):
            return _described(regular, delimiter, any('"' in line for line in lines))
    return None


def _described(rows: list[list[str]], delimiter: str, is_quoted: bool) -> Delimited:
    kinds = [_column_type(column) for column in zip(*rows[1:], strict=True)]
    has_header = _is_header(rows[0]) and any(kind != "string" for kind in kinds if kind is not None)
    if not has_header:
        kinds = [_column_type(column) for column in zip(*rows, strict=True)]
    names = _names(rows[0] if has_header else [""] * len(rows[0]))
    return Delimited(tuple(zip(names, kinds, strict=True)), delimiter, has_header, is_quoted)


def _names(header: list[str]) -> list[str]:
    """Names as the catalogue has them, ``col<n>`` where there is none.

    A table has each name once, and a delimited text is read by the place of a column.
    """
    return [name.strip().lower() or f"col{n}" for n, name in enumerate(header)]


def _is_header(row: list[str]) -> bool:
    """All strings, all names, none long and none twice; the last may be empty, for a trailing delimiter."""
    *first, last = row
    names = first if last == "" else row
    return len(set(_names(row))) == len(row) and all(
        _value_type(name) == "string" and len(name) < _LONGEST_NAME and _COLUMN_NAME.fullmatch(name) for name in names
    )


def _column_type(values: Sequence[str]) -> HiveType:
    kind: HiveType = None
    for value in values:
        try:
            kind = widened(kind, _value_type(value))
        except TypeError:
            return "string"
    return kind


def _value_type(value: str) -> HiveType:
    text = value.strip()
    if not text:
        return None
    if _WHOLE.fullmatch(text):
        return "bigint"
    return "double" if _NUMBER.fullmatch(text) else "string"
