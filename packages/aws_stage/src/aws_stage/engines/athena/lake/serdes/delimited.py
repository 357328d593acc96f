"""LazySimpleSerDe and OpenCSVSerde: fields with something between them."""

from __future__ import annotations

from collections.abc import Mapping

from trino_on_duckdb import QueryError
from trino_on_duckdb.types import INTEGERS, Type, duckdb_type, parse_hive_type, row_field_names

from aws_stage.engines.athena.lake.catalogue import HiveColumn
from aws_stage.engines.athena.lake.serdes.conversion import parsed, strict
from aws_stage.engines.athena.lake.serdes.lines import SEPARATOR, Quoting
from aws_stage.engines.athena.lake.serdes.properties import (
    LAZY_PROPERTIES,
    NULL_FORMAT,
    OPEN_CSV_PROPERTIES,
    delimiter,
    field_delimiter,
)
from aws_stage.engines.athena.lake.text import literal

_ESCAPED_ESCAPE, _ESCAPED_DELIMITER = "\U000fffff", "\U000ffffe"


class LazySimple:
    """LazySimpleSerDe: what cannot be read as a column's type is NULL, as are fields that a line lacks.

    Properties of OpenCSVSerde it passes over, as on AWS: fields are then not where the table's maker expects them.
    """

    def __init__(self, properties: Mapping[str, str]) -> None:
        for name in properties:
            if name not in LAZY_PROPERTIES and name.lower() not in OPEN_CSV_PROPERTIES:
                raise QueryError("NOT_SUPPORTED", f"SerDe property {name} is not supported by the local stage")
        self._delimiter = field_delimiter(properties)
        self._escape = properties.get("escape.delim", "")[:1]
        self._null = properties.get(NULL_FORMAT, "\\N")
        collection = properties.get("collection.delim") or properties.get("colelction.delim") or "2"
        self._item = delimiter(collection)
        self._key = delimiter(properties.get("mapkey.delim") or "3")

    def row(self) -> str:
        """The SQL of ``line`` as a list of its fields."""
        line, delimiter = "coalesce(__line, '')", literal(self._delimiter)
        if not self._escape:
            return f"string_split({line}, {delimiter})"
        double, escaped = literal(self._escape * 2), literal(self._escape + self._delimiter)
        hidden = f"replace(replace({line}, {double}, '{_ESCAPED_ESCAPE}'), {escaped}, '{_ESCAPED_DELIMITER}')"
        bare = f"replace(field, {literal(self._escape)}, '')"
        escapes = f"replace({bare}, '{_ESCAPED_ESCAPE}', {literal(self._escape)})"
        shown = f"replace({escapes}, '{_ESCAPED_DELIMITER}', {delimiter})"
        return f"list_transform(string_split({hidden}, {delimiter}), lambda field: {shown})"

    def field(self, _column: HiveColumn, position: int) -> str:
        """The SQL of a column's text (its position counts from 0), taken from ``__row``."""
        return f"nullif(__row[{position + 1}], {literal(self._null)})"

    def value(self, column: HiveColumn, field: str) -> str:
        """The SQL of a column's value, made of its text."""
        return self._value(field, parse_hive_type(column.type), column.name)

    def _value(self, text: str, kind: Type, column: str) -> str:
        if kind.kind in ("array", "map", "row") and any(item.items for item in kind.items):
            raise QueryError(
                "NOT_SUPPORTED", f"column {column}: {kind} in text files is not supported by the local stage"
            )
        match kind.kind:
            case "array":
                item = self._item_value(kind.items[0])
                items = f"list_transform(string_split({text}, {literal(self._item)}), lambda item: {item})"
                return f"CASE WHEN {text} = '' THEN [] ELSE {items} END"
            case "row":
                split = f"string_split({text}, {literal(self._item)})"
                fields = ", ".join(
                    f"{name} := {parsed(f'nullif({split}[{index}], {literal(self._null)})', item)}"
                    for index, (name, item) in enumerate(zip(row_field_names(kind), kind.items, strict=True), start=1)
                )
                return f"CASE WHEN {text} IS NOT NULL THEN struct_pack({fields}) END"
            case "map":
                pair = f"string_split(item, {literal(self._key)})"
                key, value = parsed(f"{pair}[1]", kind.items[0]), parsed(f"{pair}[2]", kind.items[1])
                entry = f"struct_pack(k := {key}, v := {value})"
                entries = f"list_transform(string_split({text}, {literal(self._item)}), lambda item: {entry})"
                whole = f"CASE WHEN {text} = '' THEN [] ELSE {entries} END"
                return f"CASE WHEN {text} IS NOT NULL THEN CAST(map_from_entries({whole}) AS {duckdb_type(kind)}) END"
        value = parsed(text, kind)
        if kind.kind in INTEGERS:
            fraction = f"regexp_full_match({text}, '[+-]?[0-9]*\\.[0-9]*')"
            failure = f"error('HIVE_BAD_DATA: Error parsing field value ''' || {text} || ''' for field {column}')"
            return f"CASE WHEN {fraction} THEN CAST({failure} AS {duckdb_type(kind)}) ELSE {value} END"
        return value

    def _item_value(self, kind: Type) -> str:
        return parsed(f"nullif(item, {literal(self._null)})", kind)


class OpenCsv:
    """OpenCSVSerde: quoted fields, split when the file is read; what cannot be read as a column's type fails."""

    def __init__(self, properties: Mapping[str, str]) -> None:
        known = {"separatorchar": ",", "quotechar": '"', "escapechar": "\\", "serialization.format": "1"}
        for name in properties:
            if name.lower() not in known:
                raise QueryError("NOT_SUPPORTED", f"SerDe property {name} is not supported by the local stage")
        chosen = known | {name.lower(): value for name, value in properties.items()}
        self.quoting = Quoting(chosen["separatorchar"], chosen["quotechar"], chosen["escapechar"])

    def row(self) -> str:
        """The SQL of ``line`` as a list of its fields."""
        return f"string_split(coalesce(__line, ''), '{SEPARATOR}')"

    def field(self, _column: HiveColumn, position: int) -> str:
        """The SQL of a column's text (its position counts from 0), taken from ``__row``."""
        return f"__row[{position + 1}]"

    def value(self, column: HiveColumn, field: str) -> str:
        """The SQL of a column's value, made of its text."""
        kind = parse_hive_type(column.type)
        if kind.items:
            raise QueryError("NOT_SUPPORTED", f"column {column.name}: OpenCSVSerde has no type {kind}")
        return strict(field, kind, _numeric_time(field, kind), column.name)


def _numeric_time(text: str, kind: Type) -> str:
    """OpenCSVSerde has dates as days and timestamps as milliseconds since 1970 (Athena's documentation of it)."""
    if kind.kind == "date":
        days = f"TRY_CAST({text} AS INTEGER)"
        return f"CASE WHEN regexp_full_match({text}, '-?[0-9]+') THEN DATE '1970-01-01' + {days} END"
    if kind.kind == "timestamp":
        millis = f"make_timestamp(TRY_CAST({text} AS BIGINT) * 1000)"
        return f"CASE WHEN regexp_full_match({text}, '-?[0-9]+') THEN {millis} END"
    return parsed(text, kind)
