"""Expressions in DuckDB's SQL, each with its Trino type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trino_on_duckdb import arithmetic, comparisons, literals, subqueries, types
from trino_on_duckdb.access import parts_of, row_field, row_subscript
from trino_on_duckdb.casts import cast, try_cast
from trino_on_duckdb.coercions import coerce, common_of
from trino_on_duckdb.conjunctions import filtering, joined
from trino_on_duckdb.context import Context, Rendered
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions import calls
from trino_on_duckdb.functions.signatures import LambdaText, PendingLambda
from trino_on_duckdb.functions.time_fields import extract
from trino_on_duckdb.patterns import like_pattern
from trino_on_duckdb.scopes import Field, Scope
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, fresh, made_of, once
from trino_on_duckdb.wall_clocks import instant
from trino_on_duckdb.zones import zone_named


@dataclass(frozen=True)
class Expressions:
    """Translates the expressions of one level of a query.

    ``aggregate`` and ``window`` write those calls where the level has them; None refuses them, and ``clause`` says
    where it was. ``known`` gives the value of an expression that is a grouping key.
    """

    context: Context
    scope: Scope
    clause: str
    aggregate: Callable[[tree.Call], Value] | None = None
    window: Callable[[tree.Call], Value] | None = None
    known: Callable[[tree.Expression], Value | None] | None = None

    def value(self, node: tree.Expression) -> Value:
        """The expression; QueryError when Trino would refuse it, or when it cannot be done rightly."""
        if self.known is not None:
            found = self.known(node)
            if found is not None:
                return found
        writer = _WRITERS.get(type(node))
        if writer is None:
            raise QueryError("NOT_SUPPORTED", f"{node.place}: {type(node).__name__} is not allowed in {self.clause}")
        found = writer(self, node)
        if found.type.kind == "char":
            raise QueryError(
                "NOT_SUPPORTED", f"{node.place}: Values of type {found.type} are not supported by the local Athena"
            )
        return found

    def values(self, nodes: Sequence[tree.Expression]) -> list[Value]:
        return [self.value(node) for node in nodes]

    def condition(self, node: tree.Expression) -> Value:
        """A boolean expression."""
        found = self.value(node)
        if found.type.kind not in ("boolean", "unknown"):
            problem = f"{self.clause} must evaluate to a boolean: actual type {found.type}"
            raise QueryError("TYPE_MISMATCH", f"{node.place}: {problem}")
        return coerce(found, types.BOOLEAN)

    def filter(self, node: tree.Expression) -> str:
        """A condition that rows must meet, as text."""
        terms = node.terms if isinstance(node, tree.Logical) and node.operator == "and" else (node,)
        return filtering([self.condition(term).sql for term in terms])

    def query(self, query: tree.Query) -> Rendered:
        """A query inside the expression, which may use this level's names."""
        return self.context.render_query(query, self.context, self.scope)

    # names

    def _identifier(self, node: tree.Identifier) -> Value:
        found = self.scope.find([node.value.lower()], node.place)
        if found is None:
            raise QueryError("COLUMN_NOT_FOUND", f"{node.place}: Column '{node.value}' cannot be resolved")
        return found

    def _dereference(self, node: tree.Dereference) -> Value:
        parts = parts_of(node)
        if parts is not None:
            found = self.scope.find([part.value.lower() for part in parts], node.place)
            if found is not None:
                return found
            if self.scope.find([parts[0].value.lower()], node.place) is None and len(parts) == 2:
                written = ".".join(part.value for part in parts)
                raise QueryError("COLUMN_NOT_FOUND", f"{node.place}: Column '{written}' cannot be resolved")
        base = self.value(node.base)
        if base.type.kind != "row":
            raise QueryError("TYPE_MISMATCH", f"{node.place}: Expression is not of type ROW: {base.type}")
        return row_field(base, node.field)

    def _subscript(self, node: tree.Subscript) -> Value:
        base, index = self.value(node.base), self.value(node.index)
        if base.type.kind == "row":
            return row_subscript(base, index, node.place)
        return calls.subscript(base, index, node.place)

    # literals

    def _current_time(self, node: tree.CurrentTime) -> Value:
        return literals.current_time(node, self.context.session.now)

    # operators

    def _negative(self, node: tree.Negative) -> Value:
        if isinstance(node.operand, tree.Integer):
            return literals.integer(replace(node.operand, value=-node.operand.value))
        return arithmetic.negative(self.value(node.operand), node.place)

    def _arithmetic(self, node: tree.Arithmetic) -> Value:
        return arithmetic.arithmetic(node.operator, self.value(node.left), self.value(node.right), node.place)

    def _at_time_zone(self, node: tree.AtTimeZone) -> Value:
        operand = self.value(node.operand)
        if not isinstance(node.zone, tree.String):
            raise QueryError(
                "NOT_SUPPORTED", f"{node.place}: AT TIME ZONE INTERVAL is not supported by the local Athena"
            )
        if operand.type.kind not in ("timestamp", "timestamp with time zone"):
            raise QueryError(
                "TYPE_MISMATCH", f"{node.place}: Type of value must be a time or timestamp: {operand.type}"
            )
        zone = zone_named(node.zone.value)
        # a timestamp without a zone is first taken in the session's zone, UTC
        moment = instant(operand.sql, operand.type)
        return operand.retyped(moment, types.timestamp_of(operand.type.size or 0, zone))

    def _comparison(self, node: tree.Comparison) -> Value:
        return comparisons.compare(node.operator, self.value(node.left), self.value(node.right), node.place)

    def _distinct_from(self, node: tree.DistinctFrom) -> Value:
        return comparisons.distinct_from(self.value(node.left), self.value(node.right), node.place)

    def _not(self, node: tree.Not) -> Value:
        operand = self.condition(node.operand)
        return made_of(f"(NOT {operand.sql})", types.BOOLEAN, [operand])

    def _logical(self, node: tree.Logical) -> Value:
        terms = [self.condition(term) for term in node.terms]
        return made_of(joined(node.operator, [term.sql for term in terms]), types.BOOLEAN, terms)

    def _between(self, node: tree.Between) -> Value:
        operand, low, high = self.values([node.operand, node.low, node.high])

        def body(name: str) -> str:
            named = replace(operand, sql=name)
            above = comparisons.compare(">=", named, low, node.place)
            below = comparisons.compare("<=", named, high, node.place)
            return f"({above.sql} AND {below.sql})"

        return made_of(once(operand.sql, body), types.BOOLEAN, [operand, low, high])

    def _in_list(self, node: tree.InList) -> Value:
        return comparisons.in_list(self.value(node.operand), self.values(node.items), node.place)

    def _like(self, node: tree.Like) -> Value:
        operand, pattern = self.value(node.operand), self.value(node.pattern)
        escape = self.value(node.escape) if node.escape is not None else None
        for each in (operand, pattern, *([escape] if escape else [])):
            if each.type.kind not in ("varchar", "unknown"):
                problem = f"LIKE expression must evaluate to a varchar (actual: {each.type})"
                raise QueryError("TYPE_MISMATCH", f"{node.place}: {problem}")
        parts = [operand, pattern, *([escape] if escape else [])]
        texts = [coerce(each, types.VARCHAR).sql for each in parts[:2]]
        return made_of(f"({texts[0]} LIKE {texts[1]}{like_pattern(pattern, escape)})", types.BOOLEAN, parts)

    def _is_null(self, node: tree.IsNull) -> Value:
        operand = self.value(node.operand)
        return made_of(f"({operand.sql} IS NULL)", types.BOOLEAN, [operand])

    def _case(self, node: tree.Case) -> Value:
        if node.operand is not None:
            return self._simple_case(node, self.value(node.operand))
        conditions = [self.condition(condition) for condition, _ in node.whens]
        return self._case_of(conditions, node)

    def _simple_case(self, node: tree.Case, operand: Value) -> Value:
        whens = self.values([condition for condition, _ in node.whens])
        if operand.volatile:
            raise QueryError(
                "NOT_SUPPORTED", f"{node.place}: CASE of a random value is not supported by the local Athena"
            )
        return self._case_of([comparisons.compare("=", operand, when, node.place) for when in whens], node)

    def _case_of(self, conditions: list[Value], node: tree.Case) -> Value:
        results = self.values([result for _, result in node.whens])
        if node.default is not None:
            results.append(self.value(node.default))
        common_type = common_of(results)
        if common_type is None:
            raise QueryError("TYPE_MISMATCH", f"{node.place}: All CASE results must be the same type")
        texts = [coerce(result, common_type).sql for result in results]
        whens = " ".join(f"WHEN {c.sql} THEN {t}" for c, t in zip(conditions, texts, strict=False))
        default = f" ELSE {texts[-1]}" if node.default is not None else ""
        sql = f"CASE {whens}{default} END"
        return made_of(sql, common_type, [*conditions, *results])

    def _cast(self, node: tree.Cast) -> Value:
        operand = self.value(node.operand)
        target = types.from_name(node.type)
        if isinstance(node.operand, tree.String) and target.kind == "timestamp with time zone":
            return literals.zoned_text(node, target)
        try:
            return (try_cast if node.safe else cast)(operand, target)
        except QueryError as error:
            raise QueryError(error.code, f"{node.place}: {error.message}") from error

    def _extract(self, node: tree.Extract) -> Value:
        return extract(node.field, self.value(node.operand), node.place)

    def _array(self, node: tree.ArrayOf) -> Value:
        items = self.values(node.items)
        item = common_of(items)
        if item is None:
            kinds = ", ".join(str(each.type) for each in items)
            raise QueryError("TYPE_MISMATCH", f"{node.place}: All ARRAY elements must be the same type: {kinds}")
        type_ = types.array_of(item)
        texts = ", ".join(coerce(each, item).sql for each in items)
        return made_of(f"CAST([{texts}] AS {types.duckdb_type(type_)})", type_, items)

    def _row(self, node: tree.RowOf) -> Value:
        items = self.values(node.items)
        type_ = types.row_of(*(item.type for item in items))
        names = types.row_field_names(type_)
        parts = ", ".join(f"{name} := {item.sql}" for name, item in zip(names, items, strict=True))
        return made_of(f"struct_pack({parts})", type_, items)

    # calls

    def _call(self, node: tree.Call) -> Value:
        return calls.call(self, node)

    def argument(self, node: tree.Expression) -> Value | PendingLambda:
        """A function's argument, which may be a lambda."""
        return self.pending(node) if isinstance(node, tree.Lambda) else self.value(node)

    def pending(self, node: tree.Lambda) -> PendingLambda:
        """A lambda, translated once the types of its parameters are known."""

        def translate(given: Sequence[Type], paired: bool) -> LambdaText:
            names = [fresh("l") for _ in ([0] if paired else node.parameters)]
            texts = [f"struct_extract_at({names[0]}, {i + 1})" for i in range(len(given))] if paired else names
            fields = tuple(
                Field(parameter.value, Value(text, type_))
                for parameter, text, type_ in zip(node.parameters, texts, given, strict=True)
            )
            inner = replace(self, scope=Scope(fields, self.scope), aggregate=None, window=None, clause="a lambda")
            return LambdaText(f"lambda {', '.join(names)}:", inner.value(node.body))

        return PendingLambda(len(node.parameters), translate)


