"""What the properties of a table and of its SerDe say of text files, for those who read them and those who write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trino_on_duckdb import QueryError

HEADER_LINES = "skip.header.line.count"
FOOTER_LINES = "skip.footer.line.count"
NULL_FORMAT = "serialization.null.format"
LAZY_PROPERTIES = (
    "field.delim",
    "serialization.format",
    "escape.delim",
    "colelction.delim",
    "collection.delim",
    "mapkey.delim",
    "line.delim",
    NULL_FORMAT,
)
"""What LazySimpleSerDe reads."""

OPEN_CSV_PROPERTIES = ("separatorchar", "quotechar", "escapechar")
"""What OpenCSVSerde reads, in lower case, and LazySimpleSerDe passes over."""


def lazy_warning(properties: Iterable[str]) -> str | None:
    """What to say where LazySimpleSerDe is given a property of OpenCSVSerde, and what to write instead.

    AWS says nothing: whole lines land in the first column, the others are NULL, and a query succeeds.
    """
    name = next((name for name in properties if name.lower() in OPEN_CSV_PROPERTIES), None)
    if name is None:
        return None
    return (
        f"LazySimpleSerDe does not read {name}: use 'field.delim' (FIELDS TERMINATED BY) for what parts the fields and "
        f"the table property '{HEADER_LINES}' for a header, or OpenCSVSerde where fields are quoted"
    )


def header_lines(table: Mapping[str, str], serde: Mapping[str, str]) -> int:
    """The lines at the start of each file that are not rows; QueryError INVALID_TABLE_PROPERTY for no number."""
    count = table.get(HEADER_LINES) or serde.get(HEADER_LINES) or "0"
    if not count.isdecimal():
        raise QueryError("INVALID_TABLE_PROPERTY", f"{HEADER_LINES} {count!r} is not a whole number")
    return int(count)


def lazy_properties(table: Mapping[str, str], serde: Mapping[str, str]) -> dict[str, str]:
    """The properties of LazySimpleSerDe: Hive gives it the table's too, and they come first."""
    return {**serde, **{name: value for name, value in table.items() if name in LAZY_PROPERTIES}}


def field_delimiter(properties: Mapping[str, str]) -> str:
    """What stands between the fields of LazySimpleSerDe."""
    return delimiter(properties.get("field.delim") or properties.get("serialization.format") or "1")


def delimiter(text: str) -> str:
    """A delimiter as properties write it: its code as a number, else its first character.

    Hive takes no more of it (LazyUtils.getByte), so that ``||`` is ``|``. Raises QueryError NOT_SUPPORTED for one
    beyond ASCII, of which Hive takes one byte, the half of a character.
    """
    if text.isdecimal() and int(text) < 128:
        return chr(int(text))
    if not text[0].isascii():
        raise QueryError("NOT_SUPPORTED", f"A delimiter beyond ASCII ({text!r}) is not supported by the local stage")
    return text[0]
