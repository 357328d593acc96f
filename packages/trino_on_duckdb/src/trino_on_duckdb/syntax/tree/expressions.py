"""Literals, names, operators and what else has a value, calls aside."""

from __future__ import annotations

from dataclasses import dataclass

from trino_on_duckdb.syntax.tree.nodes import Expression, TypeName

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
class Like(Expression):
    operand: Expression
    pattern: Expression
    escape: Expression | None


@dataclass(frozen=True)
class IsNull(Expression):
    operand: Expression


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
