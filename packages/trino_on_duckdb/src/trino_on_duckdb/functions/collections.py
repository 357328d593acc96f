"""Arrays and maps. DuckDB's list functions mostly pass over NULLs; Trino's give NULL when one decides the answer."""

from __future__ import annotations

from trino_on_duckdb import types
from trino_on_duckdb.arithmetic import append_arrays
from trino_on_duckdb.comparisons import equal_sql, greatest_float, has_null
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions.reducing import sorted_by
from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Table, Writer, one, overloads
from trino_on_duckdb.scalar_casts import text_of
from trino_on_duckdb.values import Value, cast_to, failure, fresh, made_of, once, once_each, quoted

MAX_SEQUENCE = 10_000
"""Trino's limit of a sequence's entries."""

_INVALID = "INVALID_FUNCTION_ARGUMENT"


def _extreme(name: str) -> Writer:
    """array_max and array_min: NULL if an item is."""

    def write(found: Fit) -> str:
        floats = found.result.kind in ("real", "double") and name == "max"

        def body(array: str) -> str:
            chosen = greatest_float(array) if floats else f"list_{name}({array})"
            return f"CASE WHEN len({array}) = list_count({array}) THEN {chosen} END"

        return once(found.values[0].sql, body)

    return write


def distinct_items(array: str) -> str:
    """The items in order of first appearance, NULL once (list_distinct keeps neither)."""
    item, index = fresh("d"), fresh("i")
    return once(array, lambda a: f"list_filter({a}, lambda {item}, {index}: list_position({a}, {item}) = {index})")


def _distinct(found: Fit) -> str:
    return distinct_items(found.values[0].sql)


def _union(found: Fit) -> str:
    return distinct_items(append_arrays([value.sql for value in found.values]))


def _kept(*, present: bool) -> Writer:
    """The distinct items of the first array that are (not) in the second."""

    def write(found: Fit) -> str:
        def body(a: str, b: str) -> str:
            item = fresh("k")
            where = f"list_position({b}, {item}) IS {'NOT ' if present else ''}NULL"
            kept = f"list_filter({a}, lambda {item}: {where})"
            return f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL ELSE {distinct_items(kept)} END"

        return once_each([value.sql for value in found.values], body)

    return write


def _contains(found: Fit) -> str:
    item = found.letters["E"]

    def body(array: str, wanted: str) -> str:
        name = fresh("c")
        equal = f"list_transform({array}, lambda {name}: {equal_sql(name, wanted, item)})"
        return three_valued_any(equal)

    return once_each([value.sql for value in found.values], body)


def three_valued_any(booleans: str) -> str:
    """Whether a list of booleans has a true; NULL when it has none but a NULL."""
    return once(
        booleans,
        lambda b: (
            f"CASE WHEN {b} IS NULL THEN NULL WHEN list_contains({b}, true) THEN true "
            f"WHEN {has_null(b)} THEN NULL ELSE false END"
        ),
    )


def _matches(template: str) -> Writer:
    """any_match and its kin: ``{0}`` is a list of the lambda's results."""

    def write(found: Fit) -> str:
        results = f"list_transform({found.values[0].sql}, {found.lambdas[1].sql})"
        return once(results, lambda name: template.replace("{0}", name).replace("{null}", has_null(name)))

    return write


def _overlap(found: Fit) -> str:
    def body(a: str, b: str) -> str:
        nulls = f"{has_null(a)} OR {has_null(b)}"
        some = f"(len({a}) > 0 AND len({b}) > 0)"
        return (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN list_has_any({a}, {b}) THEN true "
            f"WHEN ({nulls}) AND {some} THEN NULL ELSE false END"
        )

    return once_each([value.sql for value in found.values], body)


