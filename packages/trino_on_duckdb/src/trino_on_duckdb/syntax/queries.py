"""The grammar of queries."""

from __future__ import annotations

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.syntax.expressions import ExpressionGrammar

NOT_DONE_AFTER_TABLE = ("FOR", "TABLESAMPLE", "MATCH_RECOGNIZE")


class QueryGrammar(ExpressionGrammar):
    """``query`` of SqlBase.g4."""

    def query(self) -> tree.Query:
        place, start = self.place, self.token.start
        named: tuple[tree.NamedQuery, ...] = ()
        if self.take("WITH"):
            if self.at("RECURSIVE"):
                raise self.refuse("WITH RECURSIVE")
            named = self.comma_separated(self._named_query)
        body = self._term()
        order = self.order_by()
        offset = None
        if self.take("OFFSET"):
            offset = self._row_count()
            self._rows()
        limit, ties = self._limit()
        text = self.sql[start : self.ahead(-1).stop]
        return tree.Query(body, named, order, offset, limit, ties, text, place=place)

    def _named_query(self) -> tree.NamedQuery:
        name = self.name()
        columns = self.names() if self.at("(") else ()
        self.expect("AS", "(")
        query = self.query()
        self.expect(")")
        return tree.NamedQuery(name, columns, query, place=name.place)

    def _row_count(self) -> tree.Expression:
        if self.token.kind != "integer" and not self.at("?"):
            raise self.stuck("<integer>")
        return self.primary()

    def _rows(self) -> bool:
        return self.take("ROWS") or self.take("ROW")

    def _limit(self) -> tuple[tree.Expression | None, bool]:
        if self.take("LIMIT"):
            return (None, False) if self.take("ALL") else (self._row_count(), False)
        if not self.take("FETCH"):
            return None, False
        if not self.take("FIRST"):
            self.expect("NEXT")
        limit = tree.Integer(1, place=self.place) if self.at_any("ROW", "ROWS") else self._row_count()
        if not self._rows():
            raise self.stuck("'ROW', 'ROWS'")
        if self.take("WITH", "TIES"):
            return limit, True
        self.expect("ONLY")
        return limit, False

    # bodies

    def _term(self) -> tree.Body:
        left = self._intersection()
        while self.at_any("UNION", "EXCEPT"):
            operator = self.advance().text.lower()
            distinct = self._set_quantifier()
            left = tree.SetOperation(operator, distinct, left, self._intersection(), place=left.place)
        return left

    def _intersection(self) -> tree.Body:
        left = self._primary_query()
        while self.take("INTERSECT"):
            distinct = self._set_quantifier()
            left = tree.SetOperation("intersect", distinct, left, self._primary_query(), place=left.place)
        return left

    def _set_quantifier(self) -> bool:
        if self.take("ALL"):
            return False
        self.take("DISTINCT")
        return True

    def _primary_query(self) -> tree.Body:
        place = self.place
        if self.at("SELECT"):
            return self._select()
        if self.take("VALUES"):
            return tree.Values(self.comma_separated(self.expression), place=place)
        if self.take("TABLE"):
            return tree.Table(self.qualified_name(), place=place)
        if self.take("("):
            query = self.query()
            self.expect(")")
            return query
        raise self.stuck("'(', 'SELECT', 'TABLE', 'VALUES', 'WITH'")

    def _select(self) -> tree.Select:
        place = self.place
        self.expect("SELECT")
        distinct = self.take("DISTINCT")
        if not distinct:
            self.take("ALL")
        items = self.comma_separated(self._item)
        relation = self._from() if self.take("FROM") else None
        where = self.expression() if self.take("WHERE") else None
        group, group_distinct = self._group() if self.take("GROUP", "BY") else (None, False)
        having = self.expression() if self.take("HAVING") else None
        windows = self.comma_separated(self._named_window) if self.take("WINDOW") else ()
        return tree.Select(items, distinct, relation, where, group, group_distinct, having, windows, place=place)

    def _item(self) -> tree.SelectItem | tree.AllColumns:
        place = self.place
        if self.take("*"):
            return tree.AllColumns(place=place)
        expression = self.expression()
        if self.take(".", "*"):
            return tree.AllColumns(expression, self.names() if self.take("AS") else (), place=place)
        alias = self.name() if self.take("AS") or self.at_alias() else None
        return tree.SelectItem(expression, alias, place=place)

    def _named_window(self) -> tuple[tree.Identifier, tree.Window]:
        name = self.name()
        self.expect("AS")
        return name, self.window()

    # grouping

    def _group(self) -> tuple[tuple[tree.GroupingElement, ...], bool]:
        distinct = self.take("DISTINCT")
        if not distinct:
            self.take("ALL")
        return self.comma_separated(self._grouping_element), distinct

    def _grouping_element(self) -> tree.GroupingElement:
        place = self.place
        for word in ("ROLLUP", "CUBE"):
            if self.take(word):
                self.expect("(")
                items = () if self.at(")") else self.comma_separated(self.expression)
                self.expect(")")
                return tree.GroupingElement(word.lower(), tuple((item,) for item in items), place=place)
        if self.take("GROUPING", "SETS"):
            self.expect("(")
            sets = self.comma_separated(self._grouping_set)
            self.expect(")")
            return tree.GroupingElement("sets", sets, place=place)
        return tree.GroupingElement("simple", (self._grouping_set(),), place=place)

    def _grouping_set(self) -> tuple[tree.Expression, ...]:
        if self.take("(", ")"):
            return ()
        bare_row = self.at("(")
        found = self.expression()
        return found.items if bare_row and isinstance(found, tree.RowOf) else (found,)

    # relations

    def _from(self) -> tree.RelationNode:
        left = self._relation()
        while self.take(","):
            left = tree.Join("cross", left, self._relation(), place=left.place)
        return left

    def _relation(self) -> tree.RelationNode:
        left = self._aliased()
        while True:
            if self.take("CROSS", "JOIN"):
                left = tree.Join("cross", left, self._aliased(), place=left.place)
                continue
            if self.at("NATURAL"):
                raise self.refuse("NATURAL JOIN")
            kind = self._join_kind()
            if kind is None:
                return left
            right = self._relation()
            if self.take("USING"):
                left = tree.Join(kind, left, right, using=self.names(), place=left.place)
            else:
                self.expect("ON")
                left = tree.Join(kind, left, right, on=self.expression(), place=left.place)

    def _join_kind(self) -> str | None:
        if self.take("JOIN"):
            return "inner"
        for word in ("INNER", "LEFT", "RIGHT", "FULL"):
            if self.take(word):
                if word != "INNER":
                    self.take("OUTER")
                self.expect("JOIN")
                return word.lower()
        return None

    def _aliased(self) -> tree.RelationNode:
        relation = self._primary_relation()
        if self.at_any(*NOT_DONE_AFTER_TABLE) and self.ahead(1).kind != "end":
            raise self._not_done_after_table()
        if not self.take("AS") and not self.at_alias():
            return relation
        alias = self.name()
        columns = self.names() if self.at("(") else ()
        if self.at_any(*NOT_DONE_AFTER_TABLE):
            raise self._not_done_after_table()
        return tree.Aliased(relation, alias, columns, place=relation.place)

    def _not_done_after_table(self) -> QueryError:
        word = self.token.text
        return self.refuse(f"{word} {self.ahead(1).text} AS OF" if word == "FOR" else word)

    def _primary_relation(self) -> tree.RelationNode:
        place = self.place
        if self.take("UNNEST", "("):
            expressions = self.comma_separated(self.expression)
            self.expect(")")
            return tree.Unnest(expressions, self.take("WITH", "ORDINALITY"), place=place)
        if self.at("LATERAL") and self.ahead(1).text == "(":
            self.advance()
            return tree.SubqueryRelation(self._parenthesized_query(), lateral=True, place=place)
        if self.at("TABLE", "("):
            raise self.refuse("a table function")
        if not self.at("("):
            return tree.Table(self.qualified_name(), place=place)

        def subquery() -> tree.RelationNode:
            return tree.SubqueryRelation(self._parenthesized_query(), place=place)

        def relation() -> tree.RelationNode:
            self.expect("(")
            found = self._relation()
            self.expect(")")
            return found

        return self.either(subquery, relation) if self.at_query() else relation()

    def _parenthesized_query(self) -> tree.Query:
        self.expect("(")
        query = self.query()
        self.expect(")")
        return query
