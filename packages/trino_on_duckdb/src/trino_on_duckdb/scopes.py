"""The names that an expression may use, level by level: its own relations first, then the queries around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax.tree import Place
from trino_on_duckdb.values import Value


@dataclass(frozen=True)
class Field:
    """A column of a relation. ``label`` is its name as it shows (None: it has none), ``qualifier`` its relation's name
    by parts in lower case; a hidden field is not part of ``*``."""

    label: str | None
    value: Value
    qualifier: tuple[str, ...] = ()
    hidden: bool = False

    def is_named(self, parts: Sequence[str]) -> bool:
        """Whether these parts (lower case) name this field, with or without its relation's name."""
        if self.label is None or self.label.lower() != parts[-1]:
            return False
        prefix = tuple(parts[:-1])
        return not prefix or self.qualifier[-len(prefix) :] == prefix


@dataclass(frozen=True)
class Scope:
    """One level of names; ``outer`` is the level around it."""

    fields: tuple[Field, ...] = ()
    outer: Scope | None = None

    def find(self, parts: Sequence[str], place: Place) -> Value | None:
        """The value of a name given by parts in lower case, or None; QueryError (AMBIGUOUS_NAME) if it has several."""
        found = self.here(parts, place)
        if found is not None or self.outer is None:
            return found
        return self.outer.find(parts, place)

    def here(self, parts: Sequence[str], place: Place) -> Value | None:
        """``find`` on this level alone."""
        return only([field for field in self.fields if field.is_named(parts)], parts, place)

    def of_relation(self, qualifier: Sequence[str]) -> list[Field]:
        """The visible fields of the relation with this name, for ``name.*``."""
        wanted = tuple(qualifier)
        return [field for field in self.fields if not field.hidden and field.qualifier[-len(wanted) :] == wanted]


def only(found: list[Field], parts: Sequence[str], place: Place) -> Value | None:
    """The one field found, None if none was."""
    if len(found) > 1:
        raise QueryError("AMBIGUOUS_NAME", f"{place}: Column '{'.'.join(parts)}' is ambiguous")
    return found[0].value if found else None


@dataclass(frozen=True)
class OrderScope(Scope):
    """Names in ORDER BY: the select list's own first, then those of its relations."""

    source: Scope = Scope()

    def find(self, parts: Sequence[str], place: Place) -> Value | None:
        found = self.here(parts, place)
        return found if found is not None else self.source.find(parts, place)

    def of_relation(self, qualifier: Sequence[str]) -> list[Field]:
        return self.source.of_relation(qualifier)