def _join(found: Fit) -> str:
    array, delimiter, *replacement = found.values
    if array.type.items[0].kind in ("array", "map", "row", "varbinary", "unknown"):
        raise QueryError("FUNCTION_NOT_FOUND", f"Input type {array.type} not supported by array_join")
    name = fresh("j")
    texts = text_of(name, array.type.items[0])
    if replacement:
        items = f"list_transform({array.sql}, lambda {name}: coalesce({texts}, {replacement[0].sql}))"
    else:
        items = f"list_transform(list_filter({array.sql}, lambda {name}: {name} IS NOT NULL), lambda {name}: {texts})"
    joined = f"array_to_string({items}, {delimiter.sql})"
    return joined if delimiter.constant else f"CASE WHEN {delimiter.sql} IS NOT NULL THEN {joined} END"


def _slice(found: Fit) -> str:
    def body(array: str, start: str, length: str) -> str:
        first = f"CASE WHEN {start} < 0 THEN len({array}) + {start} + 1 ELSE {start} END"
        zero = failure(_INVALID, quoted("SQL array indices start at 1"), found.result)
        negative = failure(_INVALID, quoted("length must be greater than or equal to 0"), found.result)
        cut = f"list_slice({array}, {first}, {first} + {length} - 1)"
        return (
            f"CASE WHEN {start} = 0 THEN {zero} WHEN {length} < 0 THEN {negative} "
            f"WHEN {length} = 0 OR {first} <= 0 THEN CAST([] AS {types.duckdb_type(found.result)}) ELSE {cut} END"
        )

    return once_each([value.sql for value in found.values], body)


def _sequence(found: Fit) -> str:
    start, stop, *steps = (value.sql for value in found.values)

    def body(first: str, last: str, *given: str) -> str:
        step = given[0] if given else f"(CASE WHEN {first} <= {last} THEN 1 ELSE -1 END)"
        wrong = (
            "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise"
        )
        wrong += " stop should be less than or equal to start"
        many = f"result of sequence function must not have more than {MAX_SEQUENCE} entries"
        kind = types.array_of(types.BIGINT)
        return (
            f"CASE WHEN {step} = 0 OR ({step} > 0 AND {first} > {last}) OR ({step} < 0 AND {first} < {last}) "
            f"THEN {failure(_INVALID, quoted(wrong), kind)} "
            f"WHEN ({last} - {first}) // {step} >= {MAX_SEQUENCE} THEN {failure(_INVALID, quoted(many), kind)} "
            f"ELSE generate_series({first}, {last}, {step}) END"
        )

    return once_each([start, stop, *steps], body)


def _date_sequence(found: Fit) -> str:
    """Dates a day or a given interval apart."""
    start, stop, *steps = found.values
    if steps and steps[0].type == types.INTERVAL_YEAR:
        step = f"to_months({steps[0].sql})"
    elif steps:
        step = f"to_milliseconds({steps[0].sql})"
    else:
        step = "to_days(1)"
    forward = f"{start.sql} <= {stop.sql}"
    if steps:
        forward = f"({forward}) AND {steps[0].sql} > 0"
    problem = quoted("sequence of dates runs forward only in the local Athena, not from ")
    series = f"generate_series(CAST({start.sql} AS TIMESTAMP), CAST({stop.sql} AS TIMESTAMP), {step})"
    item = found.result.items[0]
    made = cast_to(series, types.array_of(types.TIMESTAMP))
    if item.kind == "date":
        name = fresh("q")
        made = f"list_transform({made}, lambda {name}: CAST({name} AS DATE))"
    fails = failure("NOT_SUPPORTED", f"{problem} || CAST({start.sql} AS VARCHAR)", found.result)
    return f"CASE WHEN {forward} THEN {made} WHEN {start.sql} IS NOT NULL AND {stop.sql} IS NOT NULL THEN {fails} END"


def _zip(found: Fit) -> Value:
    result = types.array_of(types.row_of(*(value.type.items[0] for value in found.values)))
    name = fresh("z")
    names = types.row_field_names(result.items[0])
    parts = ", ".join(f"{field} := struct_extract_at({name}, {index + 1})" for index, field in enumerate(names))
    zipped = f"list_zip({', '.join(value.sql for value in found.values)})"
    absent = " OR ".join(f"{value.sql} IS NULL" for value in found.values)
    sql = f"CASE WHEN {absent} THEN NULL ELSE list_transform({zipped}, lambda {name}: struct_pack({parts})) END"
    return made_of(sql, result, found.values)


