"""Field types: what a document may hold for each, and the column that it becomes.

docs.opensearch.org/latest/field-types/supported-field-types/index/
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

from aws_stage.engines.opensearch.errors import SearchError, illegal, number_format
from aws_stage.engines.opensearch.index.dates import DEFAULT_FORMAT, DateFormat, date_format

IGNORE_ABOVE = 256
"""Longest text that dynamic mapping keeps as ``.keyword``."""

_RANGES = {"byte": 8, "short": 16, "integer": 32, "long": 64}
_SQL = {
    "keyword": "VARCHAR",
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "BIGINT",
    "double": "DOUBLE",
    "float": "FLOAT",
    "long": "BIGINT",
    "integer": "INTEGER",
    "short": "SMALLINT",
    "byte": "TINYINT",
}
_ARROW = {
    "keyword": pa.string(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.int64(),
    "double": pa.float64(),
    "float": pa.float32(),
    "long": pa.int64(),
    "integer": pa.int32(),
    "short": pa.int16(),
    "byte": pa.int8(),
}
NUMBERS = frozenset({"double", "float", *_RANGES})
TYPES = frozenset(_SQL)


@dataclass(frozen=True)
class Field:
    """A leaf of a mapping. ``path`` has dots; ``parameters`` are those of the mapping, but for its type.

    ``column`` is the field whose column it reads: itself, or of a ``.keyword`` the text above it.
    """

    path: str
    kind: str
    parameters: dict[str, Any] = field(default_factory=dict)
    column: str = ""

    @property
    def sql_type(self) -> str:
        return _SQL[self.kind]

    @property
    def arrow_type(self) -> pa.DataType:
        return _ARROW[self.kind]

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS

    @property
    def is_aggregatable(self) -> bool:
        return self.kind != "text"

    @property
    def date_format(self) -> DateFormat:
        return date_format(self.parameters.get("format", DEFAULT_FORMAT))

    def document(self) -> dict[str, Any]:
        """The field as a mapping shows it."""
        return {"type": self.kind, **self.parameters}

    def subfields(self) -> list[Field]:
        """Those in ``fields``: keywords of a text."""
        found = self.parameters.get("fields") or {}
        return [
            Field(
                f"{self.path}.{name}",
                sub["type"],
                {key: value for key, value in sub.items() if key != "type"},
                column=self.path,
            )
            for name, sub in found.items()
        ]

    def parser(self) -> Callable[[Any], Any]:
        """What turns a value of a document into one of the column; it raises SearchError."""
        if self.kind == "date":
            form = self.date_format
            return lambda value: _date(value, form)
        if self.kind == "keyword":
            limit = self.parameters.get("ignore_above")
            if limit is not None:
                return lambda value: text if len(text := _text(value)) <= limit else None
            return _text
        if self.kind == "text":
            return _text
        if self.kind == "boolean":
            return boolean
        if self.kind in ("double", "float"):
            single = self.kind == "float"
            return lambda value: _real(value, single=single)
        kind = self.kind
        return lambda value: whole(value, kind)


def _date(value: Any, form: DateFormat) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise illegal(f"failed to parse date field [{_shown(value)}] with format [{form.text}]")
    return form.parse(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return orjson.dumps(value).decode()
    raise illegal(f"Can't get text on a {_token(value)}")


def boolean(value: Any) -> bool:
    """``true``, ``false``, or a text that says so."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false", ""):
        return bool(value == "true")
    raise illegal(f"Failed to parse value [{_shown(value)}] as only [true] or [false] are allowed.")


def _real(value: Any, *, single: bool) -> float:
    number = as_number(value)
    if single:
        try:
            [number] = struct.unpack("f", struct.pack("f", number))
        except OverflowError:
            number = math.inf
    if not math.isfinite(number):
        raise illegal(f"[{'float' if single else 'double'}] supports only finite values, but got [{_shown(value)}]")
    return float(number)


def whole(value: Any, kind: str) -> int:
    """A whole number within its type's range; decimals are cut, as ``coerce`` does."""
    number = value if type(value) is int else as_number(value)
    if not math.isfinite(number):
        raise illegal(f"[{kind}] supports only finite values, but got [{_shown(value)}]")
    limit = 1 << (_RANGES[kind] - 1)
    cut = int(number)
    if not -limit <= cut < limit:
        raise illegal(f"Value [{_shown(value)}] is out of range for {'an' if kind == 'integer' else 'a'} {kind}")
    return cut


def as_number(value: Any) -> float:
    """A number, or a text that is one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and "_" not in value:
        try:
            return int(value) if value.lstrip("+-").isdecimal() else float(value)
        except ValueError:
            pass
    if isinstance(value, str):
        raise number_format(value)
    raise illegal(f"Current token ({_token(value)}) not numeric, can not use numeric value accessors")


def field_error(found: Field, document_id: str, value: Any, error: SearchError) -> SearchError:
    """The error of a document with a value that its field does not take."""
    reason = (
        f"failed to parse field [{found.path}] of type [{found.kind}] in document with id '{document_id}'. "
        f"Preview of field's value: '{_shown(value)}'"
    )
    return SearchError("mapper_parsing_exception", reason, cause=error)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _token(value: Any) -> str:
    if isinstance(value, bool):
        return f"VALUE_{str(value).upper()}"
    return "START_OBJECT" if isinstance(value, dict) else "START_ARRAY"
