"""Arrays taken item by item: ``reduce(array, initial, (state, item) -> state, state -> result)``, and ``array_sort``
by a lambda that compares two items.
"""

from __future__ import annotations

from collections.abc import Sequence

from trino_on_duckdb import types
from trino_on_duckdb.coercions import can_coerce, coerce
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions.signatures import Argument, Fit, PendingLambda
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.values import Value, cast_to, fresh, made_of


def reduce_array(arguments: Sequence[Argument], node: tree.Call) -> Value:
    """The reduction; the state keeps the type of the initial value, as in Trino.

    list_reduce wants the state to be of the items' type, so both travel as the two fields of one struct.
    """
    match arguments:
        case [
            Value() as array,
            Value() as initial,
            PendingLambda(count=2) as step,
            PendingLambda(count=1) as finish,
        ] if array.type.kind == "array":
            pass
        case _:
            expected = "reduce(array(T), S, function(S, T, S), function(S, R))"
            raise QueryError(
                "FUNCTION_NOT_FOUND", f"{node.place}: Unexpected parameters for function reduce. Expected: {expected}"
            )
    state, item = initial.type, array.type.items[0]
    stepped = step.translate([state, item], True)
    if state.kind == "unknown" or not can_coerce(stepped.body.type, state):
        problem = f"reduce: the state is {state}, but the lambda gives {stepped.body.type}; cast the initial value"
        raise QueryError("FUNCTION_NOT_FOUND", f"{node.place}: {problem}")
    finished = finish.translate([state], False)
    both = types.row_of(state, item, fields=("s", "x"))
    no_state, no_item = cast_to("NULL", state), cast_to("NULL", item)
    each, state_so_far, current = fresh("i"), fresh("a"), fresh("b")
    items = f"list_transform({array.sql}, lambda {each}: struct_pack(s := {no_state}, x := {each}))"
    start = cast_to(f"struct_pack(s := {initial.sql}, x := {no_item})", both)
    pair = f"struct_pack(s := struct_extract({state_so_far}, 's'), x := struct_extract({current}, 'x'))"
    new_state = f"list_transform([{pair}], {stepped.head} {coerce(stepped.body, state).sql})[1]"
    new = cast_to(f"struct_pack(s := {new_state}, x := {no_item})", both)
    reduced = f"list_reduce({items}, lambda {state_so_far}, {current}: {new}, {start})"
    result = f"list_transform([struct_extract({reduced}, 's')], {finished.sql})[1]"
    sql = f"CASE WHEN {array.sql} IS NULL THEN NULL ELSE {result} END"
    return made_of(sql, finished.body.type, [array, initial, stepped.body, finished.body])


def sorted_by(found: Fit) -> str:
    """The items, each put before the first one so far that the lambda (-1, 0 or 1 of a pair) says is greater.

    DuckDB sorts by no function of ours; items that the lambda calls equal stay in their order.
    """
    array, compare, item = found.values[0].sql, found.lambdas[1], found.result.items[0]
    empty, no_item = cast_to("[]", found.result), cast_to("NULL", item)
    each, so_far, current, other, place = (fresh(letter) for letter in "iabop")
    items = f"list_transform({array}, lambda {each}: struct_pack(s := {empty}, x := {each}))"
    done, new = f"struct_extract({so_far}, 's')", f"struct_extract({current}, 'x')"
    before = f"list_transform([struct_pack(l := {new}, r := {other})], {compare.sql})[1] < 0"
    first = f"list_position(list_transform({done}, lambda {other}: {before}), true)"
    inserted = f"list_concat(list_append({done}[1:{place} - 1], {new}), {done}[{place}:])"
    chosen = f"CASE WHEN coalesce({place}, 0) = 0 THEN list_append({done}, {new}) ELSE {inserted} END"
    step = f"struct_pack(s := list_transform([{first}], lambda {place}: {chosen})[1], x := {no_item})"
    start = f"struct_pack(s := {empty}, x := {no_item})"
    reduced = f"list_reduce({items}, lambda {so_far}, {current}: {step}, {start})"
    return f"CASE WHEN {array} IS NULL THEN NULL ELSE struct_extract({reduced}, 's') END"
