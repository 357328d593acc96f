"""The nodes of a parsed statement, after Trino's grammar (SqlBase.g4). ``place`` is where a node starts in the text.

Identifiers keep the case they were written in; Trino compares them without regard to it, quoted or not.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Place:
    """Line and column, both from 1, as Trino's messages count them."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}:{self.column}"


NOWHERE = Place(0, 0)


@dataclass(frozen=True, kw_only=True)
class Node:
    place: Place = field(default=NOWHERE, compare=False)


class Expression(Node):
    """Base of everything that has a value."""


@dataclass(frozen=True)
class TypeName(Node):
    """A type as written: ``decimal(10,2)`` has numbers, ``array(x)`` types, ``row(a x)`` named fields."""

    name: str
    numbers: tuple[int, ...] = ()
    types: tuple[TypeName, ...] = ()
    fields: tuple[str | None, ...] = ()


# --- values -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Null(Expression):
    pass


@dataclass(frozen=True)
class Boolean(Expression):
    value: bool


@dataclass(frozen=True)
class String(Expression):
    value: str


@dataclass(frozen=True)
class Binary(Expression):
    value: bytes


@dataclass(frozen=True)
class Integer(Expression):
    value: int


@dataclass(frozen=True)
class Decimal(Expression):
    text: str


@dataclass(frozen=True)
class Double(Expression):
    text: str


@dataclass(frozen=True)
class Typed(Expression):
    """``DATE '2020-01-01'``: a string read as a type."""

    type: TypeName
    text: str


@dataclass(frozen=True)
class Interval(Expression):
    """``INTERVAL -'1-2' YEAR TO MONTH``; units are lower case, ``end`` None without TO."""

    sign: int
    text: str
    start: str
    end: str | None = None


@dataclass(frozen=True)
class CurrentTime(Expression):
    """``current_date``, ``current_timestamp(3)``, …; ``kind`` is lower case."""

    kind: str
    precision: int | None = None


# --- names and access ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Identifier(Expression):
    value: str
    quoted: bool = False


@dataclass(frozen=True)
class Dereference(Expression):
    base: Expression
    field: Identifier


@dataclass(frozen=True)
class Subscript(Expression):
    base: Expression
    index: Expression


# --- operators ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Negative(Expression):
    operand: Expression


@dataclass(frozen=True)
class Arithmetic(Expression):
    """``+ - * / %`` and ``||``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class AtTimeZone(Expression):
    operand: Expression
    zone: Expression


@dataclass(frozen=True)
class Comparison(Expression):
    """``= <> < <= > >=``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Quantified(Expression):
    """``left operator ALL|ANY (query)``; SOME is ``any``."""

    operator: str
    quantifier: str
    left: Expression
    query: Query


@dataclass(frozen=True)
class DistinctFrom(Expression):
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Not(Expression):
    operand: Expression


@dataclass(frozen=True)
class Logical(Expression):
    """``and`` or ``or`` of two or more terms."""

    operator: str
    terms: tuple[Expression, ...]


@dataclass(frozen=True)
class Between(Expression):
    operand: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True)
class InList(Expression):
    operand: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True)
class InQuery(Expression):
    operand: Expression
    query: Query


@dataclass(frozen=True)
class Like(Expression):
    operand: Expression
    pattern: Expression
    escape: Expression | None


@dataclass(frozen=True)
class IsNull(Expression):
    operand: Expression


@dataclass(frozen=True)
class Exists(Expression):
    query: Query


@dataclass(frozen=True)
class ScalarQuery(Expression):
    query: Query


@dataclass(frozen=True)
class Case(Expression):
    operand: Expression | None
    whens: tuple[tuple[Expression, Expression], ...]
    default: Expression | None


@dataclass(frozen=True)
class Cast(Expression):
    """``safe`` is TRY_CAST."""

    operand: Expression
    type: TypeName
    safe: bool


@dataclass(frozen=True)
class Extract(Expression):
    field: str
    operand: Expression


@dataclass(frozen=True)
class ArrayOf(Expression):
    items: tuple[Expression, ...]


