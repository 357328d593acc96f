"""A query as ArcadeDB takes it: Neptune's ``~id`` stays out of sight, and what Neptune does not do is refused.

The query is parsed by ArcadeDB's own grammar of Cypher, and changed only where the tree says so. Parameters stay
parameters, so a text is read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws_stage.engines.neptune.graph.edits import Edits
from aws_stage.engines.neptune.graph.failures import QueryError, unsupported
from aws_stage.engines.neptune.graph.functions import ALLOWED, RENAMED
from aws_stage.engines.neptune.graph.schema import DEFAULT_LABEL, ID, NODE

_CLAUSES = frozenset(
    f"{name}ClauseContext"
    for name in ("Match", "Return", "With", "Unwind", "Create", "Merge", "Set", "Remove", "Delete")
)
_READING = frozenset(f"{name}ClauseContext" for name in ("Match", "Return", "With", "Unwind"))
_CREATING = frozenset({"CreateClauseContext", "MergeClauseContext"})
_REFUSED = {
    "CommandContext": "A command of administration",
    "ShortestPathPatternContext": "shortestPath()",
    "SelectorContext": "A path selector",
    "QuantifierContext": "A quantified path pattern",
    "ParenthesizedPathContext": "A quantified path pattern",
    "DynamicExpressionContext": "A dynamic label",
    "DynamicAnyAllExpressionContext": "A dynamic label",
}
_HIDDEN = "neptune_hidden"
_END = -1
"""ANTLR's type of the token at the end."""
_VARIABLE = re.compile(r"\w+|`[^`]+`")
_QUOTED_ID = f"`{ID}`"


@dataclass(frozen=True)
class Statement:
    """``text`` for ArcadeDB; the ``labels`` and types of ``relationships`` that it may make; whether it ``returns``
    rows, and ``writes``."""

    text: str
    labels: tuple[str, ...]
    relationships: tuple[str, ...]
    returns: bool
    writes: bool


def read(query: str) -> Statement:
    """Parse a query; raises QueryError for what is refused, and ArcadeDB's own exceptions for what cannot be parsed."""
    if re.match(r"\s*(EXPLAIN|PROFILE)\b", query, re.IGNORECASE):
        raise unsupported("Explaining a query")
    reader = _Reader(query)
    reader.visit(_parsed(query), "")
    return Statement(
        reader.edits.applied(),
        tuple(sorted(reader.labels)),
        tuple(sorted(reader.relationships)),
        reader.returns,
        reader.writes,
    )


def _parsed(query: str) -> Any:
    """The tree of the grammar alone: ArcadeDB's own reader of it knows nothing of Neptune's functions."""
    from jpype import JClass

    lexer = JClass("com.arcadedb.query.opencypher.grammar.Cypher25Lexer")(
        JClass("org.antlr.v4.runtime.CharStreams").fromString(query)
    )
    tokens = JClass("org.antlr.v4.runtime.CommonTokenStream")(lexer)
    parser = JClass("com.arcadedb.query.opencypher.grammar.Cypher25Parser")(tokens)
    lexer.removeErrorListeners()
    parser.removeErrorListeners()
    tree = parser.statement()
    if parser.getNumberOfSyntaxErrors() > 0 or parser.getCurrentToken().getType() != _END:
        JClass("com.arcadedb.query.opencypher.parser.Cypher25AntlrParser")().parseQuery(query)  # says what is wrong
        raise QueryError("MalformedQueryException", "The query cannot be parsed")
    return tree


def _kind(node: Any) -> str:
    """The name of a rule of the grammar, ``MatchClauseContext``; of a token, nothing."""
    return type(node).__name__.replace("$", ".").rpartition(".")[2]


def _children(node: Any) -> Iterator[Any]:
    for index in range(node.getChildCount()):
        yield node.getChild(index)


def _child(node: Any, kind: str) -> Any:
    return next((each for each in _children(node) if _kind(each) == kind), None)


def _name(text: str) -> str:
    """A name without its backticks."""
    return text[1:-1].replace("``", "`") if text.startswith("`") else text


