"""Views in a query: each one's own query, and the whole query with them written out."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from trino_on_duckdb import QueryError, Session, TableName, parse
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.tables import table_name

from aws_stage.engines.athena.ddl.views import View, read_view
from aws_stage.engines.athena.lake.catalogue import Catalogue, Table

DEEPEST = 20
"""Views inside views; more than this is taken for a view that reads itself."""


@dataclass(frozen=True)
class ViewQuery:
    """A view with its query, and the session in which its names are read."""

    view: View
    query: tree.Query
    session: Session


class Views:
    """The tables and views that one query names, each looked up once; ``replaced`` is the view that it will become."""

    def __init__(self, catalogue: Catalogue, session: Session, replaced: TableName | None = None) -> None:
        self._catalogue = catalogue
        self._session = session
        self._replaced = replaced
        self._known: dict[TableName, ViewQuery | None] = {}
        self._tables: dict[TableName, Table | None] = {}

    def table(self, name: TableName) -> Table | None:
        """What the catalogue has under a name: a table, a view or None."""
        if name not in self._tables:
            self._tables[name] = self._catalogue.table(name)
        return self._tables[name]

    def find(self, name: TableName) -> ViewQuery | None:
        """The view of this name, or None when it is a table or nothing; QueryError for a view that cannot be read."""
        if name not in self._known:
            table = self.table(name)
            self._known[name] = None
            if table is not None and table.is_view:
                if name == self._replaced:
                    raise QueryError("VIEW_IS_RECURSIVE", "line 1:1: Statement would create a recursive view")
                view = read_view(table)
                statements = parse(view.query)
                if len(statements) != 1 or not isinstance(statements[0], tree.Query):
                    raise QueryError("INVALID_VIEW", f"Failed analyzing stored view '{name.name}': it is no query")
                session = Session(self._session.now, self._session.catalog, view.database)
                self._known[name] = ViewQuery(view, statements[0], session)
        return self._known[name]

    def written_out(self, query: tree.Query) -> tree.Query:
        """The query with every view as the subquery that it stands for, so that conditions on it reach its tables."""
        whole: tree.Query = self._write_out(query, self._session, frozenset(), 0)
        return whole

    def _write_out(self, node: Any, session: Session, named: frozenset[str], depth: int) -> Any:
        if isinstance(node, tree.Query):
            return self._query(node, session, named, depth)
        if isinstance(node, tree.Aliased) and isinstance(node.relation, tree.Table):
            return replace(node, relation=self._table(node.relation, session, named, depth))
        if isinstance(node, tree.Table):
            found = self._table(node, session, named, depth)
            return found if isinstance(found, tree.Table) else tree.Aliased(found, node.parts[-1], place=node.place)
        if isinstance(node, tuple):
            return tuple(self._write_out(item, session, named, depth) for item in node)
        if is_dataclass(node) and not isinstance(node, type):
            parts = {each.name: getattr(node, each.name) for each in fields(node)}
            changed = {name: self._write_out(part, session, named, depth) for name, part in parts.items()}
            return replace(node, **{name: part for name, part in changed.items() if part is not parts[name]})
        return node

    def _query(self, query: tree.Query, session: Session, named: frozenset[str], depth: int) -> tree.Query:
        written = []
        for each in query.named:
            written.append(replace(each, query=self._query(each.query, session, named, depth)))
            named |= {each.name.value.lower()}
        body = query.body if isinstance(query.body, tree.Table) else self._write_out(query.body, session, named, depth)
        order = self._write_out(query.order, session, named, depth)
        return replace(query, named=tuple(written), body=body, order=order)

    def _table(
        self, table: tree.Table, session: Session, named: frozenset[str], depth: int
    ) -> tree.Table | tree.SubqueryRelation:
        """A view's table as its subquery; any other with its full name, which means the same everywhere."""
        parts = tuple(part.value for part in table.parts)
        if len(parts) == 1 and parts[0].lower() in named:
            return table
        name = table_name(parts, table.place, session)
        found = self.find(name)
        if found is None:
            full = (name.catalog, name.database, name.name)
            return replace(table, parts=tuple(tree.Identifier(part) for part in full))
        if depth >= DEEPEST:
            raise QueryError("VIEW_IS_RECURSIVE", f"Statement would create a recursive view: '{name.name}'")
        query = self._query(found.query, found.session, frozenset(), depth + 1)
        return tree.SubqueryRelation(query, place=table.place)