_WRITERS: dict[type[tree.Expression], Callable[[Expressions, Any], Value]] = {
    tree.Null: lambda _, node: literals.null(node),
    tree.Boolean: lambda _, node: literals.boolean(node),
    tree.String: lambda _, node: literals.string(node),
    tree.Binary: lambda _, node: literals.binary(node),
    tree.Integer: lambda _, node: literals.integer(node),
    tree.Decimal: lambda _, node: literals.decimal(node),
    tree.Double: lambda _, node: literals.double(node),
    tree.Typed: lambda _, node: literals.typed(node),
    tree.Interval: lambda _, node: literals.interval(node),
    tree.CurrentTime: Expressions._current_time,
    tree.Identifier: Expressions._identifier,
    tree.Dereference: Expressions._dereference,
    tree.Subscript: Expressions._subscript,
    tree.Negative: Expressions._negative,
    tree.Arithmetic: Expressions._arithmetic,
    tree.AtTimeZone: Expressions._at_time_zone,
    tree.Comparison: Expressions._comparison,
    tree.Quantified: subqueries.quantified,
    tree.DistinctFrom: Expressions._distinct_from,
    tree.Not: Expressions._not,
    tree.Logical: Expressions._logical,
    tree.Between: Expressions._between,
    tree.InList: Expressions._in_list,
    tree.InQuery: subqueries.in_query,
    tree.Like: Expressions._like,
    tree.IsNull: Expressions._is_null,
    tree.Exists: subqueries.exists,
    tree.ScalarQuery: subqueries.scalar_query,
    tree.Case: Expressions._case,
    tree.Cast: Expressions._cast,
    tree.Extract: Expressions._extract,
    tree.ArrayOf: Expressions._array,
    tree.RowOf: Expressions._row,
    tree.Call: Expressions._call,
}