def _repeat(found: Fit) -> str:
    item, count = (value.sql for value in found.values)
    name = fresh("r")
    many = failure(_INVALID, quoted("count argument of repeat function must be between 0 and 10000"), found.result)
    made = f"list_transform(range({count}), lambda {name}: {item})"
    return f"CASE WHEN {count} < 0 OR {count} > {MAX_SEQUENCE} THEN {many} WHEN {count} IS NOT NULL THEN {made} END"


ARRAYS: Table = {
    "all_match": one("array(T), function(T, boolean) -> boolean",
                     _matches("CASE WHEN {0} IS NULL THEN NULL WHEN list_contains({0}, false) THEN false "
                              "WHEN {null} THEN NULL ELSE true END")),
    "any_match": one("array(T), function(T, boolean) -> boolean",
                     _matches("CASE WHEN {0} IS NULL THEN NULL WHEN list_contains({0}, true) THEN true "
                              "WHEN {null} THEN NULL ELSE false END")),
    "array_distinct": one("array(E) -> array(E)", _distinct),
    "array_except": one("array(E), array(E) -> array(E)", _kept(present=False)),
    "array_intersect": one("array(E), array(E) -> array(E)", _kept(present=True)),
    "array_join": overloads(("array(T), varchar -> varchar", _join), ("array(T), varchar, varchar -> varchar", _join)),
    "array_max": one("array(O) -> O", _extreme("max")),
    "array_min": one("array(O) -> O", _extreme("min")),
    "array_position": one("array(O), O -> bigint",
                          "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL "
                          "THEN coalesce(list_position({0}, {1}), 0) END"),
    "array_remove": one("array(O), O -> array(O)",
                        "CASE WHEN {1} IS NOT NULL "
                        "THEN list_filter({0}, lambda _item: _item IS DISTINCT FROM {1}) END"),
    "array_sort": one("array(O) -> array(O)", "list_sort({0}, 'ASC', 'NULLS LAST')") + one(
        "array(T), function(T, T, integer) -> array(T)", sorted_by, paired=True),
    "array_union": one("array(E), array(E) -> array(E)", _union),
    "arrays_overlap": one("array(O), array(O) -> boolean", _overlap),
    "cardinality": overloads(("array(T) -> bigint", "CAST(len({0}) AS BIGINT)"),
                             ("map(K, V) -> bigint", "CAST(cardinality({0}) AS BIGINT)")),
    "contains": one("array(E), E -> boolean", _contains),
    "filter": one("array(T), function(T, boolean) -> array(T)", "list_filter({0}, {f1})"),
    "flatten": one("array(array(T)) -> array(T)", "flatten({0})"),
    "none_match": one("array(T), function(T, boolean) -> boolean",
                      _matches("CASE WHEN {0} IS NULL THEN NULL WHEN list_contains({0}, true) THEN false "
                               "WHEN {null} THEN NULL ELSE true END")),
    "repeat": one("T, bigint -> array(T)", _repeat),
    "reverse": overloads(("varchar -> varchar", "athena_reverse({0})"), ("array(T) -> array(T)", "list_reverse({0})")),
    "sequence": overloads(
        ("bigint, bigint -> array(bigint)", _sequence),
        ("bigint, bigint, bigint -> array(bigint)", _sequence),
        ("date, date -> array(date)", _date_sequence),
        *[(f"{kind}, {kind}, interval {step} -> array({kind})", _date_sequence)
          for kind in ("date", "timestamp") for step in ("day to second", "year to month")],
    ),
    "slice": one("array(T), bigint, bigint -> array(T)", _slice),
    "transform": one("array(T), function(T, U) -> array(U)", "list_transform({0}, {f1})"),
    "zip": one("array(T), array(U) -> array(row(T, U))", _zip) + one(
        "array(T), array(U), array(V) -> array(row(T, U, V))", _zip),
    "zip_with": one("array(T), array(U), function(T, U, R) -> array(R)",
                    "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN list_transform(list_zip({0}, {1}), {f2}) END",
                    paired=True),
}  # fmt: skip
