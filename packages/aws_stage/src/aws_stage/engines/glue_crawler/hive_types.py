"""Hive's types, as the Data Catalog spells them, and how two of them become one.

A scalar is its name (``bigint``, ``decimal(10,2)``); None is the type of a column that held only nulls.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Array:
    """``array<element>``"""

    element: HiveType


@dataclass(frozen=True)
class Struct:
    """``struct<name:type,…>``"""

    fields: tuple[tuple[str, HiveType], ...]


@dataclass(frozen=True)
class Map:
    """``map<key,value>``"""

    key: HiveType
    value: HiveType


HiveType = str | Array | Struct | Map | None
Columns = tuple[tuple[str, HiveType], ...]

DEEPEST = 100
"""Levels of a type that a table can have here. Glue has no such number, but 131,072 characters for a column's type."""

_WHOLE = ("tinyint", "smallint", "int", "bigint")
_FRACTIONAL = ("float", "double")


def spelled(kind: HiveType) -> str:
    """As the catalog spells it; what held only nulls is a string."""
    match kind:
        case None:
            return "string"
        case str():
            return kind
        case Array(element):
            return f"array<{spelled(element)}>"
        case Map(key, value):
            return f"map<{spelled(key)},{spelled(value)}>"
        case Struct(fields):
            return f"struct<{','.join(f'{name}:{spelled(field)}' for name, field in fields)}>"


def is_too_deep(kind: HiveType) -> bool:
    """Whether a type is nested more than DEEPEST levels; of any depth."""
    found = [(kind, 1)]
    while found:
        each, depth = found.pop()
        match each:
            case Array(element):
                found.append((element, depth + 1))
            case Map(key, value):
                found += [(key, depth + 1), (value, depth + 1)]
            case Struct(fields):
                found += [(field, depth + 1) for _, field in fields]
        if depth > DEEPEST and isinstance(each, Array | Map | Struct):
            return True
    return False


def widened(one: HiveType, other: HiveType) -> HiveType:
    """The narrowest type that holds both without loss of meaning; raises TypeError when only a string would."""
    if one is None or one == other:
        return other
    if other is None:
        return one
    match one, other:
        case str(), str():
            return _wider_scalar(one, other)
        case Array(first), Array(second):
            return Array(widened(first, second))
        case Map(key, value), Map(other_key, other_value):
            return Map(widened(key, other_key), widened(value, other_value))
        case Struct(fields), Struct(other_fields):
            return Struct(merged([fields, other_fields]))
    raise TypeError(f"{spelled(one)} and {spelled(other)} have nothing in common")


def _wider_scalar(one: str, other: str) -> str:
    if one in _WHOLE and other in _WHOLE:
        return max(one, other, key=_WHOLE.index)
    numbers = (*_WHOLE, *_FRACTIONAL)
    if one in numbers and other in numbers:
        return "double"
    raise TypeError(f"{one} and {other} have nothing in common")


def merged(schemas: Iterable[Columns]) -> Columns:
    """One schema of all: columns in the order of their first sight, names case-blind; what conflicts is a string."""
    found: dict[str, HiveType] = {}
    for columns in schemas:
        for name, kind in columns:
            key = name.lower()
            try:
                found[key] = widened(found.get(key), kind)
            except TypeError:
                found[key] = "string"
    return tuple(found.items())


def compatible(one: Columns, other: Columns) -> int:
    """How many columns the two share by name and can share by type; -1 when a shared name has types that cannot."""
    kinds = {name.lower(): kind for name, kind in other}
    shared = 0
    for name, kind in one:
        if name.lower() not in kinds:
            continue
        try:
            widened(kind, kinds[name.lower()])
        except TypeError:
            return -1
        shared += 1
    return shared
