"""What every node has."""

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
