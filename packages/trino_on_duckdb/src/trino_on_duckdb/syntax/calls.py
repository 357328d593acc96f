"""The grammar of calls, windows and orders."""

from __future__ import annotations

from dataclasses import replace

from trino_on_duckdb.syntax import tree
from trino_on_duckdb.syntax.type_names import TypeGrammar

NOT_DONE_CALLS = ("json_array", "json_exists", "json_object", "json_query", "json_value")
"""Calls whose arguments have words of their own (``json_value(j, 'lax $.a' RETURNING integer)``)."""


class CallGrammar(TypeGrammar):
    """``functionCall`` of SqlBase.g4 and the calls with a syntax of their own; the grammars built on it say what an
    expression and a query are."""

    def expression(self) -> tree.Expression:
        raise NotImplementedError

    def value(self) -> tree.Expression:
        """An expression without comparisons or logic."""
        raise NotImplementedError

    def query(self) -> tree.Query:
        raise NotImplementedError

    def call(self, name: tree.Identifier) -> tree.Expression:
        place = name.place
        if name.value.lower() in NOT_DONE_CALLS:
            raise self.refuse(f"Function {name.value.lower()}")
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
        return replace(call, filter=condition, nulls=nulls, over=over)

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
