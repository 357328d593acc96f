"""The grammar of expressions: operators over primary expressions."""

from __future__ import annotations

from collections.abc import Callable

from trino_on_duckdb.syntax import tree
from trino_on_duckdb.syntax.primaries import PrimaryGrammar

COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")


class ExpressionGrammar(PrimaryGrammar):
    """``expression`` of SqlBase.g4."""

    def expression(self) -> tree.Expression:
        return self._logical("OR", lambda: self._logical("AND", self._negation))

    def _logical(self, word: str, term: Callable[[], tree.Expression]) -> tree.Expression:
        place = self.place
        terms = [term()]
        while self.take(word):
            terms.append(term())
        return terms[0] if len(terms) == 1 else tree.Logical(word.lower(), tuple(terms), place=place)

    def _negation(self) -> tree.Expression:
        place = self.place
        if self.take("NOT"):
            return tree.Not(self._negation(), place=place)
        return self._predicate(self.value())

    def _predicate(self, left: tree.Expression) -> tree.Expression:
        place = left.place
        for operator in COMPARISONS:
            if self.at(operator):
                self.advance()
                return self._comparison("<>" if operator == "!=" else operator, left)
        if self.take("IS"):
            negated = self.take("NOT")
            found: tree.Expression
            if self.take("NULL"):
                found = tree.IsNull(left, place=place)
            else:
                self.expect("DISTINCT", "FROM")
                found = tree.DistinctFrom(left, self.value(), place=place)
            return tree.Not(found, place=place) if negated else found
        negated = self.at("NOT") and self.ahead(1).text in ("BETWEEN", "IN", "LIKE") and self.take("NOT")
        if self.take("BETWEEN"):
            low = self.value()
            self.expect("AND")
            found = tree.Between(left, low, self.value(), place=place)
        elif self.take("IN"):
            found = self._in(left)
        elif self.take("LIKE"):
            pattern = self.value()
            found = tree.Like(left, pattern, self.value() if self.take("ESCAPE") else None, place=place)
        else:
            return left
        return tree.Not(found, place=place) if negated else found

    def _comparison(self, operator: str, left: tree.Expression) -> tree.Expression:
        place = left.place
        if self.at_any("ALL", "ANY", "SOME") and self.ahead(1).text == "(":
            quantifier = self.advance().text.lower()
            self.expect("(")
            query = self.query()
            self.expect(")")
            return tree.Quantified(operator, "any" if quantifier == "some" else quantifier, left, query, place=place)
        return tree.Comparison(operator, left, self.value(), place=place)

    def _in(self, left: tree.Expression) -> tree.Expression:
        self.expect("(")

        def query() -> tree.Expression:
            found = tree.InQuery(left, self.query(), place=left.place)
            self.expect(")")
            return found

        def items() -> tree.Expression:
            found = tree.InList(left, self.comma_separated(self.expression), place=left.place)
            self.expect(")")
            return found

        return self.either(query, items) if self.at_query() else items()

    def value(self) -> tree.Expression:
        return self._left_associative(("||",), self._sum)

    def _sum(self) -> tree.Expression:
        return self._left_associative(("+", "-"), self._product)

    def _product(self) -> tree.Expression:
        return self._left_associative(("*", "/", "%"), self._signed)

    def _left_associative(self, operators: tuple[str, ...], operand: Callable[[], tree.Expression]) -> tree.Expression:
        left = operand()
        while self.at_any(*operators):
            operator = self.advance().text
            left = tree.Arithmetic(operator, left, operand(), place=left.place)
        return left

    def _signed(self) -> tree.Expression:
        place = self.place
        if self.take("-"):
            return tree.Negative(self._signed(), place=place)
        if self.take("+"):
            return self._signed()
        found = self.primary()
        while self.take("AT", "TIME", "ZONE"):
            zone = self._interval() if self.take("INTERVAL") else tree.String(self.string(), place=place)
            found = tree.AtTimeZone(found, zone, place=found.place)
        return found