@dataclass(frozen=True)
class RowOf(Expression):
    """``ROW(a, b)`` or ``(a, b)``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Lambda(Expression):
    parameters: tuple[Identifier, ...]
    body: Expression


# --- calls ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SortItem(Node):
    expression: Expression
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True)
class FrameBound(Node):
    """``kind`` is ``unbounded preceding``, ``preceding``, ``current row``, ``following`` or ``unbounded following``."""

    kind: str
    value: Expression | None = None


@dataclass(frozen=True)
class Frame(Node):
    unit: str
    start: FrameBound
    end: FrameBound | None


@dataclass(frozen=True)
class Window(Node):
    """``base`` is the window that this one starts from, by name."""

    base: Identifier | None = None
    partition: tuple[Expression, ...] = ()
    order: tuple[SortItem, ...] = ()
    frame: Frame | None = None


@dataclass(frozen=True)
class Call(Expression):
    """A function call; ``name`` is lower case. ``star`` is ``count(*)``, ``nulls`` is ``respect`` or ``ignore``."""

    name: str
    arguments: tuple[Expression, ...] = ()
    star: bool = False
    distinct: bool = False
    order: tuple[SortItem, ...] = ()
    filter: Expression | None = None
    nulls: str | None = None
    over: Window | None = None


# --- queries --------------------------------------------------------------------------------------------------------


class RelationNode(Node):
    """Base of what stands after FROM."""


@dataclass(frozen=True)
class Table(RelationNode):
    parts: tuple[Identifier, ...]


@dataclass(frozen=True)
class SubqueryRelation(RelationNode):
    """``lateral`` when written LATERAL."""

    query: Query
    lateral: bool = False


@dataclass(frozen=True)
class Unnest(RelationNode):
    expressions: tuple[Expression, ...]
    ordinality: bool


@dataclass(frozen=True)
class Aliased(RelationNode):
    relation: RelationNode
    alias: Identifier
    columns: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class Join(RelationNode):
    """``kind`` is ``inner``, ``left``, ``right``, ``full`` or ``cross`` (also for the comma)."""

    kind: str
    left: RelationNode
    right: RelationNode
    on: Expression | None = None
    using: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class SelectItem(Node):
    expression: Expression
    alias: Identifier | None = None


@dataclass(frozen=True)
class AllColumns(Node):
    """``*`` or ``base.*`` with an optional list of names."""

    base: Expression | None = None
    names: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class GroupingElement(Node):
    """``kind`` is ``simple`` (one set), ``rollup``, ``cube`` or ``sets``."""

    kind: str
    sets: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True)
class Select(Node):
    items: tuple[SelectItem | AllColumns, ...]
    distinct: bool = False
    relation: RelationNode | None = None
    where: Expression | None = None
    group: tuple[GroupingElement, ...] | None = None
    group_distinct: bool = False
    having: Expression | None = None
    windows: tuple[tuple[Identifier, Window], ...] = ()


@dataclass(frozen=True)
class SetOperation(Node):
    """``operator`` is ``union``, ``intersect`` or ``except``."""

    operator: str
    distinct: bool
    left: Body
    right: Body


@dataclass(frozen=True)
class Values(Node):
    rows: tuple[Expression, ...]


@dataclass(frozen=True)
class NamedQuery(Node):
    name: Identifier
    columns: tuple[Identifier, ...]
    query: Query


@dataclass(frozen=True)
class Query(Node):
    """``limit`` None is no limit (also LIMIT ALL); ``ties`` is FETCH … WITH TIES; ``text`` the query as written."""

    body: Body
    named: tuple[NamedQuery, ...] = ()
    order: tuple[SortItem, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None
    ties: bool = False
    text: str = field(default="", compare=False)


Body = Select | SetOperation | Values | Table | Query


# --- statements -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CreateTableAs(Node):
    """``properties`` are the WITH list's, names in lower case; values str, int, float, bool, None or a list of them."""

    name: tuple[str, ...]
    query: Query
    if_not_exists: bool = False
    with_data: bool = True
    comment: str | None = None
    columns: tuple[str, ...] = ()
    properties: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CreateView(Node):
    name: tuple[str, ...]
    query: Query
    replace: bool = False


@dataclass(frozen=True)
class Insert(Node):
    """``columns`` empty means the table's, in order."""

    name: tuple[str, ...]
    query: Query
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unload(Node):
    query: Query
    location: str
    properties: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Explain(Node):
    """``options`` as written, names in lower case, for example ``{"type": "LOGICAL", "format": "TEXT"}``."""

    statement: Statement
    analyze: bool = False
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Other(Node):
    """A statement that is no query and holds none (DDL and the like): its text, whole, without the semicolon."""

    text: str


Statement = Query | CreateTableAs | CreateView | Insert | Unload | Explain | Other
