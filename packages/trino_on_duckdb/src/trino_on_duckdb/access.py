"""Names by parts, and the fields of rows."""

from __future__ import annotations

from trino_on_duckdb.coercions import field_of
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.values import Value


def parts_of(node: tree.Expression) -> list[tree.Identifier] | None:
    """The identifiers of ``a.b.c``, or None when the base is another expression."""
    if isinstance(node, tree.Identifier):
        return [node]
    if isinstance(node, tree.Dereference):
        base = parts_of(node.base)
        return None if base is None else [*base, node.field]
    return None


def row_field(base: Value, field: tree.Identifier) -> Value:
    """``base.field`` of a row."""
    wanted = field.value.lower()
    found = [index for index, name in enumerate(base.type.fields) if name is not None and name.lower() == wanted]
    if len(found) != 1:
        code, problem = ("AMBIGUOUS_NAME", "is ambiguous") if found else ("COLUMN_NOT_FOUND", "cannot be resolved")
        raise QueryError(code, f"{field.place}: Column '{field.value}' {problem}")
    return base.retyped(field_of(base.sql, found[0]), base.type.items[found[0]])


def row_subscript(base: Value, index: Value, place: tree.Place) -> Value:
    if not isinstance(index.literal, int) or not 1 <= index.literal <= len(base.type.items):
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"{place}: Subscript of a row must be a constant within its size")
    return base.retyped(field_of(base.sql, index.literal - 1), base.type.items[index.literal - 1])