class _Reader:
    def __init__(self, query: str) -> None:
        self.edits = Edits(query)
        self.labels: set[str] = set()
        self.relationships: set[str] = set()
        self.returns = False
        self.writes = False
        self._query = query
        self._bound: set[str] = set()

    def visit(self, node: Any, clause: str) -> None:
        """Read a part of the tree; ``clause`` is the rule of the clause that it is in."""
        kind = _kind(node)
        if kind in _REFUSED:
            raise unsupported(_REFUSED[kind])
        if kind == "ClauseContext":
            clause = _kind(node.getChild(0))
            if clause not in _CLAUSES:
                raise unsupported(f"The clause {self._source(node).split(None, 1)[0].upper()}")
            self.writes = self.writes or clause not in _READING
            self.returns = self.returns or clause == "ReturnClauseContext"
        handler = getattr(self, f"_{kind.removesuffix('Context')}", None)
        if handler is not None:
            handler(node, clause)
        else:
            self._descend(node, clause)

    def _descend(self, node: Any, clause: str) -> None:
        for child in _children(node):
            self.visit(child, clause)

    def _source(self, node: Any) -> str:
        start, end = self._span(node)
        return self._query[start:end]

    @staticmethod
    def _span(node: Any) -> tuple[int, int]:
        return int(node.getStart().getStartIndex()), int(node.getStop().getStopIndex()) + 1

    def _around(self, node: Any, before: str, after: str, clause: str) -> None:
        start, end = self._span(node)
        self.edits.before(start, before)
        self._descend(node, clause)
        self.edits.after(end, after)

    def _FunctionInvocation(self, node: Any, clause: str) -> None:  # noqa: N802  named after the grammar's rules
        named = _child(node, "FunctionNameContext")
        name = self._source(named).lower()
        if name not in ALLOWED:
            raise unsupported(f"The function {self._source(named)}()")
        if name == "id":
            self._id_of(node, named, clause)
        elif name in ("labels", "keys"):
            hidden = NODE if name == "labels" else ID
            self._around(node, f"[{_HIDDEN} IN ", f" WHERE {_HIDDEN} <> '{hidden}']", clause)
        elif name == "properties":
            start, _ = self._span(named)
            argument = _child(node, "FunctionArgumentContext")
            if argument is None:
                raise QueryError("MalformedQueryException", "properties() needs an argument")
            self.edits.replace(start, self._span(argument)[0], f"[{_HIDDEN} IN [")
            self._descend(argument, clause)
            self.edits.replace(self._span(argument)[1], self._span(node)[1], f"] | {_without_id(_HIDDEN)}][0]")
        else:
            if name in RENAMED:
                self.edits.replace(*self._span(named), RENAMED[name])
            self._descend(node, clause)

    def _id_of(self, node: Any, named: Any, clause: str) -> None:
        """``id(n)`` is a property; of a variable without parentheses, so that the index is used."""
        start, end = self._span(node)
        argument = _child(node, "FunctionArgumentContext")
        source = "" if argument is None else self._source(argument)
        if _VARIABLE.fullmatch(source):
            self.edits.replace(start, end, f"{source}.{_QUOTED_ID}")
        else:
            self.edits.replace(start, self._span(named)[1], "")
            self._descend(node, clause)
            self.edits.after(end, f".{_QUOTED_ID}")

    def _MapProjection(self, node: Any, clause: str) -> None:  # noqa: N802
        variable = self._source(_child(node, "VariableContext"))
        self._around(node, f"CASE WHEN {variable} IS NULL THEN NULL ELSE map.removeKey(", f", '{ID}') END", clause)

    def _ReturnItem(self, node: Any, clause: str) -> None:  # noqa: N802
        """The name of a column is the text of its expression, whatever has become of that."""
        self._bind(node)
        changes = len(self.edits)
        self._descend(node, clause)
        if len(self.edits) > changes and _child(node, "VariableContext") is None:
            quoted = self._source(node).replace("`", "``")
            self.edits.after(self._span(node)[1], f" AS `{quoted}`")

    def _UnwindClause(self, node: Any, clause: str) -> None:  # noqa: N802
        self._bind(node)
        self._descend(node, clause)

    def _SetProps(self, node: Any, clause: str) -> None:  # noqa: N802
        """``SET n = {…}`` leaves a node its id."""
        variable = self._source(_child(node, "VariableContext"))
        own = f", {{{_QUOTED_ID}: {variable}.{_QUOTED_ID}}})"
        self._around(_child(node, "ExpressionContext"), "map.merge(properties(", ")" + own, clause)

    def _SetLabels(self, node: Any, clause: str) -> None:  # noqa: N802
        for label in _children(_child(node, "NodeLabelsContext")):
            self.labels.add(_name(self._source(label).lstrip(": \n\t")))
        self._descend(node, clause)

    def _NodePattern(self, node: Any, clause: str) -> None:  # noqa: N802
        labels = _child(node, "LabelExpressionContext")
        variable = _child(node, "VariableContext")
        name = None if variable is None else _name(self._source(variable))
        if labels is not None:
            if clause in _CREATING:
                self.labels.update(self._labels(labels))
        elif name not in self._bound:
            self._label(node, variable, clause)
        if name is not None:
            self._bound.add(name)
        self._descend(node, clause)

    def _label(self, node: Any, variable: Any, clause: str) -> None:
        """Give a node without a label one: what Neptune gives it, or the one that all have, whose index finds it."""
        at = self._span(node)[0] + 1 if variable is None else self._span(variable)[1]
        if clause == "MergeClauseContext":
            raise unsupported("MERGE of a node without a label")
        if clause == "CreateClauseContext":
            self.labels.add(DEFAULT_LABEL)
            self.edits.after(at, f":{DEFAULT_LABEL}")
        elif self._names_id(node) or node.getParent().getChildCount() == 1:
            self.edits.after(at, f":`{NODE}`")

    def _names_id(self, node: Any) -> bool:
        properties = _child(node, "PropertiesContext")
        return properties is not None and ID in self._source(properties)

    def _RelationshipPattern(self, node: Any, clause: str) -> None:  # noqa: N802
        types = _child(node, "LabelExpressionContext")
        if types is not None and clause in _CREATING:
            self.relationships.update(self._labels(types))
        self._descend(node, clause)

    def _labels(self, expression: Any) -> Iterator[str]:
        kind = _kind(expression)
        if kind == "LabelNameContext":
            yield _name(self._source(expression))
            return
        for child in _children(expression):
            yield from self._labels(child)

    def _bind(self, node: Any) -> None:
        variable = _child(node, "VariableContext")
        self._bound.add(_name(self._source(node if variable is None else variable)))


def _without_id(variable: str) -> str:
    return f"CASE WHEN {variable} IS NULL THEN NULL ELSE map.removeKey(properties({variable}), '{ID}') END"
