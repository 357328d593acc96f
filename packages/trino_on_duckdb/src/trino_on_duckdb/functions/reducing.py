"""``reduce(array, initial, (state, item) -> state, state -> result)``."""

from __future__ import annotations

from collections.abc import Sequence

from trino_on_duckdb import types
from trino_on_duckdb.coercions import can_coerce, coerce
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions.signatures import Argument, PendingLambda
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
