"""One level of a query, as the writers of calls and subqueries see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from trino_on_duckdb.context import Context, Rendered
from trino_on_duckdb.functions.signatures import PendingLambda
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.values import Value


class Level(Protocol):
    """What ``expressions.Expressions`` gives to those that write a part of an expression; see there."""

    @property
    def context(self) -> Context: ...

    @property
    def clause(self) -> str: ...

    @property
    def aggregate(self) -> Callable[[tree.Call], Value] | None: ...

    @property
    def window(self) -> Callable[[tree.Call], Value] | None: ...

    def value(self, node: tree.Expression) -> Value: ...

    def values(self, nodes: Sequence[tree.Expression]) -> list[Value]: ...

    def argument(self, node: tree.Expression) -> Value | PendingLambda: ...

    def query(self, query: tree.Query) -> Rendered: ...
