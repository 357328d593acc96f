"""The grammar of primary expressions: what stands without an operator."""

from __future__ import annotations

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.syntax.calls import CallGrammar

INTERVAL_UNITS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
CURRENT = ("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP")
NOT_DONE = (
    "CURRENT_CATALOG", "CURRENT_PATH", "CURRENT_ROLE", "CURRENT_SCHEMA", "CURRENT_USER", "NORMALIZE",
)  # fmt: skip
QUERY_STARTS = ("SELECT", "WITH", "VALUES", "TABLE")


class PrimaryGrammar(CallGrammar):
    """``primaryExpression`` of SqlBase.g4."""

    def at_query(self) -> bool:
        count = 0
        while self.ahead(count).text == "(" and self.ahead(count).kind == "operator":
            count += 1
        return self.ahead(count).kind == "word" and self.ahead(count).text in QUERY_STARTS

    def primary(self) -> tree.Expression:
        found = self._primary()
        while True:
            if self.take("["):
                index = self.value()
                self.expect("]")
                found = tree.Subscript(found, index, place=found.place)
            elif self.at(".") and self.ahead(1).text != "*":
                self.advance()
                found = tree.Dereference(found, self.name(), place=found.place)
            else:
                return found

    def _primary(self) -> tree.Expression:
        token, place = self.token, self.place
        match token.kind:
            case "integer":
                return tree.Integer(int(self.advance().text), place=place)
            case "decimal":
                return tree.Decimal(self.advance().text, place=place)
            case "double":
                return tree.Double(self.advance().text, place=place)
            case "string":
                return tree.String(self.advance().text, place=place)
            case "binary":
                return self._binary()
            case "unicode":
                raise self.refuse("a U&'…' string")
            case "operator":
                return self._parenthesized_or_parameter()
            case "word" if token.text in KEYWORD_EXPRESSIONS:
                found = KEYWORD_EXPRESSIONS[token.text](self)
                if found is not None:
                    return found
            case _:
                pass
        return self._named()

    def _binary(self) -> tree.Expression:
        token = self.advance()
        text = "".join(token.text.split())
        try:
            return tree.Binary(bytes.fromhex(text), place=token.place)
        except ValueError as error:
            problem = "Binary literal must contain an even number of hex digits"
            raise QueryError("SYNTAX_ERROR", f"{token.place}: {problem}") from error

    def _parenthesized_or_parameter(self) -> tree.Expression:
        place = self.place
        if self.take("?"):
            if self.parameters_used >= len(self.parameters):
                count = len(self.parameters)
                raise QueryError(
                    "INVALID_PARAMETER_USAGE", f"{place}: Incorrect number of parameters: found {count}, expected more"
                )
            self.parameters_used += 1
            return self.parameters[self.parameters_used - 1]
        if not self.at("("):
            raise self.stuck("<expression>")
        if self._at_lambda():
            return self._lambda()
        return self.either(self._scalar_query, self._grouped) if self._at_parenthesized_query() else self._grouped()

    def _at_parenthesized_query(self) -> bool:
        return self.at("(") and self.at_query()

    def _scalar_query(self) -> tree.Expression:
        place = self.place
        self.expect("(")
        query = self.query()
        self.expect(")")
        return tree.ScalarQuery(query, place=place)

    def _grouped(self) -> tree.Expression:
        place = self.place
        self.expect("(")
        items = self.comma_separated(self.expression)
        self.expect(")")
        return items[0] if len(items) == 1 else tree.RowOf(items, place=place)

    def _at_lambda(self) -> bool:
        count = 1
        while self.ahead(count).kind in ("word", "quoted") or self.ahead(count).text == ",":
            count += 1
        return self.ahead(count).text == ")" and self.ahead(count + 1).text == "->"

    def _lambda(self) -> tree.Expression:
        place = self.place
        self.expect("(")
        parameters = () if self.at(")") else self.comma_separated(self.name)
        self.expect(")", "->")
        return tree.Lambda(parameters, self.expression(), place=place)

    def _named(self) -> tree.Expression:
        """A lambda of one parameter, a typed literal, a call or a column."""
        place = self.place
        if self.at_name() and self.ahead(1).text == "->" and self.ahead(1).kind == "operator":
            parameter = self.name()
            self.expect("->")
            return tree.Lambda((parameter,), self.expression(), place=place)
        if self.token.kind == "word" and self.at_name() and self.ahead(1).kind == "string":
            type_name = tree.TypeName(self.name().value.lower(), place=place)
            return tree.Typed(type_name, self.string(), place=place)
        if self.at("DOUBLE", "PRECISION") and self.ahead(2).kind == "string":
            self.advance(2)
            return tree.Typed(tree.TypeName("double", place=place), self.string(), place=place)
        name = self.name()
        if self.at("("):
            return self.call(name)
        return name

    def _interval(self) -> tree.Expression:
        place = self.place
        sign = -1 if self.take("-") else 1
        self.take("+")
        text = self.string()
        units = [self._unit()]
        if self.take("TO"):
            units.append(self._unit())
        return tree.Interval(sign, text, *units, place=place)

    def _unit(self) -> str:
        if not self.at_any(*INTERVAL_UNITS):
            raise self.stuck(", ".join(f"'{unit}'" for unit in INTERVAL_UNITS))
        return self.advance().text.lower()

    def _interval_or_name(self) -> tree.Expression | None:
        following = self.ahead(1)
        if following.kind == "string" or (following.text in ("+", "-") and self.ahead(2).kind == "string"):
            self.advance()
            return self._interval()
        return None

    def _case(self) -> tree.Expression:
        place = self.place
        self.expect("CASE")
        operand = None if self.at("WHEN") else self.expression()
        whens = []
        while self.take("WHEN"):
            condition = self.expression()
            self.expect("THEN")
            whens.append((condition, self.expression()))
        if not whens:
            raise self.stuck("'WHEN'")
        default = self.expression() if self.take("ELSE") else None
        self.expect("END")
        return tree.Case(operand, tuple(whens), default, place=place)

    def _cast(self) -> tree.Expression | None:
        place = self.place
        if self.ahead(1).text != "(":
            return None
        safe = self.advance().text == "TRY_CAST"
        self.expect("(")
        operand = self.expression()
        self.expect("AS")
        type_name = self.type_name()
        self.expect(")")
        return tree.Cast(operand, type_name, safe, place=place)

    def _extract(self) -> tree.Expression:
        place = self.place
        self.expect("EXTRACT", "(")
        field = self.name().value.lower()
        self.expect("FROM")
        operand = self.value()
        self.expect(")")
        return tree.Extract(field, operand, place=place)

    def _array(self) -> tree.Expression | None:
        place = self.place
        if self.ahead(1).text != "[":
            return None
        self.advance(2)
        items = () if self.at("]") else self.comma_separated(self.expression)
        self.expect("]")
        return tree.ArrayOf(items, place=place)

    def _row(self) -> tree.Expression | None:
        place = self.place
        if self.ahead(1).text != "(":
            return None
        self.advance(2)
        items = self.comma_separated(self.expression)
        self.expect(")")
        return tree.RowOf(items, place=place)

    def _exists(self) -> tree.Expression:
        place = self.place
        self.expect("EXISTS", "(")
        query = self.query()
        self.expect(")")
        return tree.Exists(query, place=place)

    def _current(self) -> tree.Expression:
        place = self.place
        kind = self.advance().text.lower()
        precision = None
        if kind != "current_date" and self.take("("):
            precision = self.integer()
            self.expect(")")
        return tree.CurrentTime(kind, precision, place=place)

    def _null(self) -> tree.Expression:
        return tree.Null(place=self.advance().place)

    def _boolean(self) -> tree.Expression:
        token = self.advance()
        return tree.Boolean(token.text == "TRUE", place=token.place)

    def _not_done(self) -> tree.Expression:
        raise self.refuse(self.token.text)


KEYWORD_EXPRESSIONS = {
    "NULL": PrimaryGrammar._null,
    "TRUE": PrimaryGrammar._boolean,
    "FALSE": PrimaryGrammar._boolean,
    "INTERVAL": PrimaryGrammar._interval_or_name,
    "CASE": PrimaryGrammar._case,
    "CAST": PrimaryGrammar._cast,
    "TRY_CAST": PrimaryGrammar._cast,
    "EXTRACT": PrimaryGrammar._extract,
    "ARRAY": PrimaryGrammar._array,
    "ROW": PrimaryGrammar._row,
    "EXISTS": PrimaryGrammar._exists,
    "POSITION": PrimaryGrammar._position,
    "TRIM": PrimaryGrammar._trim,
    "SUBSTRING": PrimaryGrammar._substring,
    "GROUPING": PrimaryGrammar._grouping,
    "LISTAGG": PrimaryGrammar._listagg,
    **dict.fromkeys(CURRENT, PrimaryGrammar._current),
    **dict.fromkeys(NOT_DONE, PrimaryGrammar._not_done),
}
