"""Maps, made of lists of entries. DuckDB's MAP takes a key once, as Trino's does."""

from __future__ import annotations

from trino_on_duckdb import types
from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Overload, Table, Writer, one, overloads
from trino_on_duckdb.values import Value, cast_to, failure, fresh, made_of, once_each, quoted


def of_entries(entries: str) -> str:
    """A map from a list of structs of a key and a value."""
    return f"map_from_entries({entries})"


def _pairs(rows: str) -> str:
    """Entries from a list of structs of two fields, whatever their names."""
    name = fresh("m")
    entry = f"struct_pack(key := struct_extract_at({name}, 1), value := struct_extract_at({name}, 2))"
    return f"list_transform({rows}, lambda {name}: {entry})"


def _map(found: Fit) -> str:
    def body(keys: str, values: str) -> str:
        uneven = failure(
            "INVALID_FUNCTION_ARGUMENT", quoted("Key and value arrays must be the same length"), found.result
        )
        null = failure("INVALID_FUNCTION_ARGUMENT", quoted("map key cannot be null"), found.result)
        pairs = _pairs(f"list_zip({keys}, {values})")
        return (
            f"CASE WHEN {keys} IS NULL OR {values} IS NULL THEN NULL WHEN len({keys}) <> len({values}) THEN {uneven} "
            f"WHEN len({keys}) > list_count({keys}) THEN {null} ELSE {cast_to(of_entries(pairs), found.result)} END"
        )

    return once_each([value.sql for value in found.values], body)


def _from_entries(found: Fit) -> Value:
    rows = found.values[0]
    key, item = rows.type.items[0].items
    type_ = types.map_of(key, item)
    return made_of(cast_to(of_entries(_pairs(rows.sql)), type_), type_, [rows])


def _entries(found: Fit) -> Value:
    key, item = found.values[0].type.items
    type_ = types.array_of(types.row_of(key, item))
    name = fresh("m")
    row = f"struct_pack(field0 := {name}.key, field1 := {name}.value)"
    return made_of(f"list_transform(map_entries({found.values[0].sql}), lambda {name}: {row})", type_, found.values)


def _concat(found: Fit) -> str:
    def body(*maps: str) -> str:
        absent = " OR ".join(f"{each} IS NULL" for each in maps)
        made = cast_to(f"map_concat({', '.join(maps)})", found.result)
        return f"CASE WHEN {absent} THEN NULL ELSE {made} END"

    return once_each([value.sql for value in found.values], body)


def _element_at(found: Fit) -> str:
    return f"map_extract_value({found.values[0].sql}, {found.values[1].sql})"


def _over_entries(key: str, value: str) -> Writer:
    """A map whose entries are those of another, with ``{f}`` (the lambda's body) as key or value."""

    def write(found: Fit) -> str:
        text = found.lambdas[1]
        parameter = text.head.removeprefix("lambda ").removesuffix(":")
        parts = {"k": f"{parameter}.key", "v": f"{parameter}.value", "f": text.body.sql}
        entries = f"struct_pack(key := {parts[key]}, value := {parts[value]})"
        made = of_entries(f"list_transform(map_entries({found.values[0].sql}), {text.head} {entries})")
        return cast_to(made, found.result)

    return write


def _filter(found: Fit) -> str:
    made = of_entries(f"list_filter(map_entries({found.values[0].sql}), {found.lambdas[1].sql})")
    return cast_to(made, found.result)


_INDEX_ZERO = failure("INVALID_FUNCTION_ARGUMENT", quoted("SQL array indices start at 1"), types.BIGINT)

MAPS: Table = {
    "element_at": [
        *one("map(K, V), K -> V", _element_at),
        *one("array(T), bigint -> T", f"({{0}})[CASE WHEN {{1}} = 0 THEN {_INDEX_ZERO} ELSE {{1}} END]"),
    ],
    "map": overloads(("-> map(unknown, unknown)", "CAST(MAP {} AS MAP(INTEGER, INTEGER))"),
                     ("array(E), array(V) -> map(E, V)", _map)),
    "map_concat": one("map(K, V), map(K, V)… -> map(K, V)", _concat),
    "map_entries": one("map(K, V) -> array(row(K, V))", _entries),
    "map_filter": one("map(K, V), function(K, V, boolean) -> map(K, V)", _filter, paired=True),
    "map_from_entries": one("array(row(K, V)) -> map(K, V)", _from_entries),
    "map_keys": one("map(K, V) -> array(K)", "map_keys({0})"),
    "map_values": one("map(K, V) -> array(V)", "map_values({0})"),
    "transform_keys": [Overload("map(K, V), function(K, V, R) -> map(R, V)", _over_entries("f", "v"), paired=True)],
    "transform_values": [Overload("map(K, V), function(K, V, R) -> map(K, R)", _over_entries("k", "f"), paired=True)],
}  # fmt: skip
