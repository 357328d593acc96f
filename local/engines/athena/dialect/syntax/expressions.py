"""The grammar of expressions."""

from __future__ import annotations

from local.engines.athena.dialect.errors import QueryError
from local.engines.athena.dialect.syntax import tree
from local.engines.athena.dialect.syntax.type_names import TypeGrammar

COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
INTERVAL_UNITS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
CURRENT = ("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP")
NOT_DONE = (
    "CURRENT_CATALOG", "CURRENT_PATH", "CURRENT_ROLE", "CURRENT_SCHEMA", "CURRENT_USER", "NORMALIZE",
)  # fmt: skip
QUERY_STARTS = ("SELECT", "WITH", "VALUES", "TABLE")


class ExpressionGrammar(TypeGrammar):
    """``expression`` of SqlBase.g4."""

    def query(self) -> tree.Query:
        """A query; the grammar of queries, built on this one, says how it is written."""
        raise NotImplementedError

    def expression(self) -> tree.Expression:
        return self._logical("OR", lambda: self._logical("AND", self._negation))

    def _logical(self, word: str, term: object) -> tree.Expression:
        assert callable(term)  # noqa: S101
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

        return self.either(query, items) if self._at_query() else items()

    def _at_query(self) -> bool:
        count = 0
        while self.ahead(count).text == "(" and self.ahead(count).kind == "operator":
            count += 1
        return self.ahead(count).kind == "word" and self.ahead(count).text in QUERY_STARTS

    # values

    def value(self) -> tree.Expression:
        return self._left_associative(("||",), self._sum)

    def _sum(self) -> tree.Expression:
        return self._left_associative(("+", "-"), self._product)

    def _product(self) -> tree.Expression:
        return self._left_associative(("*", "/", "%"), self._signed)

    def _left_associative(self, operators: tuple[str, ...], operand: object) -> tree.Expression:
        assert callable(operand)  # noqa: S101
        left: tree.Expression = operand()
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

    # primary expressions

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
        return self.at("(") and self._at_query()

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
            return self._call(name)
        return name

    def _call(self, name: tree.Identifier) -> tree.Expression:
        place = name.place
        self.expect("(")
        if self.take("*"):
            self.expect(")")
            return self._call_ending(tree.Call(name.value.lower(), star=True, place=place))
        distinct = self.take("DISTINCT")
        if not distinct:
            self.take("ALL")
        arguments = () if self.at_any(")", "ORDER") else self.comma_separated(self.expression)
        order = self.order_by()
        self.expect(")")
        call = tree.Call(name.value.lower(), arguments, distinct=distinct, order=order, place=place)
        return self._call_ending(call)

    def _call_ending(self, call: tree.Call) -> tree.Expression:
        condition = None
        if self.take("FILTER", "("):
            self.expect("WHERE")
            condition = self.expression()
            self.expect(")")
        nulls = None
        for word in ("IGNORE", "RESPECT"):
            if self.take(word, "NULLS"):
                nulls = word.lower()
        over = None
        if nulls or self.at("OVER"):
            self.expect("OVER")
            over = tree.Window(base=self.name()) if not self.at("(") else self.window()
        return tree.Call(
            call.name, call.arguments, call.star, call.distinct, call.order, condition, nulls, over, place=call.place
        )

    # windows and order

    def order_by(self) -> tuple[tree.SortItem, ...]:
        return self.comma_separated(self._sort_item) if self.take("ORDER", "BY") else ()

    def _sort_item(self) -> tree.SortItem:
        place = self.place
        expression = self.expression()
        descending = self.take("DESC")
        if not descending:
            self.take("ASC")
        nulls_first = self.take("NULLS", "FIRST")
        if not nulls_first:
            self.take("NULLS", "LAST")
        return tree.SortItem(expression, descending, nulls_first, place=place)

    def window(self) -> tree.Window:
        place = self.place
        self.expect("(")
        base = None
        if self.at_name() and not self.at("PARTITION", "BY") and not self._at_frame():
            base = self.name()
        partition = self.comma_separated(self.expression) if self.take("PARTITION", "BY") else ()
        order = self.order_by()
        frame = self._frame() if self._at_frame() else None
        self.expect(")")
        return tree.Window(base, partition, order, frame, place=place)

    def _at_frame(self) -> bool:
        return self.at_any("ROWS", "RANGE", "GROUPS") and self.ahead(1).text not in (")", "PARTITION", "ORDER")

    def _frame(self) -> tree.Frame:
        place = self.place
        unit = self.advance().text.lower()
        if self.take("BETWEEN"):
            start = self._frame_bound()
            self.expect("AND")
            return tree.Frame(unit, start, self._frame_bound(), place=place)
        return tree.Frame(unit, self._frame_bound(), None, place=place)

    def _frame_bound(self) -> tree.FrameBound:
        place = self.place
        for kind in ("UNBOUNDED PRECEDING", "UNBOUNDED FOLLOWING", "CURRENT ROW"):
            if self.take(*kind.split()):
                return tree.FrameBound(kind.lower(), place=place)
        value = self.expression()
        for kind in ("PRECEDING", "FOLLOWING"):
            if self.take(kind):
                return tree.FrameBound(kind.lower(), value, place=place)
        raise self.stuck("'PRECEDING', 'FOLLOWING'")

    # expressions that start with a keyword; None where the word turns out to be a name

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

    def _position(self) -> tree.Expression | None:
        place = self.place
        if self.ahead(1).text != "(":
            return None
        self.advance(2)
        part = self.value()
        self.expect("IN")
        whole = self.value()
        self.expect(")")
        return tree.Call("strpos", (whole, part), place=place)

    def _trim(self) -> tree.Expression:
        place = self.place
        self.expect("TRIM", "(")
        side = "both"
        for word in ("LEADING", "TRAILING", "BOTH"):
            if self.at(word) and self.ahead(1).text not in (")", ","):
                side = self.advance().text.lower()
                break
        name = {"both": "trim", "leading": "ltrim", "trailing": "rtrim"}[side]
        characters = None if self.at("FROM") else self.value()
        if self.take("FROM"):
            arguments = (self.value(),) if characters is None else (self.value(), characters)
        elif characters is not None and self.take(","):
            arguments = (characters, self.value())
        elif characters is not None:
            arguments = (characters,)
        else:
            raise self.stuck("<expression>")
        self.expect(")")
        return tree.Call(name, arguments, place=place)

    def _substring(self) -> tree.Expression | None:
        place = self.place
        if self.ahead(1).text != "(":
            return None
        self.advance(2)
        arguments = [self.value()]
        if self.take("FROM"):
            arguments.append(self.value())
            if self.take("FOR"):
                arguments.append(self.value())
        else:
            while self.take(","):
                arguments.append(self.value())
        self.expect(")")
        return tree.Call("substring", tuple(arguments), place=place)

    def _grouping(self) -> tree.Expression:
        place = self.place
        self.expect("GROUPING", "(")
        arguments = () if self.at(")") else self.comma_separated(self.expression)
        self.expect(")")
        return tree.Call("grouping", arguments, place=place)

    def _listagg(self) -> tree.Expression:
        place = self.place
        self.expect("LISTAGG", "(")
        distinct = self.take("DISTINCT")
        if not distinct:
            self.take("ALL")
        text = self.expression()
        separator = tree.String(self.string() if self.take(",") else "", place=place)
        if self.at("ON"):
            raise self.refuse("ON OVERFLOW")
        self.expect(")", "WITHIN", "GROUP", "(")
        order = self.order_by()
        self.expect(")")
        return self._call_ending(tree.Call("listagg", (text, separator), distinct=distinct, order=order, place=place))

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
    "NULL": ExpressionGrammar._null,
    "TRUE": ExpressionGrammar._boolean,
    "FALSE": ExpressionGrammar._boolean,
    "INTERVAL": ExpressionGrammar._interval_or_name,
    "CASE": ExpressionGrammar._case,
    "CAST": ExpressionGrammar._cast,
    "TRY_CAST": ExpressionGrammar._cast,
    "EXTRACT": ExpressionGrammar._extract,
    "ARRAY": ExpressionGrammar._array,
    "ROW": ExpressionGrammar._row,
    "EXISTS": ExpressionGrammar._exists,
    "POSITION": ExpressionGrammar._position,
    "TRIM": ExpressionGrammar._trim,
    "SUBSTRING": ExpressionGrammar._substring,
    "GROUPING": ExpressionGrammar._grouping,
    "LISTAGG": ExpressionGrammar._listagg,
    **dict.fromkeys(CURRENT, ExpressionGrammar._current),
    **dict.fromkeys(NOT_DONE, ExpressionGrammar._not_done),
}
