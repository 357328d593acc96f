"""OpenX's and Hive's JSON SerDes: a JSON object a line."""

from __future__ import annotations

from collections.abc import Mapping

from trino_on_duckdb import QueryError
from trino_on_duckdb.types import Type, contains, duckdb_type, parse_hive_type, row_field_names

from aws_stage.engines.athena.lake.catalogue import HiveColumn
from aws_stage.engines.athena.lake.serdes.conversion import parsed, strict
from aws_stage.engines.athena.lake.serdes.json_texts import FIRST_OBJECT
from aws_stage.engines.athena.lake.text import identifier, literal

_KNOWN = ("serialization.format", "ignore.malformed.json", "case.insensitive", "dots.in.keys", "paths", "explicit.null")
_DIGITS_OF_MILLISECONDS = 13
_SCALAR_DIGITS = 15
"""Digits that survive DuckDB's reading of a JSON number with a fraction."""


class JsonRows:
    """The SerDe of one table: its properties and columns; ``is_openx`` tells it from Hive's."""

    def __init__(self, properties: Mapping[str, str], *, is_openx: bool) -> None:
        self._is_openx = is_openx
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
        twice = _has_a_key_twice("__line", exact=not self._case_insensitive)
        other = self._malformed("")
        if self._is_openx:
            other = f"coalesce(CAST({FIRST_OBJECT}(__line) AS JSON), {other})"
        return (
            "CASE WHEN __line IS NULL OR trim(__line) = '' THEN NULL "
            f"WHEN NOT json_valid(__line) OR json_type(__line) <> 'OBJECT' THEN {other} "
            f"WHEN {twice} THEN {self._malformed('duplicate key: ')} "
            "ELSE CAST(__line AS JSON) END"
        )

    def _malformed(self, problem: str) -> str:
        """The SQL of a line that is not a row. Of a key that stands twice Athena says so as well."""
        if self._ignore_malformed:
            return "NULL"
        message = literal(f"HIVE_CURSOR_ERROR: Row is not a valid JSON Object: {problem}")
        return f"CAST(error({message} || left(__line, 200)) AS JSON)"

    def field(self, column: HiveColumn, _position: int) -> str:
        """The SQL of a column's JSON, taken from ``__row``."""
        key = self._mapping.get(column.name, column.name)
        return _field("__row", key, exact=not self._case_insensitive)

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
        known = parsed(text, kind, iso=True)
        if kind.kind == "timestamp" and self._is_openx:
            known = f"coalesce({known}, {_epoch(text)})"
        value = strict(text, kind, known, column)
        if kind.kind == "decimal":
            digits = f"length(regexp_replace({text}, '[^0-9]', '', 'g')) > {_SCALAR_DIGITS}"
            failure = f"error('NOT_SUPPORTED: a JSON number of more than {_SCALAR_DIGITS} digits for {column}')"
            too_long = f"json_type({json}) = 'DOUBLE' AND {digits}"
            value = f"CASE WHEN {too_long} THEN CAST({failure} AS {duckdb_type(kind)}) ELSE {value} END"
        return f"CASE WHEN {present} THEN {value} END"

    def _shaped(self, json: str, shape: str, value: str, kind: Type, column: str) -> str:
        message = f"HIVE_BAD_DATA: Error parsing field value for field {column}: it is not of type {kind}"
        failure = f"error({literal(message)})"
        twice = ""
        if shape == "OBJECT":
            double = _has_a_key_twice(f"CAST({json} AS VARCHAR)", exact=kind.kind == "map")
            problem = literal(f"HIVE_BAD_DATA: Error parsing field value for field {column}: duplicate key")
            twice = f"WHEN {double} THEN CAST(error({problem}) AS {duckdb_type(kind)}) "
        return (
            f"CASE WHEN json_type({json}) IS NULL OR json_type({json}) = 'NULL' THEN NULL {twice}"
            f"WHEN json_type({json}) = '{shape}' THEN {value} ELSE CAST({failure} AS {duckdb_type(kind)}) END"
        )


def _has_a_key_twice(text: str, *, exact: bool) -> str:
    """The SQL of whether a JSON object's text has one name for two members, in any case unless ``exact``.

    DuckDB would take the first, Hive's readers the last.
    """
    keys = f"json_keys({text if exact else f'lower({text})'})"
    return f"len({keys}) <> len(list_distinct({keys}))"


def _epoch(text: str) -> str:
    """A number as a moment, as OpenX's SerDe reads it: of 13 digits or more milliseconds, of fewer seconds."""
    factor = f"CASE WHEN length({text}) >= {_DIGITS_OF_MILLISECONDS} THEN 1000 ELSE 1000000 END"
    whole = f"make_timestamp(TRY_CAST({text} AS BIGINT) * {factor})"
    fraction = f"make_timestamp(TRY_CAST(floor(TRY_CAST({text} AS DOUBLE) * 1000) AS BIGINT) * 1000)"
    return (
        f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]{{1,15}}') THEN {whole} "
        f"WHEN regexp_full_match({text}, '[+-]?[0-9]{{1,12}}\\.[0-9]*') THEN {fraction} END"
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
