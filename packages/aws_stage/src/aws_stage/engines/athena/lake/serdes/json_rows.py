"""OpenX's and Hive's JSON SerDes: a JSON object a line."""

from __future__ import annotations

from collections.abc import Mapping

from trino_on_duckdb import QueryError
from trino_on_duckdb.types import Type, contains, duckdb_type, parse_hive_type, row_field_names

from aws_stage.engines.athena.lake.catalogue import HiveColumn
from aws_stage.engines.athena.lake.serdes.conversion import parsed, strict
from aws_stage.engines.athena.lake.text import identifier, literal

_KNOWN = ("serialization.format", "ignore.malformed.json", "case.insensitive", "dots.in.keys", "paths", "explicit.null")
_SCALAR_DIGITS = 15
"""Digits that survive DuckDB's reading of a JSON number with a fraction."""


class JsonRows:
    """The SerDe of one table: its properties and columns."""

    def __init__(self, properties: Mapping[str, str]) -> None:
        self._mapping = {}
        for name, value in properties.items():
            if name.startswith("mapping."):
                self._mapping[name[len("mapping.") :].lower()] = value
            elif name not in _KNOWN:
                raise QueryError("NOT_SUPPORTED", f"SerDe property {name} is not supported by the local stage")
        self._ignore_malformed = properties.get("ignore.malformed.json", "").lower() == "true"
        self._case_insensitive = properties.get("case.insensitive", "true").lower() != "false"
        if properties.get("dots.in.keys", "").lower() == "true":
            raise QueryError("NOT_SUPPORTED", "SerDe property dots.in.keys is not supported by the local stage")

    def row(self) -> str:
        """The SQL of ``line`` as the JSON object that columns are taken from: NULL for a blank line."""
        malformed = (
            "NULL"
            if self._ignore_malformed
            else "CAST(error('HIVE_CURSOR_ERROR: Row is not a valid JSON Object: ' || left(__line, 200)) AS JSON)"
        )
        return (
            "CASE WHEN __line IS NULL OR trim(__line) = '' THEN NULL "
            f"WHEN json_valid(__line) AND json_type(__line) = 'OBJECT' THEN CAST(__line AS JSON) ELSE {malformed} END"
        )

    def field(self, column: HiveColumn, _position: int) -> str:
        """The SQL of a column's JSON, taken from ``__row``."""
        key = self._mapping.get(column.name, column.name)
        return _field("__row", key, exact=column.name in self._mapping or not self._case_insensitive)

    def value(self, column: HiveColumn, field: str) -> str:
        """The SQL of a column's value, made of its JSON."""
        return self._value(field, parse_hive_type(column.type), column.name)

    def _value(self, json: str, kind: Type, column: str) -> str:
        """A JSON expression as a value of a type; the type's name stands in the error of one that does not fit."""
        present = f"json_type({json}) IS NOT NULL AND json_type({json}) <> 'NULL'"
        match kind.kind:
            case "array":
                item = self._value("item", kind.items[0], column)
                items = f"list_transform(from_json({json}, '[\"JSON\"]'), lambda item: {item})"
                return self._shaped(json, "ARRAY", items, kind, column)
            case "map":
                if contains("map", kind.items[1]) or contains("array", kind.items[1]):
                    raise QueryError(
                        "NOT_SUPPORTED", f"column {column}: {kind} in JSON is not supported by the local stage"
                    )
                key, value = parsed("entry.key", kind.items[0]), self._value("entry.value", kind.items[1], column)
                entries = f"map_entries(from_json({json}, '\"MAP(VARCHAR, JSON)\"'))"
                whole = (
                    f"map_from_entries(list_transform({entries}, lambda entry: struct_pack(k := {key}, v := {value})))"
                )
                return self._shaped(json, "OBJECT", f"CAST({whole} AS {duckdb_type(kind)})", kind, column)
            case "row":
                names = row_field_names(kind)
                fields = ", ".join(
                    f"{quoted} := {_bound(_field(json, name or '', exact=False), self._value('member', item, column))}"
                    for quoted, name, item in zip(names, kind.fields, kind.items, strict=True)
                )
                return self._shaped(json, "OBJECT", f"struct_pack({fields})", kind, column)
        text = f"json_extract_string({json}, '$')"
        value = strict(text, kind, parsed(text, kind, iso=True), column)
        if kind.kind == "decimal":
            digits = f"length(regexp_replace({text}, '[^0-9]', '', 'g')) > {_SCALAR_DIGITS}"
            failure = f"error('NOT_SUPPORTED: a JSON number of more than {_SCALAR_DIGITS} digits for {column}')"
            too_long = f"json_type({json}) = 'DOUBLE' AND {digits}"
            value = f"CASE WHEN {too_long} THEN CAST({failure} AS {duckdb_type(kind)}) ELSE {value} END"
        return f"CASE WHEN {present} THEN {value} END"

    def _shaped(self, json: str, shape: str, value: str, kind: Type, column: str) -> str:
        message = f"HIVE_BAD_DATA: Error parsing field value for field {column}: it is not of type {kind}"
        failure = f"error({literal(message)})"
        return (
            f"CASE WHEN json_type({json}) IS NULL OR json_type({json}) = 'NULL' THEN NULL "
            f"WHEN json_type({json}) = '{shape}' THEN {value} ELSE CAST({failure} AS {duckdb_type(kind)}) END"
        )


def _bound(expression: str, value: str) -> str:
    """``value``, written of ``member``, over an expression that is thus written once."""
    return f"list_transform([{expression}], lambda member: {value})[1]"


def _field(json: str, key: str, *, exact: bool) -> str:
    """A member of a JSON object by its name, in any case unless ``exact``."""
    found = f"json_extract({json}, {literal(_path(key))})"
    if exact:
        return found
    other = f"list_filter(json_keys({json}), lambda name: lower(name) = {literal(key.lower())})[1]"
    search = f"json_extract({json}, '$.' || json_quote({other}))"
    mentioned = f"contains(lower(CAST({json} AS VARCHAR)), {literal(identifier(key.lower()))})"
    return f"coalesce({found}, CASE WHEN {mentioned} THEN {search} END)"


def _path(key: str) -> str:
    return "$." + identifier(key).replace('""', '\\"')
